// Literals of random values of any type.

#ifndef SLUICE_TESTS_INTEGRATION_RANDOM_LITERALS_H_
#define SLUICE_TESTS_INTEGRATION_RANDOM_LITERALS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/catalog_types.h"
#include "tests/integration/random_scalars.h"

namespace sluice::testing {

// Lifetime: the types outlive it.
class RandomLiterals {
 public:
  RandomLiterals(const CatalogTypes& types, uint64_t seed)
      : types_(types), random_(seed) {}

  // Whether it makes literals of a type: it has scalars for all in it.
  bool Covers(uint32_t oid) const;

  // What the input function of the type takes. PostgreSQL may refuse some: a
  // range that ends before it begins, what a domain forbids.
  std::string Make(uint32_t oid);

  // Takes literals of a type that PostgreSQL has not refused, for parts of
  // others.
  void Offer(uint32_t oid, std::vector<std::string> literals) {
    offered_[oid] = std::move(literals);
  }
  // From now on neither the type is covered nor any that it is in.
  void Exclude(uint32_t oid) { excluded_.insert(oid); }

 private:
  // One that was offered, or a new one.
  std::string MakeGood(uint32_t oid);
  // Nothing for NULL.
  std::optional<std::string> MakePart(uint32_t oid);
  std::string MakeArray(const CatalogType& type);
  // The elements of the dimensions from `dimension` on.
  void AppendElements(const CatalogType& type,
                      const std::vector<int64_t>& lengths, size_t dimension,
                      std::string& out);
  std::string MakeComposite(const CatalogType& type);
  std::string MakeRange(const CatalogType& type);
  std::string MakeMultirange(const CatalogType& type);
  std::string MakeEnum(const CatalogType& type);

  const CatalogTypes& types_;
  Random random_;
  std::map<uint32_t, std::vector<std::string>> offered_;
  std::set<uint32_t> excluded_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_RANDOM_LITERALS_H_

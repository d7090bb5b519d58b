// The types of one database: the built-in ones and those learned from pg_type.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TYPE_CATALOG_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TYPE_CATALOG_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/type_query.h"

namespace sluice::postgres {

// Threads: belongs to one event loop.
class TypeCatalog {
 public:
  // Bounds: a catalog that is full forgets all that it learned and learns
  // anew. (A database that makes temporary tables makes types without end,
  // and callers may write a name in endless ways.) kMaxNameBytes is of all
  // names together; a longer one stands alone.
  static constexpr size_t kMaxLearnedTypes = 16'384;
  static constexpr size_t kMaxNames = 4'096;
  static constexpr size_t kMaxNameBytes = 1'048'576;

  TypeCatalog() = default;
  TypeCatalog(const TypeCatalog&) = delete;
  TypeCatalog& operator=(const TypeCatalog&) = delete;

  // Null when the type is neither built in nor learned.
  TypeRef FindByOid(uint32_t oid) const;

  // Never null: an unknown type is an entry without name that travels as
  // text.
  TypeRef FindOrMakeUnknown(uint32_t oid) const;

  // The type of a name as a caller wrote it (`Value.type`); null when it is
  // neither built in nor remembered.
  TypeRef FindByName(absl::string_view name) const;

  // Takes in the rows of one of the statements of type_query.h. A type known
  // by the same OID is replaced; built-in ones stay as they are. A type that
  // is made of what is in neither the rows nor the catalog travels as text.
  void Learn(absl::Span<const TypeRow> rows);

  // Remembers what PostgreSQL made of a name. An OID that is not known is
  // not remembered.
  void LearnName(absl::string_view name, uint32_t oid);

  // Forgets all that it learned: types may have been altered or dropped.
  void Clear();

  size_t learned_type_count() const { return learned_.size(); }
  size_t name_count() const { return names_.size(); }

 private:
  // The rows that are being learned.
  struct PendingRow {
    const TypeRow* row;
    enum class State { kWaiting, kOpen, kLearned } state = State::kWaiting;
  };
  using PendingRows = absl::flat_hash_map<uint32_t, PendingRow>;

  // Learns a row, and first those that it needs. Null when there is no such
  // type; one without parts when it is needed by itself, or too deep.
  TypeRef LearnPending(uint32_t oid, PendingRows& pending, int depth);
  TypeRef LearnRow(const TypeRow& row, PendingRows& pending, int depth);
  void ClearNames();

  absl::flat_hash_map<uint32_t, TypeRef> learned_;
  absl::flat_hash_map<std::string, TypeRef> names_;
  size_t name_bytes_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TYPE_CATALOG_H_

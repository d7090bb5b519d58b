#include "tests/fuzz/fuzz_types.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/postgres/codec/builtin_types.h"

namespace sluice::fuzz {
namespace {

using postgres::FieldEntry;
using postgres::TypeEntry;
using postgres::TypeRef;

// OIDs of built-in types end before, those of a database begin at 16384.
constexpr uint32_t kEndOfBuiltinOids = 10'000;

class TypeList {
 public:
  TypeList() {
    for (uint32_t oid = 1; oid < kEndOfBuiltinOids; ++oid) {
      TypeRef type = postgres::FindBuiltinType(oid);
      if (type != nullptr) types_.push_back(std::move(type));
    }
  }

  TypeRef AddEnum() { return Add(v1::TYPE_KIND_ENUM, {}); }
  TypeRef AddDomain(TypeRef base) {
    TypeEntry entry;
    entry.base = std::move(base);
    return Add(v1::TYPE_KIND_DOMAIN, std::move(entry));
  }
  TypeRef AddArray(TypeRef element) {
    return AddOf(v1::TYPE_KIND_ARRAY, std::move(element));
  }
  TypeRef AddRange(TypeRef bound) {
    return AddOf(v1::TYPE_KIND_RANGE, std::move(bound));
  }
  TypeRef AddMultirange(TypeRef range) {
    return AddOf(v1::TYPE_KIND_MULTIRANGE, std::move(range));
  }
  TypeRef AddComposite(std::vector<TypeRef> fields) {
    TypeEntry entry;
    for (TypeRef& field : fields) {
      entry.fields.push_back(
          FieldEntry{absl::StrCat("f", entry.fields.size()), std::move(field)});
    }
    return Add(v1::TYPE_KIND_COMPOSITE, std::move(entry));
  }

  std::vector<TypeRef> Take() { return std::move(types_); }

 private:
  TypeRef AddOf(v1::TypeKind kind, TypeRef element) {
    TypeEntry entry;
    entry.element = std::move(element);
    return Add(kind, std::move(entry));
  }

  TypeRef Add(v1::TypeKind kind, TypeEntry entry) {
    entry.oid = next_oid_++;
    entry.name = absl::StrCat("t", entry.oid);
    entry.kind = kind;
    postgres::CompleteType(entry);
    types_.push_back(std::make_shared<const TypeEntry>(std::move(entry)));
    return types_.back();
  }

  uint32_t next_oid_ = 16'384;
  std::vector<TypeRef> types_;
};

TypeRef Builtin(absl::string_view name) {
  return postgres::FindBuiltinType(name);
}

std::vector<TypeRef> MakeTypes() {
  TypeList types;
  const TypeRef mood = types.AddEnum();
  types.AddArray(mood);
  const TypeRef positive = types.AddDomain(Builtin("int4"));
  types.AddArray(types.AddDomain(positive));
  const TypeRef numbers = types.AddDomain(Builtin("int4[]"));
  const TypeRef pair = types.AddComposite({Builtin("int4"), Builtin("text")});
  const TypeRef pairs = types.AddArray(pair);
  types.AddDomain(pair);
  types.AddComposite({});
  const TypeRef mood_range = types.AddRange(mood);
  types.AddMultirange(mood_range);
  const TypeRef pair_range = types.AddRange(pair);
  types.AddArray(types.AddMultirange(pair_range));
  const TypeRef float_range = types.AddRange(Builtin("float8"));
  types.AddArray(types.AddDomain(float_range));
  types.AddRange(types.AddRange(positive));
  const TypeRef nested = types.AddComposite(
      {pair, pairs, numbers, types.AddMultirange(float_range), mood,
       Builtin("numeric"), Builtin("inet"), Builtin("int4range")});
  types.AddComposite({types.AddArray(nested), pair_range});
  const TypeRef shapes = types.AddComposite(
      {Builtin("point"), Builtin("path"), Builtin("bit"), Builtin("tsvector"),
       Builtin("timetz"), Builtin("macaddr8"), Builtin("int2vector")});
  types.AddArray(shapes);
  TypeRef deep = Builtin("uuid");
  // The last ones are too deep for columns.
  for (uint32_t i = 0; i < postgres::kMaxTypeDepth; ++i)
    deep = types.AddComposite({deep});
  types.AddArray(deep);
  return types.Take();
}

}  // namespace

const std::vector<TypeRef>& FuzzTypes() {
  static const auto& types = *new std::vector<TypeRef>(MakeTypes());
  return types;
}

}  // namespace sluice::fuzz

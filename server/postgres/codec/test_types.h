// Types for tests, made by hand: no server hands out their OIDs.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TEST_TYPES_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TEST_TYPES_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/type_entry.h"

namespace sluice::postgres {

inline TypeRef MakeType(uint32_t oid, absl::string_view name, v1::TypeKind kind,
                        ColumnKind column_kind = ColumnKind::kOther,
                        TypeRef element = nullptr) {
  TypeEntry entry;
  entry.oid = oid;
  entry.name = std::string(name);
  entry.kind = kind;
  entry.column_kind = column_kind;
  entry.element = std::move(element);
  return std::make_shared<const TypeEntry>(std::move(entry));
}

inline TypeRef MakeArrayType(uint32_t oid, TypeRef element) {
  return MakeType(oid, absl::StrCat(element->name, "[]"), v1::TYPE_KIND_ARRAY,
                  ColumnKind::kArray, element);
}

inline TypeRef MakeRangeType(uint32_t oid, TypeRef bound) {
  return MakeType(oid, absl::StrCat(bound->name, "range"), v1::TYPE_KIND_RANGE,
                  ColumnKind::kRange, bound);
}

inline TypeRef MakeMultirangeType(uint32_t oid, TypeRef range) {
  return MakeType(oid, absl::StrCat(range->name, "s"), v1::TYPE_KIND_MULTIRANGE,
                  ColumnKind::kMultirange, range);
}

inline TypeRef MakeCompositeType(uint32_t oid, absl::string_view name,
                                 std::vector<FieldEntry> fields) {
  TypeEntry entry;
  entry.oid = oid;
  entry.name = std::string(name);
  entry.kind = v1::TYPE_KIND_COMPOSITE;
  entry.column_kind = ColumnKind::kComposite;
  entry.fields = std::move(fields);
  return std::make_shared<const TypeEntry>(std::move(entry));
}

inline TypeRef MakeDomainType(uint32_t oid, absl::string_view name,
                              TypeRef base) {
  TypeEntry entry;
  entry.oid = oid;
  entry.name = std::string(name);
  entry.kind = v1::TYPE_KIND_DOMAIN;
  entry.column_kind = BaseOf(*base).column_kind;
  entry.base = std::move(base);
  return std::make_shared<const TypeEntry>(std::move(entry));
}

inline TypeRef MakeEnumType(uint32_t oid, absl::string_view name) {
  return MakeType(oid, name, v1::TYPE_KIND_ENUM, ColumnKind::kEnum);
}

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TEST_TYPES_H_

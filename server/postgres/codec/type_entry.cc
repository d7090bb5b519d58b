// Following domains to their base, and describing types to callers.

#include "server/postgres/codec/type_entry.h"

#include <utility>

namespace sluice::postgres {

const TypeEntry& BaseOf(const TypeEntry& type) {
  const TypeEntry* base = &type;
  while (base->base != nullptr) base = base->base.get();
  return *base;
}

ColumnKind ArrayColumnKind(const TypeEntry* element) {
  if (element == nullptr || element->column_kind == ColumnKind::kArray) {
    return ColumnKind::kOther;
  }
  return element->column_kind == ColumnKind::kOther ? ColumnKind::kOther
                                                    : ColumnKind::kArray;
}

TypeRef MakeUnknownType(uint32_t oid) {
  TypeEntry entry;
  entry.oid = oid;
  entry.name = "???";
  return std::make_shared<const TypeEntry>(std::move(entry));
}

void FillType(const TypeEntry& type, int32_t modifier, v1::Type& out) {
  out.set_oid(type.oid);
  out.set_name(type.name);
  out.set_modifier(modifier);
  out.set_kind(type.kind);
  if (type.element != nullptr) {
    // As for a column of a domain: the type that it is over.
    FillType(BaseOf(*type.element), modifier, *out.mutable_element());
  }
}

}  // namespace sluice::postgres

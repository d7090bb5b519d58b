// Following domains to their base, and describing types to callers.

#include "server/postgres/codec/type_entry.h"

#include <algorithm>
#include <utility>

namespace sluice::postgres {
namespace {

void Measure(TypeEntry& type) {
  type.part_count = 1;
  type.depth = 1;
  const auto add = [&type](const TypeRef& part) {
    if (part == nullptr) return;
    // Each part is within the bounds, and so is the sum within uint32.
    type.part_count += part->part_count;
    type.depth = std::max(type.depth, part->depth + 1);
  };
  add(type.element);
  add(type.base);
  for (const FieldEntry& field : type.fields) add(field.type);
}

bool HasColumn(const TypeRef& type) {
  return type != nullptr && type->column_kind != ColumnKind::kOther;
}

ColumnKind StructuredKind(const TypeEntry& type) {
  const auto with_element = [&type](ColumnKind kind) {
    return HasColumn(type.element) ? kind : ColumnKind::kOther;
  };
  switch (type.kind) {
    case v1::TYPE_KIND_ENUM:
      return ColumnKind::kEnum;
    case v1::TYPE_KIND_ARRAY:
      return with_element(ColumnKind::kArray);
    case v1::TYPE_KIND_RANGE:
      return with_element(ColumnKind::kRange);
    case v1::TYPE_KIND_MULTIRANGE:
      return with_element(ColumnKind::kMultirange);
    case v1::TYPE_KIND_COMPOSITE:
      return std::all_of(
                 type.fields.begin(), type.fields.end(),
                 [](const FieldEntry& field) { return HasColumn(field.type); })
                 ? ColumnKind::kComposite
                 : ColumnKind::kOther;
    default:
      return ColumnKind::kOther;
  }
}

// A part of a type, which is never called a domain: as for a column of one.
void FillPart(const TypeEntry& part, int32_t modifier, v1::Type& out) {
  const TypeEntry* base = &part;
  for (; base->base != nullptr; base = base->base.get()) {
    modifier = base->base_modifier;
  }
  FillType(*base, modifier, out);
}

}  // namespace

const TypeEntry& BaseOf(const TypeEntry& type) {
  const TypeEntry* base = &type;
  while (base->base != nullptr) base = base->base.get();
  return *base;
}

void CompleteType(TypeEntry& type) {
  Measure(type);
  if (type.part_count > kMaxTypeParts || type.depth > kMaxTypeDepth) {
    type.element = nullptr;
    type.base = nullptr;
    type.fields.clear();
    Measure(type);
    type.column_kind = ColumnKind::kOther;
    return;
  }
  if (type.kind == v1::TYPE_KIND_DOMAIN) {
    type.column_kind =
        type.base == nullptr ? ColumnKind::kOther : type.base->column_kind;
  } else if (type.kind != v1::TYPE_KIND_BASE &&
             type.column_kind != ColumnKind::kVector) {
    type.column_kind = StructuredKind(type);
  }
}

bool HoldsComposite(const TypeEntry& type) {
  return type.kind == v1::TYPE_KIND_COMPOSITE ||
         (type.element != nullptr && HoldsComposite(*type.element)) ||
         (type.base != nullptr && HoldsComposite(*type.base));
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
    FillPart(*type.element, modifier, *out.mutable_element());
  }
  for (const FieldEntry& field : type.fields) {
    v1::Field* told = out.add_fields();
    told->set_name(field.name);
    FillPart(*field.type, field.modifier, *told->mutable_type());
  }
}

}  // namespace sluice::postgres

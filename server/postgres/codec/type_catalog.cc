// Lookup and learning of types.

#include "server/postgres/codec/type_catalog.h"

#include <memory>
#include <utility>

#include "server/postgres/codec/builtin_types.h"

namespace sluice::postgres {
namespace {

// Domains over arrays of domains and so on; a bound for the stack.
constexpr int kMaxDepth = 64;

ColumnKind ColumnKindOf(const TypeEntry& type) {
  switch (type.kind) {
    case v1::TYPE_KIND_ENUM:
      return ColumnKind::kEnum;
    case v1::TYPE_KIND_ARRAY:
      return ArrayColumnKind(type.element.get());
    case v1::TYPE_KIND_DOMAIN:
      return BaseOf(type).column_kind;
    default:
      return ColumnKind::kOther;
  }
}

}  // namespace

TypeRef TypeCatalog::FindByOid(uint32_t oid) const {
  if (TypeRef builtin = FindBuiltinType(oid); builtin != nullptr) {
    return builtin;
  }
  auto it = learned_.find(oid);
  return it == learned_.end() ? nullptr : it->second;
}

TypeRef TypeCatalog::FindOrMakeUnknown(uint32_t oid) const {
  TypeRef type = FindByOid(oid);
  return type != nullptr ? type : MakeUnknownType(oid);
}

TypeRef TypeCatalog::FindByName(absl::string_view name) const {
  if (TypeRef builtin = FindBuiltinType(name); builtin != nullptr) {
    return builtin;
  }
  auto it = names_.find(name);
  return it == names_.end() ? nullptr : it->second;
}

void TypeCatalog::Learn(absl::Span<const TypeRow> rows) {
  if (learned_.size() + rows.size() > kMaxLearnedTypes) Clear();
  PendingRows pending;
  for (const TypeRow& row : rows) {
    if (FindBuiltinType(row.oid) == nullptr) pending[row.oid] = &row;
  }
  for (const TypeRow& row : rows) LearnPending(row.oid, pending, 0);
}

TypeRef TypeCatalog::LearnPending(uint32_t oid, PendingRows& pending,
                                  int depth) {
  if (depth > kMaxDepth) return nullptr;
  auto it = pending.find(oid);
  if (it == pending.end()) return FindByOid(oid);
  const TypeRow& row = *it->second;
  // Before what it needs, so that a circle of rows ends.
  pending.erase(it);
  TypeEntry entry;
  entry.oid = row.oid;
  entry.name = row.name;
  entry.kind = row.kind;
  entry.delimiter = row.delimiter;
  if (row.element_oid != 0) {
    entry.element = LearnPending(row.element_oid, pending, depth + 1);
  }
  if (row.base_oid != 0) {
    entry.base = LearnPending(row.base_oid, pending, depth + 1);
  }
  entry.column_kind = ColumnKindOf(entry);
  TypeRef learned = std::make_shared<const TypeEntry>(std::move(entry));
  learned_[row.oid] = learned;
  return learned;
}

void TypeCatalog::LearnName(absl::string_view name, uint32_t oid) {
  TypeRef type = FindByOid(oid);
  if (type == nullptr) return;
  if (names_.size() >= kMaxNames || name_bytes_ + name.size() > kMaxNameBytes) {
    ClearNames();
  }
  if (names_.insert_or_assign(std::string(name), std::move(type)).second) {
    name_bytes_ += name.size();
  }
}

void TypeCatalog::Clear() {
  learned_.clear();
  ClearNames();
}

void TypeCatalog::ClearNames() {
  names_.clear();
  name_bytes_ = 0;
}

}  // namespace sluice::postgres

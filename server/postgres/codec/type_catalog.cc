// Lookup and learning of types.

#include "server/postgres/codec/type_catalog.h"

#include <memory>
#include <utility>

#include "server/postgres/codec/builtin_types.h"

namespace sluice::postgres {
namespace {

// Domains over arrays of domains and so on; a bound for the stack.
constexpr int kMaxDepth = 64;

// What a row says without the types that it needs.
TypeEntry EntryOf(const TypeRow& row) {
  TypeEntry entry;
  entry.oid = row.oid;
  entry.name = row.name;
  entry.kind = row.kind;
  entry.delimiter = row.delimiter;
  return entry;
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
    if (FindBuiltinType(row.oid) == nullptr) pending[row.oid] = {&row};
  }
  for (const TypeRow& row : rows) LearnPending(row.oid, pending, 0);
}

TypeRef TypeCatalog::LearnPending(uint32_t oid, PendingRows& pending,
                                  int depth) {
  auto it = pending.find(oid);
  if (it == pending.end() || it->second.state == PendingRow::State::kLearned) {
    return FindByOid(oid);
  }
  const TypeRow& row = *it->second.row;
  if (it->second.state == PendingRow::State::kOpen || depth > kMaxDepth) {
    return std::make_shared<const TypeEntry>(EntryOf(row));
  }
  // Nothing is added to `pending`, so `it` stays.
  it->second.state = PendingRow::State::kOpen;
  TypeRef learned = LearnRow(row, pending, depth);
  it->second.state = PendingRow::State::kLearned;
  learned_[oid] = learned;
  return learned;
}

TypeRef TypeCatalog::LearnRow(const TypeRow& row, PendingRows& pending,
                              int depth) {
  TypeEntry entry = EntryOf(row);
  if (row.element_oid != 0) {
    entry.element = LearnPending(row.element_oid, pending, depth + 1);
  }
  if (row.base_oid != 0) {
    entry.base = LearnPending(row.base_oid, pending, depth + 1);
    entry.base_modifier = row.base_modifier;
  }
  for (const FieldRow& field : row.fields) {
    TypeRef type = LearnPending(field.type_oid, pending, depth + 1);
    if (type == nullptr) type = MakeUnknownType(field.type_oid);
    entry.fields.push_back({field.name, std::move(type), field.modifier});
  }
  CompleteType(entry);
  return std::make_shared<const TypeEntry>(std::move(entry));
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

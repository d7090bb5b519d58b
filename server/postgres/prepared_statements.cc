#include "server/postgres/prepared_statements.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::postgres {

std::string PreparedStatements::MakeKey(
    absl::string_view sql, const std::vector<uint32_t>& declared_types) {
  std::string key;
  key.reserve(declared_types.size() * sizeof(uint32_t) + 1 + sql.size());
  for (const uint32_t type : declared_types) {
    key.append(reinterpret_cast<const char*>(&type), sizeof(type));
  }
  // The text holds no NUL, so texts and types cannot run into one another.
  key.push_back('\0');
  key.append(sql.data(), sql.size());
  return key;
}

const PreparedStatement* PreparedStatements::Find(const std::string& key) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->statement;
}

std::string PreparedStatements::NextName() {
  return absl::StrCat("sluice_", next_number_++);
}

const PreparedStatement* PreparedStatements::Add(std::string key,
                                                 PreparedStatement statement) {
  while (entries_.size() >= capacity_) Forget(std::prev(entries_.end()));
  entries_.push_front(Entry{std::move(key), std::move(statement), doubts_new_});
  by_key_.emplace(entries_.front().key, entries_.begin());
  return &entries_.front().statement;
}

void PreparedStatements::Remove(const std::string& key) {
  auto found = by_key_.find(key);
  if (found != by_key_.end()) Forget(found->second);
}

void PreparedStatements::ForgetDoubtful() {
  // Nothing before the doubt began is doubtful.
  for (auto entry = entries_.begin(); doubts_new_ && entry != entries_.end();) {
    const auto current = entry++;
    if (current->is_doubtful) Forget(current);
  }
  doubts_new_ = false;
}

std::vector<std::string> PreparedStatements::TakeClosable() {
  return std::exchange(closable_, {});
}

void PreparedStatements::Forget(Entries::iterator entry) {
  closable_.push_back(entry->statement.name);
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace sluice::postgres

#include "server/execution/read_verdicts.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::execution {
namespace {

constexpr size_t kMaxEntries = 4096;
constexpr size_t kMaxBytes = size_t{4} << 20;

// No text of SQL holds one.
constexpr absl::string_view kDivider("\0", 1);

}  // namespace

std::string ReadVerdicts::MakeKey(
    absl::string_view role, absl::string_view sql,
    const google::protobuf::RepeatedPtrField<v1::Value>& parameters) {
  std::string key = absl::StrCat(role, kDivider, sql);
  for (int i = 0; i < parameters.size(); ++i) {
    if (parameters[i].type().empty()) continue;
    absl::StrAppend(&key, kDivider, i, " ", parameters[i].type());
  }
  return key;
}

ReadVerdict ReadVerdicts::Find(const std::string& key, SteadyTime now) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    Keep(key, ReadVerdict::kMayWrite,
         now + absl::ToChronoNanoseconds(kProofTime));
    return ReadVerdict::kUnknown;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  Entry& entry = *found->second;
  if (now < entry.until) return entry.verdict;
  entry.until = now + absl::ToChronoNanoseconds(kProofTime);
  return ReadVerdict::kUnknown;
}

void ReadVerdicts::Keep(const std::string& key, ReadVerdict verdict,
                        SteadyTime until) {
  auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    found->second->verdict = verdict;
    found->second->until = until;
    return;
  }
  bytes_ += key.size();
  entries_.push_front(Entry{key, verdict, until});
  by_key_.emplace(entries_.front().key, entries_.begin());
  while (entries_.size() > kMaxEntries || bytes_ > kMaxBytes) {
    const Entry& oldest = entries_.back();
    bytes_ -= oldest.key.size();
    by_key_.erase(oldest.key);
    entries_.pop_back();
  }
}

}  // namespace sluice::execution

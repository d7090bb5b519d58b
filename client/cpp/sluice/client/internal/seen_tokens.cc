#include "sluice/client/internal/seen_tokens.h"

#include <cstddef>

#include "sluice/client/call_options.h"
#include "sluice/client/error_details.h"

namespace sluice::client::internal {
namespace {

// What tokens begin with that can be compared: their version and cluster
// (docs/routing.md).
constexpr size_t kClusterBytes = 9;

bool IsLater(absl::string_view token, absl::string_view seen) {
  const bool is_of_same_cluster =
      token.size() == seen.size() &&
      token.substr(0, kClusterBytes) == seen.substr(0, kClusterBytes);
  // Otherwise the database has moved.
  return !is_of_same_cluster || token > seen;
}

}  // namespace

bool MayHaveTakenPlace(const absl::Status& failure) {
  const ErrorDetails details = ErrorDetails::From(failure);
  switch (details.executed()) {
    case Executed::kNo:
      return false;
    case Executed::kUnknown:
      return true;
    case Executed::kNotTold:
      break;
  }
  return !details.is_from_gateway();
}

void SeenTokens::Note(const std::string& database, const std::string& token) {
  if (token.empty()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  Seen& seen = databases_[database];
  if (!IsLater(token, seen.token)) return;
  seen.token = token;
  seen.is_lost = false;
}

void SeenTokens::NoteFailure(const std::string& database,
                             const absl::Status& failure) {
  if (MayHaveTakenPlace(failure)) NoteLost(database);
}

void SeenTokens::NoteLost(const std::string& database) {
  const std::lock_guard<std::mutex> lock(mutex_);
  databases_[database].is_lost = true;
}

v1::Consistency SeenTokens::ConsistencyFor(const std::string& database) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return {};
  return found->second.is_lost ? StrongConsistency()
                               : AtLeast(found->second.token);
}

}  // namespace sluice::client::internal

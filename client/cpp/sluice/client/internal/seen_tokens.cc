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

WriteReply WriteReplyOf(const v1::ExecutionSummary& summary) {
  // What commits by itself has no reference.
  return {.token = summary.consistency_token(),
          .may_have_written = !summary.outcome_reference().empty() ||
                              summary.command_tag() == "CALL" ||
                              summary.command_tag() == "DO"};
}

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

SeenTokens::Write SeenTokens::Start(const std::string& database) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = databases_.find(database);
  return {.database = database,
          .losses = found == databases_.end() ? 0 : found->second.losses};
}

void SeenTokens::Note(const Write& write, const WriteReply& reply) {
  if (reply.token.empty()) {
    if (reply.may_have_written) NoteLost(write.database);
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  Seen& seen = databases_[write.database];
  if (IsLater(reply.token, seen.token)) seen.token = reply.token;
  if (write.losses == seen.losses) seen.is_lost = false;
}

void SeenTokens::NoteFailure(const std::string& database,
                             const absl::Status& failure) {
  if (MayHaveTakenPlace(failure)) NoteLost(database);
}

void SeenTokens::NoteLost(const std::string& database) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Seen& seen = databases_[database];
  seen.is_lost = true;
  ++seen.losses;
}

v1::Consistency SeenTokens::ConsistencyFor(const std::string& database) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = databases_.find(database);
  if (found == databases_.end()) return {};
  return found->second.is_lost ? StrongConsistency()
                               : AtLeast(found->second.token);
}

}  // namespace sluice::client::internal

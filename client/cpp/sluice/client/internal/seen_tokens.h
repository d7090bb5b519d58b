// SeenTokens: the newest consistency token of each database, so that reads see
// the writes before them.

#ifndef SLUICE_CLIENT_INTERNAL_SEEN_TOKENS_H_
#define SLUICE_CLIENT_INTERNAL_SEEN_TOKENS_H_

#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client::internal {

// Threads: any.
class SeenTokens {
 public:
  SeenTokens() = default;
  SeenTokens(const SeenTokens&) = delete;

  // Of a write that took place. An empty one says nothing: the database has no
  // replica, or nothing was written.
  void Note(const std::string& database, const std::string& token);

  // Of a call that may write and has failed: where it may have taken place all
  // the same, no token stands for it, and reads are strong until the next one.
  void NoteFailure(const std::string& database, const absl::Status& failure);
  // The same where it is known that it may have taken place.
  void NoteLost(const std::string& database);

  // What a read asks for that names nothing; unset before the first write.
  v1::Consistency ConsistencyFor(const std::string& database) const;

 private:
  struct Seen {
    std::string token;
    bool is_lost = false;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Seen> databases_;
};

// Whether a call that may write and has failed so may have taken place.
bool MayHaveTakenPlace(const absl::Status& failure);

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_SEEN_TOKENS_H_

// SeenTokens: the newest consistency token of each database, so that reads see
// the writes before them.

#ifndef SLUICE_CLIENT_INTERNAL_SEEN_TOKENS_H_
#define SLUICE_CLIENT_INTERNAL_SEEN_TOKENS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client::internal {

// What the reply to a call that may write says of what it wrote.
struct WriteReply {
  std::string token;
  // Also where that could not be found out.
  bool may_have_written = false;
};

WriteReply WriteReplyOf(const v1::ExecutionSummary& summary);

// Threads: any.
class SeenTokens {
 public:
  // A call that may write, from before it was sent.
  struct Write {
    std::string database;
    // How many writes were lost before it.
    uint64_t losses = 0;
  };

  SeenTokens() = default;
  SeenTokens(const SeenTokens&) = delete;

  Write Start(const std::string& database) const;

  // Of a call that has succeeded. Where it wrote and has no token, because the
  // database has no replica or its position could not be asked for, reads are
  // strong until the token of a write that started behind it. The token of one
  // that started before may stand for an earlier state.
  void Note(const Write& write, const WriteReply& reply);

  // Of a call that may write and has failed: where it may have taken place all
  // the same, no token stands for it either.
  void NoteFailure(const std::string& database, const absl::Status& failure);
  // The same where it is known that it may have taken place.
  void NoteLost(const std::string& database);

  // What a read asks for that names nothing; unset before the first write.
  v1::Consistency ConsistencyFor(const std::string& database) const;

 private:
  struct Seen {
    std::string token;
    bool is_lost = false;
    uint64_t losses = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Seen> databases_;
};

// Whether a call that may write and has failed so may have taken place.
bool MayHaveTakenPlace(const absl::Status& failure);

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_SEEN_TOKENS_H_

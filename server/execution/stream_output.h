// StreamOutput: sends the parts of a streamed result, one after the other.

#ifndef SLUICE_SERVER_EXECUTION_STREAM_OUTPUT_H_
#define SLUICE_SERVER_EXECUTION_STREAM_OUTPUT_H_

#include <deque>
#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Where the parts go: the caller's stream.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;

  // Sends a part, which the writer may take apart but has put together again
  // when this returns; from then on it may change. `written` is called on the
  // loop when the next part may be sent; false: the caller is gone.
  virtual void Write(v1::QueryStreamResponse& part,
                     std::function<void(bool ok)> written) = 0;
  // Gives the stream up: what is being written fails.
  virtual void Abort() = 0;
};

// Threads: belongs to one event loop.
// Lifetime: until Settle has ended.
class StreamOutput {
 public:
  // A caller who takes nothing for `max_stall` is given up.
  StreamOutput(EventLoop& loop, StreamWriter& writer, absl::Duration max_stall)
      : writer_(writer), max_stall_(max_stall), stall_(loop) {}
  StreamOutput(const StreamOutput&) = delete;

  // Whether a part would be sent at once.
  bool idle() const { return !writing_; }
  // Whether the caller is gone: parts go nowhere.
  bool failed() const { return failed_; }

  // Sends the part at once, or keeps a copy until its turn comes. Nothing
  // bounds what is kept: pause what makes the parts while this is not idle.
  void Send(v1::QueryStreamResponse& part);

  // Forgets the parts whose turn has not come.
  void Discard() { waiting_.clear(); }

  // Called whenever the last part has been written, or the caller has gone.
  void OnIdle(std::function<void()> listener) {
    on_idle_ = std::move(listener);
  }

  // Waits until nothing is being written; gives up after `patience`.
  Task<void> Settle(absl::Duration patience);

 private:
  void Write(v1::QueryStreamResponse& part);
  void OnWritten(bool ok);

  StreamWriter& writer_;
  const absl::Duration max_stall_;
  Timer stall_;
  bool writing_ = false;
  bool failed_ = false;
  std::deque<v1::QueryStreamResponse> waiting_;
  std::function<void()> on_idle_;
  Latch settled_;
  bool settling_ = false;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_STREAM_OUTPUT_H_

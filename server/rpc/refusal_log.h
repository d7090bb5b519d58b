// RefusalLog: tells operators of calls that the guard refuses, without letting
// callers fill the log.

#ifndef SLUICE_SERVER_RPC_REFUSAL_LOG_H_
#define SLUICE_SERVER_RPC_REFUSAL_LOG_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/base/deadline.h"
#include "server/base/mutex.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::rpc {

// Threads: any.
class RefusalLog {
 public:
  RefusalLog() = default;
  RefusalLog(const RefusalLog&) = delete;

  // Writes a line, at most one a second for each reason, which counts those
  // since the line before.
  void Note(v1::ErrorReason reason, absl::string_view app,
            absl::string_view peer);

  // How many the line tells of that is to be written now, if one is.
  std::optional<uint64_t> Count(v1::ErrorReason reason, SteadyTime now);

 private:
  struct Kind {
    std::optional<SteadyTime> told_at;
    uint64_t untold = 0;
  };

  Mutex mutex_;
  absl::flat_hash_map<int, Kind> kinds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_REFUSAL_LOG_H_

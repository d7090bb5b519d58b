// AuditRefusals: counts what was refused, so that whoever is refused a thousand
// times a second fills no disk.

#ifndef SLUICE_SERVER_TELEMETRY_AUDIT_REFUSALS_H_
#define SLUICE_SERVER_TELEMETRY_AUDIT_REFUSALS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace sluice::telemetry {

// A call that was refused. What is not known is empty.
struct AuditRefusal {
  // Name of the ErrorReason: "TOKEN_INVALID".
  absl::string_view reason;
  absl::string_view app;
  absl::string_view identity;
  absl::string_view peer;
  absl::string_view method;
  absl::string_view database;
};

// Threads: any. Bounded: what has no place of its own is counted as of no app.
class AuditRefusals {
 public:
  // Refusals of one app for one reason; of the first it keeps more.
  struct Count {
    std::string reason;
    std::string app;
    std::string identity;
    std::string peer;
    std::string method;
    std::string database;
    absl::Time first_time;
    uint64_t count = 0;
  };

  void Add(const AuditRefusal& refusal);

  // Those since the last call.
  std::vector<Count> Take();

 private:
  Mutex mutex_;
  std::map<std::pair<std::string, std::string>, Count> counts_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_AUDIT_REFUSALS_H_

// Reloader: the thread that looks whether files of the configuration have
// changed, and has them read anew.

#ifndef SLUICE_SERVER_GATEWAY_RELOADER_H_
#define SLUICE_SERVER_GATEWAY_RELOADER_H_

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/descriptor.h"
#include "server/base/mutex.h"
#include "server/base/reload.h"
#include "server/rpc/config_reloader.h"
#include "server/telemetry/audit_log.h"
#include "sluice/v1/admin.pb.h"

namespace sluice::gateway {

// A part of the configuration that can change while the server runs.
struct ReloadablePart {
  // As v1::ReloadedPart names it.
  std::string name;
  // Files, and folders with the files directly in them.
  std::vector<std::string> paths;
  // Reads it and puts it into force; what is refused leaves the one before in
  // force. Threads: any, one at a time.
  std::function<absl::StatusOr<sluice::Reload>()> reload;
};

// Looks once a second. A part that was refused is tried again at each look;
// what is wrong with it is logged once for each change of its files.
// Threads: any.
class Reloader final : public rpc::ConfigReloader {
 public:
  // `audit` outlives it; null: there is none.
  explicit Reloader(telemetry::AuditLog* audit = nullptr);
  ~Reloader() override { Stop(); }
  Reloader(const Reloader&) = delete;

  // Takes a part that has just been read. Lifetime: what it refers to lives
  // until Stop, and through each ReloadNow.
  void Add(ReloadablePart part);

  // Looks from now on, on a thread of its own. Once.
  void Start();
  // Ends that. Idempotent. Threads: that of Start.
  void Stop();

  // Reads all parts now, changed or not. Blocks on the file system.
  v1::ReloadConfigResponse ReloadNow();

  // The same on the thread, which then calls `done`; here when it does not run.
  void Reload(std::function<void(v1::ReloadConfigResponse)> done) override;

  // Of the part "policy".
  absl::Time policy_load_time() const override;

 private:
  struct Part {
    ReloadablePart part;
    // What its files looked like when they were last read.
    std::string appearance;
    bool refused = false;
  };

  using Done = std::function<void(v1::ReloadConfigResponse)>;

  void Run();
  // Until it is woken up or it is time for the next look.
  void Wait();
  void Wake();
  void LookAround();
  void AnswerRequests();
  void NoteLoad(const std::string& name);
  // In the log and the audit log.
  void TellOutcome(const std::string& name, const absl::Status& status);
  v1::ReloadedPart Read(Part& part, std::string appearance)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  telemetry::AuditLog* const audit_;
  // For ReloadNow and looks: held while files are read, so that one after the
  // other reads them; nobody waits for it but who reads files as well.
  Mutex mutex_;
  std::vector<Part> parts_ ABSL_GUARDED_BY(mutex_);
  enum class State { kIdle, kRuns, kStopped };

  const Descriptor wake_up_;
  mutable Mutex state_mutex_;
  State state_ ABSL_GUARDED_BY(state_mutex_) = State::kIdle;
  std::vector<Done> requests_ ABSL_GUARDED_BY(state_mutex_);
  absl::Time policy_load_time_ ABSL_GUARDED_BY(state_mutex_) =
      absl::InfinitePast();
  std::thread thread_;
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_RELOADER_H_

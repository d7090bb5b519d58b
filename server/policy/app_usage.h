// AppUsage: how much each app does at the moment, and whether it may do more.

#ifndef SLUICE_SERVER_POLICY_APP_USAGE_H_
#define SLUICE_SERVER_POLICY_APP_USAGE_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/policy/policy.h"

namespace sluice::policy {

// Threads: any. Bounded by the apps of all policies that there were.
class AppUsage {
 private:
  class Counters;

 public:
  // A place that is given back with this. Movable.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place() { Release(); }

   private:
    friend class AppUsage;
    enum class Kind { kCall, kTransaction };

    Place(std::shared_ptr<Counters> counters, Kind kind)
        : counters_(std::move(counters)), kind_(kind) {}

    void Release();

    std::shared_ptr<Counters> counters_;
    Kind kind_ = Kind::kCall;
  };

  AppUsage();
  ~AppUsage();
  AppUsage(const AppUsage&) = delete;

  // Counts a call. `now`: a steady clock's.
  // Errors, nothing executed: RESOURCE_EXHAUSTED with reason TOO_MANY_CALLS, or
  // RATE_LIMIT and a RetryInfo of when there is room again. A refused call
  // counts for nothing.
  absl::StatusOr<Place> AdmitCall(const App& app, absl::Time now);

  // Counts an interactive transaction.
  // Errors: RESOURCE_EXHAUSTED with reason TOO_MANY_TRANSACTIONS.
  absl::StatusOr<Place> AdmitTransaction(const App& app);

 private:
  std::shared_ptr<Counters> CountersOf(const std::string& app);

  Mutex mutex_;
  // By name: an app keeps its counts when the policy changes.
  absl::flat_hash_map<std::string, std::shared_ptr<Counters>> by_app_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_APP_USAGE_H_

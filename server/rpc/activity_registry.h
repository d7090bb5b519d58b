// ActivityRegistry: the calls in progress, so that operators can see them, and
// revocations end them.

#ifndef SLUICE_SERVER_RPC_ACTIVITY_REGISTRY_H_
#define SLUICE_SERVER_RPC_ACTIVITY_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/mutex.h"
#include "server/identity/token.h"
#include "server/policy/policy.h"

namespace sluice::rpc {

// A call in progress, as it came.
struct Activity {
  uint64_t id = 0;
  absl::string_view method;
  std::string app;
  // In the caller's certificate.
  std::string identity;
  // Null for a call that takes no token.
  std::shared_ptr<const identity::TokenClaims> token;
  // The one that it was admitted under.
  std::shared_ptr<const policy::Policy> policy;
  std::string peer;
  // Empty where there is none, or not yet.
  std::string database;
  std::string tag;
  absl::Time start_time;
};

// Threads: any.
class ActivityRegistry {
 public:
  // Lists a call until this ends.
  class Entry {
   public:
    Entry(Entry&& other) noexcept
        : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
    Entry& operator=(Entry&&) = delete;
    ~Entry();

    // For a call that says only later what it is about.
    void Describe(std::string database, std::string tag);

   private:
    friend class ActivityRegistry;
    Entry(ActivityRegistry& registry, uint64_t id)
        : registry_(&registry), id_(id) {}

    ActivityRegistry* registry_;
    uint64_t id_;
  };

  ActivityRegistry() = default;
  ActivityRegistry(const ActivityRegistry&) = delete;

  // Gives it an id. `cancellation` belongs to `loop`.
  Entry Add(Activity activity, EventLoop& loop,
            std::shared_ptr<Cancellation> cancellation);

  // The oldest first.
  std::vector<Activity> List() const;

  // Asks the calls that `matches` holds of to end, on their loops; one that was
  // asked before counts too. How many they are. `matches` may not use this.
  int CancelIf(const std::function<bool(const Activity&)>& matches,
               CancelCause cause);

 private:
  struct Call {
    Activity activity;
    EventLoop* loop;
    std::shared_ptr<Cancellation> cancellation;
  };

  mutable Mutex mutex_;
  // By id, so in the order in which they came.
  std::map<uint64_t, Call> calls_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_ACTIVITY_REGISTRY_H_

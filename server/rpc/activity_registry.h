// ActivityRegistry: the calls in progress, so that operators can see them, and
// revocations end them.

#ifndef SLUICE_SERVER_RPC_ACTIVITY_REGISTRY_H_
#define SLUICE_SERVER_RPC_ACTIVITY_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/mutex.h"
#include "server/identity/token.h"

namespace sluice::rpc {

// A call in progress, as it came.
struct Activity {
  uint64_t id = 0;
  absl::string_view method;
  std::string app;
  // Null for a call that takes no token.
  std::shared_ptr<const identity::TokenClaims> token;
  std::string peer;
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

   private:
    friend class ActivityRegistry;
    Entry(ActivityRegistry& registry, uint64_t id)
        : registry_(&registry), id_(id) {}

    ActivityRegistry* registry_;
    uint64_t id_;
  };

  ActivityRegistry() = default;
  ActivityRegistry(const ActivityRegistry&) = delete;

  // `cancellation` belongs to `loop`.
  Entry Add(Activity activity, EventLoop& loop,
            std::shared_ptr<Cancellation> cancellation);

  // The oldest first.
  std::vector<Activity> List() const;

  // Cancels the calls that `matches` holds of; by the end of this they are
  // asked to end, and their causes counted. How many they are.
  int CancelIf(const std::function<bool(const Activity&)>& matches,
               CancelCause cause);

 private:
  struct Call {
    Activity activity;
    EventLoop* loop;
    std::shared_ptr<Cancellation> cancellation;
  };

  mutable Mutex mutex_;
  absl::flat_hash_map<uint64_t, Call> calls_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_ACTIVITY_REGISTRY_H_

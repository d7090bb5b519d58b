// Router: chooses the node of a cluster for each read and each write of one
// worker.

#ifndef SLUICE_SERVER_ROUTING_ROUTER_H_
#define SLUICE_SERVER_ROUTING_ROUTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/routing/ask_pace.h"
#include "server/routing/balancer.h"
#include "server/routing/news_queue.h"
#include "server/routing/node_load.h"
#include "server/routing/read_need.h"
#include "server/routing/route.h"
#include "server/topology/topology.h"

namespace sluice::routing {

struct RouterSettings {
  // Of a write, and of a read that no node can take, for the primary.
  absl::Duration max_write_wait = absl::Seconds(10);
  absl::Duration max_replica_wait = absl::Milliseconds(100);
  // How old news of all nodes may be at most where a primary is to be used.
  // They are older when this process was stopped for a while: meanwhile there
  // may have been another primary.
  absl::Duration max_news_age = absl::InfiniteDuration();
  // Of this worker.
  size_t max_spilled_reads = 10;
  // Writes that wait at once, and as many reads.
  size_t max_waiters = 10'000;
};

// A node as this worker uses it, for operators.
struct NodeUse {
  std::string node;
  // Of all kinds.
  int in_flight = 0;
  int writes = 0;
  int spilled_reads = 0;
  // Unset where it was not used of late.
  std::optional<absl::Duration> latency;
  bool is_ejected = false;
};

// Threads: belongs to one event loop; the constructor may run on any.
// Lifetime: nobody waits any more when it ends.
class Router {
 public:
  // Asks a node for its position and role anew, since somebody waits for it:
  // each that is up, or each at all where the news are old; every 10 ms at
  // most, more seldom the longer the wait (AskPace). Called on the loop; must
  // not call the router.
  using Asker = std::function<void(const std::string& node)>;

  Router(EventLoop& loop, const RouterSettings& settings,
         Asker asker = nullptr);
  ~Router();
  Router(const Router&) = delete;

  // Takes notice of a newer state of the cluster; not null.
  void Update(std::shared_ptr<const topology::Topology> topology);

  // A node that satisfies `need`: of the replicas that do and are none of
  // `tried`, by Balancer; where there is none, one that comes to do so within
  // `max_replica_wait`, if one is up; else the primary, within the cap of
  // spilled reads, which holds for reads that a replica might have taken. A
  // strong read goes to the primary, in `tried` or not, for there is no other.
  // Where there is no primary either it waits for one for at most
  // `max_write_wait`. `answered_after`: a primary counts only if it has
  // answered since, as for RouteWrite. Errors, all "nothing executed":
  // UNAVAILABLE (BACKEND_UNAVAILABLE) when there is none, RESOURCE_EXHAUSTED
  // (QUEUE_FULL) at the cap and when too many wait, those of `cancellation`.
  Task<absl::StatusOr<Route>> RouteRead(
      const ReadNeed& need, const std::vector<std::string>& tried,
      Cancellation& cancellation,
      SteadyTime answered_after = SteadyTime::min());

  // The primary: at once, or once there is one again and writes are not held,
  // for at most `max_write_wait`. `answered_after`: of another try, when the
  // one before failed; a primary that was not asked and has not answered since
  // is waited for.
  // Errors: as RouteRead.
  Task<absl::StatusOr<Route>> RouteWrite(
      Cancellation& cancellation,
      SteadyTime answered_after = SteadyTime::min());

  // Whether a read may still be sent where it was routed, after a wait there:
  // the replica is fresh enough now, or the primary is still the one
  // (IsCurrent). Looks anew at how far the node is behind. A token is not
  // looked at again on a replica: what has been replayed stays.
  bool StillFits(const ReadNeed& need, Route& route) const;

  // Whether a write that was routed in `epoch` may still be sent, or committed:
  // that primary is still the one, as far as is known, and that is not long
  // ago. A hold does not stop it.
  bool IsCurrent(uint64_t epoch) const;
  // Waits until it may, for at most `max_write_wait`.
  // Errors, all "nothing executed": UNAVAILABLE (BACKEND_UNAVAILABLE) after
  // that, and at once when another primary was accepted; those of
  // `cancellation`.
  Task<absl::Status> AwaitCurrent(uint64_t epoch, Cancellation& cancellation);

  // Whether no node can be asked, and could for longer than news count: what
  // comes of writes in progress is not to be believed then.
  bool IsCutOff() const;

  // Makes new writes wait, until they are released or `limit` has passed; once
  // more sets a new limit.
  void HoldWrites(absl::Duration limit);
  void ReleaseWrites();
  bool writes_held() const { return writes_held_; }

  std::vector<NodeUse> ListNodes() const;
  size_t waiting_reads() const { return reads_.size() + strong_reads_.size(); }
  size_t waiting_writes() const { return writes_.size(); }

 private:
  struct Read;
  // Of nodes, by their index.
  using Indexes = absl::InlinedVector<size_t, 8>;
  struct Replicas;
  // A route, an error, or neither: then it is to wait.
  struct Choice {
    std::optional<absl::StatusOr<Route>> result;
    SteadyTime wait_until;
  };

  Choice ChooseForRead(const Read& read, SteadyTime now);
  Replicas LookAtReplicas(const Read& read, SteadyTime now) const;
  // One of `indexes`, which are not none.
  Route RouteToReplica(const Indexes& indexes, SteadyTime now);
  // Whether too long ago the nodes were asked for the last time.
  bool HasOldNews() const;
  // Null where there is none that may be used.
  const topology::Node* FindPrimary(SteadyTime answered_after) const;
  const topology::Node* FindPrimaryFor(const Read& read) const;
  Route RouteToPrimary(WorkKind kind) const;
  // What a read on the primary counts as.
  WorkKind KindOnPrimary(const Read& read) const;
  bool IsAtCap(WorkKind kind) const;
  bool IsNowhereLeft(const Read& read) const;

  // Who needs the primary, if there is one to use.
  void WakeForPrimary();
  // As AskPace::Asking.
  bool AskNodes();

  const RouterSettings settings_;
  const Asker asker_;
  Balancer balancer_;
  // Never null.
  std::shared_ptr<const topology::Topology> topology_;
  // One for each of its nodes, in the same order.
  std::vector<std::shared_ptr<NodeLoad>> loads_;
  AskPace ask_pace_;
  // Of reads that a replica may take, too.
  NewsQueue reads_;
  NewsQueue strong_reads_;
  NewsQueue writes_;
  // Of writes that wait for AwaitCurrent.
  NewsQueue commits_;
  bool writes_held_ = false;
  Timer hold_end_;
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_ROUTER_H_

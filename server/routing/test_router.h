// RouterTest: a gtest fixture with a router on an event loop of its own.

#ifndef SLUICE_SERVER_ROUTING_TEST_ROUTER_H_
#define SLUICE_SERVER_ROUTING_TEST_ROUTER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/routing/router.h"
#include "server/routing/test_topology.h"

namespace sluice::routing {

// One call of the router, from its start to the end of what came of it.
struct TestCall {
  Cancellation cancellation;
  // Belong to the loop until `ended`.
  std::optional<absl::StatusOr<Route>> result;
  std::promise<void> ended;
  const std::shared_future<void> end = ended.get_future().share();
};

class RouterTest : public testing::Test {
 protected:
  using Call = std::shared_ptr<TestCall>;

  RouterTest() { MakeRouter({}); }
  ~RouterTest() override {
    // Routes end on the loop, as they do in the server.
    OnLoop([this] {
      for (const Call& call : calls_) {
        call->cancellation.Request(CancelCause::kCaller);
      }
    });
    OnLoop([this] {
      for (const Call& call : calls_) call->result.reset();
      router_.reset();
    });
  }

  void MakeRouter(const RouterSettings& settings,
                  Router::Asker asker = nullptr) {
    OnLoop([&] {
      router_ = std::make_unique<Router>(loop_, settings, std::move(asker));
    });
  }

  // Runs `work` on the loop, to its end.
  void OnLoop(const std::function<void()>& work) {
    std::promise<void> done;
    loop_.Post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  void Update(std::shared_ptr<const topology::Topology> topology) {
    OnLoop([&] { router_->Update(std::move(topology)); });
  }

  Call Read(ReadNeed need, std::vector<std::string> tried = {},
            SteadyTime answered_after = SteadyTime::min()) {
    return Start([&](TestCall& call) {
      return RunRead(call, need, tried, answered_after);
    });
  }
  Call Write(SteadyTime answered_after = SteadyTime::min()) {
    return Start(
        [&](TestCall& call) { return RunWrite(call, answered_after); });
  }

  // Its result leads nowhere.
  Call Commit(uint64_t epoch) {
    return Start([&](TestCall& call) { return RunCommit(call, epoch); });
  }

  // Waits for its end.
  const absl::StatusOr<Route>& Result(const Call& call) {
    const auto state = call->end.wait_for(std::chrono::seconds(20));
    if (state != std::future_status::ready) {
      ADD_FAILURE() << "the call does not end";
      std::abort();
    }
    return *call->result;
  }
  // The node that it was sent to, or the error.
  std::string NodeOf(const Call& call) {
    const absl::StatusOr<Route>& route = Result(call);
    return route.ok() ? route->node() : std::string(route.status().message());
  }
  bool HasEnded(const Call& call) {
    bool has_ended = false;
    OnLoop([&] { has_ended = call->result.has_value(); });
    return has_ended;
  }

  // Ends the work of a call.
  void End(const Call& call) {
    OnLoop([&] { call->result.reset(); });
  }
  void Fail(const Call& call) {
    OnLoop([&] {
      (*call->result)->NoteFailure();
      call->result.reset();
    });
  }

  std::map<std::string, NodeUse> Uses() {
    std::map<std::string, NodeUse> uses;
    OnLoop([&] {
      for (const NodeUse& use : router_->ListNodes()) uses[use.node] = use;
    });
    return uses;
  }

  EventLoop loop_{"router-test"};
  std::unique_ptr<Router> router_;

 private:
  Call Start(const std::function<Task<void>(TestCall&)>& run) {
    auto call = std::make_shared<TestCall>();
    calls_.push_back(call);
    OnLoop([&] { Spawn(run(*call)); });
    return call;
  }

  Task<void> RunRead(TestCall& call, ReadNeed need,
                     std::vector<std::string> tried,
                     SteadyTime answered_after) {
    Task<absl::StatusOr<Route>> routing =
        router_->RouteRead(need, tried, call.cancellation, answered_after);
    call.result.emplace(co_await std::move(routing));
    call.ended.set_value();
  }
  Task<void> RunWrite(TestCall& call, SteadyTime answered_after) {
    Task<absl::StatusOr<Route>> routing =
        router_->RouteWrite(call.cancellation, answered_after);
    call.result.emplace(co_await std::move(routing));
    call.ended.set_value();
  }
  Task<void> RunCommit(TestCall& call, uint64_t epoch) {
    Task<absl::Status> waiting =
        router_->AwaitCurrent(epoch, call.cancellation);
    const absl::Status status = co_await std::move(waiting);
    if (status.ok()) {
      call.result.emplace(Route());
    } else {
      call.result.emplace(status);
    }
    call.ended.set_value();
  }

  std::vector<Call> calls_;
};

inline ReadNeed Strong() { return {}; }
inline ReadNeed Any() { return {ReadNeed::Level::kAny, {}, {}}; }
inline ReadNeed Bounded(absl::Duration max_staleness) {
  return {ReadNeed::Level::kBounded, {}, max_staleness};
}
inline ReadNeed AtLeast(uint64_t lsn, uint32_t timeline = 1,
                        uint64_t system_identifier = kTestSystem) {
  return {ReadNeed::Level::kAtLeast, {system_identifier, timeline, lsn}, {}};
}

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_TEST_ROUTER_H_

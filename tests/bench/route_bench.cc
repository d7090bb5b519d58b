// Measures the choice of a node in a cluster of a primary and two replicas.
//
//   sluice_route_bench [MAX_NANOSECONDS]
//
// Prints a Markdown table. With a limit it fails when even the best round of
// any choice takes longer.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/routing/router.h"
#include "server/routing/test_topology.h"
#include "tests/bench/cpu_timing.h"

namespace sluice::bench {
namespace {

using routing::ReadNeed;
using routing::Route;
using routing::Router;

void Require(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "sluice_route_bench: %s\n", what);
  std::exit(2);
}

class Bench {
 public:
  explicit Bench(EventLoop& loop) : router_(loop, {}) {
    router_.Update(routing::MakeTopology({routing::MakePrimary("primary"),
                                          routing::MakeReplica("replica1"),
                                          routing::MakeReplica("replica2")}));
  }

  void Read(const ReadNeed& need) { Spawn(RouteRead(need)); }
  void Write() { Spawn(RouteWrite()); }

 private:
  Task<void> RouteRead(const ReadNeed& need) {
    Task<absl::StatusOr<Route>> routing =
        router_.RouteRead(need, tried_, cancellation_);
    Use(co_await std::move(routing));
  }
  Task<void> RouteWrite() {
    Task<absl::StatusOr<Route>> routing = router_.RouteWrite(cancellation_);
    Use(co_await std::move(routing));
  }
  void Use(absl::StatusOr<Route> route) {
    Require(route.ok(), "no route");
    route->NoteLatency(absl::Microseconds(300));
    // Some are in progress at any time.
    routes_[next_] = *std::move(route);
    next_ = (next_ + 1) % routes_.size();
  }

  Router router_;
  const std::vector<std::string> tried_;
  Cancellation cancellation_;
  std::vector<Route> routes_{16};
  size_t next_ = 0;
};

// The longest of the best rounds.
double MeasureAll(Bench& bench) {
  const ReadNeed any{ReadNeed::Level::kAny, {}, {}};
  const ReadNeed bounded{ReadNeed::Level::kBounded, {}, absl::Hours(1)};
  const ReadNeed at_least{ReadNeed::Level::kAtLeast,
                          {routing::kTestSystem, 1, routing::kTestLsn},
                          {}};
  const ReadNeed strong;
  PrintTableHead("choice, and word of how it went");
  return std::max(
      {MeasureRow("read, any", [&](int) { bench.Read(any); }).best_ns,
       MeasureRow("read, bounded", [&](int) { bench.Read(bounded); }).best_ns,
       MeasureRow("read, at least", [&](int) { bench.Read(at_least); }).best_ns,
       MeasureRow("read, strong", [&](int) { bench.Read(strong); }).best_ns,
       MeasureRow("write", [&](int) { bench.Write(); }).best_ns});
}

int Main(int argc, char** argv) {
  EventLoop loop("bench");
  std::promise<double> longest;
  loop.Post([&] {
    Bench bench(loop);
    longest.set_value(MeasureAll(bench));
  });
  const double longest_ns = longest.get_future().get();
  loop.Stop();
  if (argc < 2 || longest_ns <= std::atof(argv[1])) return EXIT_SUCCESS;
  std::fprintf(stderr, "the choice of a node takes longer than %s ns\n",
               argv[1]);
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }

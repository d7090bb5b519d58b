// Tests which node is fresh enough for which read.

#include "server/routing/read_fit.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "server/routing/test_router.h"
#include "server/routing/test_topology.h"

namespace sluice::routing {
namespace {

struct Row {
  const char* what;
  ReadNeed need;
  ReadFit fit;
  // Of the replica.
  uint32_t timeline = 1;
  uint64_t lsn = kTestLsn;
  // Of the cluster's newest.
  uint32_t newest_timeline = 1;
  std::optional<absl::Duration> staleness = absl::ZeroDuration();
};

const std::vector<Row>& ReplicaRows() {
  static const auto* rows = new std::vector<Row>{
      {"a strong read", Strong(), ReadFit::kNever},
      {"any", Any(), ReadFit::kFresh},
      {"any, without a primary to compare with", Any(), ReadFit::kFresh, 1,
       kTestLsn, 1, std::nullopt},

      {"the token's position exactly", AtLeast(1000), ReadFit::kFresh},
      {"behind the token's position", AtLeast(999), ReadFit::kFresh},
      {"a byte before the token's position", AtLeast(1001), ReadFit::kNotYet},
      {"a token of another cluster", AtLeast(1, 1, 42), ReadFit::kNever},
      {"a token of a later timeline", AtLeast(1, 2), ReadFit::kNotYet},
      {"the newest timeline, behind the position of an older one",
       AtLeast(1000, 1), ReadFit::kFresh, 2, 1000, 2},
      {"the newest timeline, before the position of an older one",
       AtLeast(1001, 1), ReadFit::kNotYet, 2, 1000, 2},
      {"a later timeline that is not the newest", AtLeast(1000, 1),
       ReadFit::kNotYet, 2, 5000, 3},
      {"the token's timeline, which is not the newest any more",
       AtLeast(1000, 2), ReadFit::kFresh, 2, 1000, 3},

      {"level with the primary just now", Bounded(absl::Seconds(1)),
       ReadFit::kFresh},
      {"as old as allowed", Bounded(absl::Seconds(1)), ReadFit::kFresh, 1,
       kTestLsn, 1, absl::Seconds(1)},
      {"older than allowed", Bounded(absl::Seconds(1)), ReadFit::kNotYet, 1,
       kTestLsn, 1, absl::Seconds(1) + absl::Nanoseconds(1)},
      {"not known how old", Bounded(absl::InfiniteDuration()), ReadFit::kNotYet,
       1, kTestLsn, 1, std::nullopt},
  };
  return *rows;
}

TEST(ReadFitTest, EachNeedIsMetByReplicasThatAreFreshEnough) {
  const SteadyTime now = SteadyNow();
  for (const Row& row : ReplicaRows()) {
    SCOPED_TRACE(row.what);
    topology::Node node = MakeReplica("replica", row.lsn);
    node.timeline = row.timeline;
    node.lag.reset();
    if (row.staleness.has_value()) {
      node.lag.emplace();
      node.lag->fresh_at = now - absl::ToChronoNanoseconds(*row.staleness);
    }
    topology::Topology topology;
    topology.timeline = row.newest_timeline;
    topology.system_identifier = kTestSystem;
    EXPECT_EQ(FitOfReplica(row.need, topology, node, now), row.fit);
  }
}

TEST(ReadFitTest, PrimaryMeetsAllButATokenOfALaterTimeline) {
  topology::Node primary = MakePrimary("primary");
  primary.timeline = 2;
  struct PrimaryRow {
    const char* what;
    ReadNeed need;
    ReadFit fit;
  };
  const std::vector<PrimaryRow> rows = {
      {"a strong read", Strong(), ReadFit::kFresh},
      {"any", Any(), ReadFit::kFresh},
      {"a bound", Bounded(absl::ZeroDuration()), ReadFit::kFresh},
      {"its own history, further than it was known to be", AtLeast(99'999, 2),
       ReadFit::kFresh},
      {"an older timeline", AtLeast(99'999, 1), ReadFit::kFresh},
      {"a later timeline", AtLeast(1, 3), ReadFit::kNotYet},
      {"a later timeline of another cluster", AtLeast(1, 3, 42),
       ReadFit::kFresh},
  };
  for (const PrimaryRow& row : rows) {
    EXPECT_EQ(FitOfPrimary(row.need, primary), row.fit) << row.what;
  }
}

TEST(ReadFitTest, StalenessGrowsUntilTheNodeIsAskedAgain) {
  const SteadyTime now = SteadyNow();
  topology::Node node = MakeReplica("replica");
  node.lag->fresh_at = now - std::chrono::milliseconds(30);
  EXPECT_EQ(StalenessOf(node, now), absl::Milliseconds(30));
  EXPECT_EQ(StalenessOf(node, now + std::chrono::milliseconds(500)),
            absl::Milliseconds(530));
  node.lag->fresh_at = SteadyTime();
  EXPECT_FALSE(StalenessOf(node, now).has_value());
  node.lag.reset();
  EXPECT_FALSE(StalenessOf(node, now).has_value());
}

}  // namespace
}  // namespace sluice::routing

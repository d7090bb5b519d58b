// Reads that wait for a connection to a replica that comes to be late
// meanwhile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "server/base/proto_duration.h"
#include "tests/integration/cluster_stack.h"
#include "tests/integration/read_request.h"
#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kBound = absl::Seconds(6);
constexpr char kReadBeat[] = "SELECT beat FROM heartbeat";

class QueuedReadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ClusterStackOptions options;
    options.cluster.replicas = 1;
    options.routing = {{"max_connections", "1"}};
    options.gateway = {{"concurrency.worker_pairs", "1"}};
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app",
                             "SET ROLE app; CREATE TABLE heartbeat AS "
                             "SELECT 0::int8 AS beat")
                    .ok());
    ASSERT_TRUE(stack_->cluster().AwaitReplayed(1, 0));
  }

  v1::ClusterNode Replica() const {
    GatewayClient admin(stack_->client_options(0, "admin"));
    v1::GetTopologyResponse response;
    grpc::ClientContext context;
    EXPECT_THAT(admin.admin().GetTopology(&context, {}, &response), IsOk());
    return response.clusters(0).nodes(1);
  }
  bool AwaitWaiting(int calls) const {
    return Await(kBound, [&] { return Replica().waiting_calls() == calls; });
  }

  std::unique_ptr<ClusterStack> stack_;
};

TEST_F(QueuedReadTest, KeepsItsBoundThoughItWaitedLongerThanThat) {
  GatewayClient client = stack_->MakeClient();
  QueryBatch holder(client);
  holder.Start(MakeRead("SELECT pg_sleep(60)", Any()), absl::Seconds(60));
  ASSERT_TRUE(Await(absl::Seconds(10),
                    [this] { return Replica().connections_in_use() == 1; }));
  ASSERT_TRUE(stack_->node(1).PauseReplay().ok());
  ASSERT_TRUE(
      stack_->node(0).Execute("app", "UPDATE heartbeat SET beat = 1").ok());
  QueryBatch reads(client);
  reads.Start(MakeRead(kReadBeat, Any()));
  reads.Start(MakeRead(kReadBeat, AtMost(kBound)));
  ASSERT_TRUE(AwaitWaiting(2));
  ASSERT_TRUE(Await(absl::Seconds(20),
                    [this] { return FromProto(Replica().lag()) > kBound; }));
  holder.CancelAll();
  ASSERT_TRUE(reads.AwaitAll());

  ASSERT_THAT(reads.outcome(0).status, IsOk());
  const v1::QueryResponse& any = reads.outcome(0).response;
  EXPECT_EQ(FirstText(any.result_set()), "0");
  EXPECT_EQ(any.summary().node(), "n1");
  // As of when it ran.
  EXPECT_GT(FromProto(any.summary().node_lag()), kBound);
  ASSERT_THAT(reads.outcome(1).status, IsOk());
  const v1::QueryResponse& bounded = reads.outcome(1).response;
  EXPECT_EQ(FirstText(bounded.result_set()), "1");
  EXPECT_EQ(bounded.summary().node(), "n0");
  EXPECT_EQ(bounded.summary().attempts(), 1);
  ASSERT_TRUE(stack_->node(1).ResumeReplay().ok());
}

}  // namespace
}  // namespace sluice::testing

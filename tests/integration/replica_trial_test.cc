// A replica that was ejected, and is tried again while streams run there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/cluster_stack.h"
#include "tests/integration/read_request.h"
#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(40);
constexpr char kSleep[] = "SELECT pg_sleep(30)";
// More than what lies between PostgreSQL and a caller who does not read.
constexpr char kStream[] =
    "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)";

class ReplicaTrialTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ClusterStackOptions options;
    // Each worker counts for itself.
    options.gateway = {{"concurrency.worker_pairs", "1"}};
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    client_.emplace(stack_->client_options());
  }

  // Whether something of that text runs on a node.
  bool RunsOn(size_t node, const std::string& text) const {
    return stack_->node(node).Ask(
               "app", absl::StrCat("SELECT count(*) > 0 FROM pg_stat_activity "
                                   "WHERE usename = 'app' AND state = 'active' "
                                   "AND query LIKE '%",
                                   text, "%' AND pid <> pg_backend_pid()")) ==
           "t";
  }

  // Opens streams until one of them runs on "n1", and leaves that open.
  bool OpenStreamOnFirst() {
    return Await(kLimit, [this] {
      streams_.push_back(client_->OpenStream(MakeStreamedRead(kStream, Any()),
                                             absl::Seconds(120)));
      v1::QueryStreamResponse part;
      EXPECT_TRUE(streams_.back()->Read(part));
      if (RunsOn(1, "generate_series")) return true;
      streams_.pop_back();
      return false;
    });
  }

  // Takes the connections away from three reads on "n1".
  void EjectFirst() {
    for (int lost = 0; lost < 3;) {
      QueryBatch read(*client_);
      read.Start(MakeRead(kSleep, Any()));
      ASSERT_TRUE(Await(kLimit, [this] {
        return RunsOn(1, "pg_sleep") || RunsOn(2, "pg_sleep");
      }));
      if (RunsOn(1, "pg_sleep")) {
        ++lost;
        stack_->node(1).Ask("app",
                            "SELECT pg_terminate_backend(pid) FROM "
                            "pg_stat_activity WHERE usename = 'app' "
                            "AND query LIKE '%pg_sleep%' "
                            "AND state = 'active'");
        ASSERT_TRUE(Await(kLimit, [this] { return RunsOn(2, "pg_sleep"); }));
      }
      read.CancelAll();
      ASSERT_TRUE(read.AwaitAll());
      ASSERT_TRUE(Await(kLimit, [this] { return !RunsOn(2, "pg_sleep"); }));
    }
  }

  // Whether "n1" comes to answer several reads in a row of them.
  bool AwaitReadsOnFirst() {
    int served = 0;
    return Await(kLimit, [&] {
      const QueryOutcome read = client_->Query(MakeRead("SELECT 7", Any()));
      EXPECT_THAT(read.status, IsOk());
      if (read.response.summary().node() == "n1") ++served;
      return served >= 10;
    });
  }

  std::unique_ptr<ClusterStack> stack_;
  std::optional<GatewayClient> client_;
  std::vector<std::unique_ptr<StreamReader>> streams_;
};

TEST_F(ReplicaTrialTest, IsTriedThoughAStreamFromBeforeStillRuns) {
  ASSERT_TRUE(OpenStreamOnFirst());
  ASSERT_NO_FATAL_FAILURE(EjectFirst());
  EXPECT_TRUE(AwaitReadsOnFirst());
  EXPECT_TRUE(RunsOn(1, "generate_series"));
}

TEST_F(ReplicaTrialTest, AStreamHasTriedItWithItsFirstRow) {
  ASSERT_NO_FATAL_FAILURE(EjectFirst());
  ASSERT_TRUE(OpenStreamOnFirst());
  EXPECT_TRUE(AwaitReadsOnFirst());
  EXPECT_TRUE(RunsOn(1, "generate_series"));
}

}  // namespace
}  // namespace sluice::testing

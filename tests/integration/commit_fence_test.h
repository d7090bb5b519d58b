// CommitFenceTest: calls whose answers of the old primary reach the gateway
// after another one has come.

#ifndef SLUICE_TESTS_INTEGRATION_COMMIT_FENCE_TEST_H_
#define SLUICE_TESTS_INTEGRATION_COMMIT_FENCE_TEST_H_

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/failover_stack_test.h"

namespace sluice::testing {

class CommitFenceTest : public FailoverTest {
 protected:
  static constexpr absl::Duration kLimit = absl::Seconds(20);
  static constexpr char kInsert[] = "INSERT INTO item VALUES (DEFAULT)";

  // `n0` commits alone, and nobody writes. What is known of a primary counts
  // for 5 s. Each call uses the connection of the one before it.
  void StartAlone(const std::string& trigger = "") {
    ClusterStackOptions options;
    options.gates = StackPoolers::kGated;
    options.gateway = {{"concurrency.worker_pairs", "1"}};
    options.routing = {{"probe_interval", "0.2s"}, {"probe_timeout", "1.2s"}};
    ASSERT_NO_FATAL_FAILURE(Start(options, /*synchronous=*/0));
    crowd_->Stop();
    client_.emplace(stack_->client_options());
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app", absl::StrCat("SET ROLE app; CREATE TABLE "
                                                 "item (id serial);",
                                                 trigger))
                    .ok());
    for (const size_t standby : {1, 2}) {
      ASSERT_TRUE(stack_->cluster().AwaitReplayed(standby, 0));
      const PostgresServer& node = stack_->node(standby);
      node.Ask("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
      node.Ask("postgres", "SELECT pg_reload_conf()");
    }
    ASSERT_TRUE(stack_->cluster().AwaitStreaming(0, 0));
  }

  // Makes a call; what `n0` answers to it is kept back in its link, once there
  // is such a session on it.
  template <typename Call>
  auto Hold(const Call& call, const std::string& session) {
    stack_->pooler().work_gate(0).SetFlow(kStalledToClient);
    auto held = std::async(std::launch::async, call);
    EXPECT_TRUE(Await(kLimit, [&] { return HasSession(session); }));
    return held;
  }
  bool HasSession(const std::string& condition) {
    return stack_->node(0).Ask(
               "app", absl::StrCat("SELECT count(*) FROM pg_stat_activity "
                                   "WHERE datname = 'app' AND "
                                   "pid <> pg_backend_pid() AND ",
                                   condition)) != "0";
  }

  // The old primary's answers come with it; of the new one nothing is heard.
  void PromoteBehindGate() {
    ASSERT_TRUE(stack_->node(1).Promote().ok());
    stack_->pooler().Stall(1);
    stack_->pooler().work_gate(0).SetFlow({});
  }

  // What comes of a call, which must not end before the new primary is heard.
  template <typename Result>
  Result Hear(std::future<Result>& held) {
    EXPECT_EQ(held.wait_for(std::chrono::milliseconds(200)),
              std::future_status::timeout)
        << "on the word of the old primary";
    stack_->pooler().Heal(1);
    return held.get();
  }

  std::string CountItems(size_t node) {
    return stack_->node(node).Ask("app", "SELECT count(*) FROM item");
  }
  void ExpectBegunAnew(const ExecuteOutcome& outcome) {
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_EQ(outcome.response.summary().node(), "n1");
    EXPECT_GT(outcome.response.summary().attempts(), 1);
    EXPECT_FALSE(outcome.response.summary().replayed());
    EXPECT_EQ(CountItems(1), "1");
  }

  std::optional<GatewayClient> client_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_COMMIT_FENCE_TEST_H_

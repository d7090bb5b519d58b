// Writes through failovers of real clusters. What callers were told is held
// against what the new primary has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <deque>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/integration/cluster_stack.h"
#include "tests/integration/ledger_writer.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

// Of a primary that is hung.
constexpr absl::Duration kDetection = absl::Seconds(3);
constexpr absl::Duration kBack = absl::Seconds(1);
constexpr absl::Duration kDeadline = absl::Seconds(20);
constexpr int64_t kLeastWrites = 100;

// Writes by many callers until it is told to stop.
class Writers {
 public:
  struct Record {
    LedgerWrite write;
    WriteResult result;
    absl::Time start;
    absl::Time end;
  };

  Writers(const ClusterStack& stack, int gateways) {
    constexpr int kCallers = 12;
    const uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << std::endl;
    for (int i = 0; i < kCallers; ++i) {
      threads_.emplace_back([this, &stack, seed, i, gateways] {
        GatewayClient client =
            stack.MakeClient(static_cast<size_t>(i % gateways));
        Run(client, seed + static_cast<uint64_t>(i), records_[i]);
      });
    }
  }
  ~Writers() { Stop(); }

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  // Waits until that many have been acknowledged.
  bool AwaitAcknowledged(int64_t count) const {
    return Await(absl::Seconds(30), [&] { return acknowledged_ >= count; });
  }
  int64_t acknowledged() const { return acknowledged_; }

  // Once they have stopped.
  std::vector<Record> records() const {
    std::vector<Record> all;
    for (const auto& own : records_)
      all.insert(all.end(), own.begin(), own.end());
    return all;
  }

 private:
  void Run(GatewayClient& client, uint64_t seed, std::deque<Record>& records) {
    std::minstd_rand random(static_cast<uint32_t>(seed));
    std::uniform_int_distribution<size_t> kinds(0, std::size(kWriteKinds) - 1);
    LedgerWriter writer(client);
    while (!stopping_) {
      Record record;
      record.write.id = ++next_id_;
      record.write.kind = kWriteKinds[kinds(random)];
      record.write.deadline = kDeadline;
      record.start = absl::Now();
      record.result = writer.Write(record.write);
      record.end = absl::Now();
      if (record.result.ending == Ending::kAcknowledged) ++acknowledged_;
      records.push_back(record);
    }
  }

  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> next_id_ = 0;
  std::atomic<int64_t> acknowledged_ = 0;
  std::array<std::deque<Record>, 12> records_;
  std::vector<std::thread> threads_;
};

class FailoverTest : public ::testing::Test {
 protected:
  // Commits wait for a standby, so that what was acknowledged survives.
  void Start(int gateways, const Settings& routing = {}) {
    ClusterStackOptions options;
    options.gateways = gateways;
    options.routing = routing;
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app", "SET ROLE app; " + MakeLedgerSql())
                    .ok());
    ASSERT_TRUE(stack_->cluster().SetSynchronousStandbys(1).ok());
    writers_.emplace(*stack_, gateways);
    ASSERT_TRUE(writers_->AwaitAcknowledged(200));
  }

  // What the first gateway says of a node.
  v1::ClusterNodeState StateOf(int node) {
    GatewayClient admin(stack_->client_options(0, "admin"));
    v1::GetTopologyResponse response;
    grpc::ClientContext context;
    EXPECT_THAT(admin.admin().GetTopology(&context, {}, &response), IsOk());
    return response.clusters(0).nodes(node).state();
  }

  // The standby that has more of the WAL.
  size_t MoreAdvanced() {
    const auto received = [this](size_t node) {
      return stack_->node(node).Ask(
          "postgres",
          "SELECT coalesce(pg_last_wal_receive_lsn(), '0/0') - '0/0'");
    };
    int64_t of_1 = 0;
    int64_t of_2 = 0;
    EXPECT_TRUE(absl::SimpleAtoi(received(1), &of_1));
    EXPECT_TRUE(absl::SimpleAtoi(received(2), &of_2));
    return of_2 > of_1 ? 2 : 1;
  }

  // Makes a standby the primary, which the other one follows. When that was.
  absl::Time Promote(size_t node) {
    // First, so that it gets no WAL of the old one's that this one has not.
    EXPECT_TRUE(stack_->node(3 - node).Follow(stack_->node(node)).ok());
    EXPECT_TRUE(stack_->cluster().AwaitStreaming(node, 1));
    EXPECT_TRUE(stack_->node(node).Promote().ok());
    return absl::Now();
  }

  // Waits until writes flow, and lets them for a while.
  void AwaitWritesAfter(absl::Time promoted, absl::Duration limit) {
    const int64_t before = writers_->acknowledged();
    EXPECT_TRUE(Await(absl::Seconds(30),
                      [&] { return writers_->acknowledged() > before + 20; }));
    std::cout << "writes flow again " << absl::Now() - promoted
              << " after the promotion" << std::endl;
    EXPECT_LT(absl::Now() - promoted, limit);
    EXPECT_TRUE(writers_->AwaitAcknowledged(before + 300));
  }

  // What callers were told against what is there.
  void CheckLedger(const PostgresServer& primary, absl::Time fault) {
    std::map<int64_t, std::pair<int, int>> present;
    absl::StatusOr<SqlRows> rows = primary.Execute(
        "app",
        "SELECT id, sum(entry), sum(change) FROM "
        "(SELECT id, 1 AS entry, 0 AS change FROM ledger_entry UNION ALL "
        "SELECT id, 0, 1 FROM balance_change) AS all_rows GROUP BY id");
    ASSERT_TRUE(rows.ok()) << rows.status();
    for (const SqlRow& row : *rows) {
      present[std::stoll(*row[0])] = {std::stoi(*row[1]), std::stoi(*row[2])};
    }
    std::map<std::string, int> endings;
    int64_t during = 0;
    for (const Writers::Record& record : writers_->records()) {
      ++endings[NameOf(record.result.ending)];
      if (record.end > fault) ++during;
      const std::pair<int, int> found = present[record.write.id];
      SCOPED_TRACE(absl::StrCat("write ", record.write.id, " ",
                                NameOf(record.write.kind), " found ",
                                found.first, "/", found.second));
      EXPECT_TRUE(record.result.status.ok() ||
                  CallError::Of(record.result.status).IsTyped())
          << record.result;
      EXPECT_LT(record.end - record.start, kDeadline + absl::Seconds(1));
      switch (record.result.ending) {
        case Ending::kAcknowledged:
          EXPECT_EQ(found, std::make_pair(1, 1)) << record.result;
          break;
        case Ending::kFailed:
          EXPECT_EQ(found, std::make_pair(0, 0)) << record.result;
          break;
        case Ending::kUnknown:
          EXPECT_NE(record.result.outcome_reference, "") << record.result;
          EXPECT_TRUE(found == std::make_pair(1, 1) ||
                      found == std::make_pair(0, 0))
              << record.result;
          break;
      }
    }
    for (const auto& [name, count] : endings) {
      std::cout << name << ": " << count << " ";
    }
    std::cout << "; " << during << " during and after the fault" << std::endl;
    EXPECT_GE(during, kLeastWrites);
  }

  int CountFailed() const {
    int failed = 0;
    for (const Writers::Record& record : writers_->records()) {
      if (record.result.status.ok()) continue;
      ++failed;
      std::cout << NameOf(record.write.kind) << ": " << record.result << "\n";
    }
    return failed;
  }

  std::unique_ptr<ClusterStack> stack_;
  std::optional<Writers> writers_;
};

TEST_F(FailoverTest, AKilledPrimaryLosesNothingThatWasAcknowledged) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const absl::Time fault = absl::Now();
  stack_->node(0).Kill();
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  writers_->Stop();
  CheckLedger(stack_->node(next), fault);
}

TEST_F(FailoverTest, APlannedSwitchoverFailsNoCall) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const absl::Time fault = absl::Now();
  for (const size_t gateway : {0, 1}) {
    GatewayClient admin(stack_->client_options(gateway, "admin"));
    v1::HoldWritesRequest request;
    request.set_cluster("main");
    v1::HoldWritesResponse response;
    grpc::ClientContext context;
    ASSERT_THAT(admin.admin().HoldWrites(&context, request, &response), IsOk());
    EXPECT_EQ(response.writes_in_progress(), 0);
  }
  // The orderly way: what was committed is on both standbys.
  for (const size_t standby : {1, 2}) {
    ASSERT_TRUE(stack_->cluster().AwaitReplayed(standby, 0));
  }
  stack_->node(0).Stop();
  const absl::Time promoted = Promote(1);
  for (const size_t gateway : {0, 1}) {
    GatewayClient admin(stack_->client_options(gateway, "admin"));
    v1::ReleaseWritesRequest request;
    request.set_cluster("main");
    v1::ReleaseWritesResponse response;
    grpc::ClientContext context;
    ASSERT_THAT(admin.admin().ReleaseWrites(&context, request, &response),
                IsOk());
  }
  AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  writers_->Stop();
  EXPECT_EQ(CountFailed(), 0);
  CheckLedger(stack_->node(1), fault);
}

TEST_F(FailoverTest, AFrozenPrimaryGetsNoWriteWhenItWakes) {
  ASSERT_NO_FATAL_FAILURE(Start(1));
  const absl::Time fault = absl::Now();
  stack_->node(0).Freeze();
  EXPECT_TRUE(Await(kDetection, [this] {
    return StateOf(0) == v1::CLUSTER_NODE_STATE_DOWN;
  }));
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  stack_->node(0).Wake();
  // It is a primary yet, by its own word, and nobody's standby.
  ASSERT_TRUE(Await(absl::Seconds(10), [this] {
    return stack_->node(0).Ask("app", "SELECT pg_is_in_recovery()") == "f";
  }));
  const std::string before =
      stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry");
  ASSERT_TRUE(writers_->AwaitAcknowledged(writers_->acknowledged() + 500));
  writers_->Stop();
  EXPECT_EQ(stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry"),
            before);
  CheckLedger(stack_->node(next), fault);
}

TEST_F(FailoverTest, AnOldPrimaryThatLivesOnGetsNoWrite) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const absl::Time fault = absl::Now();
  // Cut off from its standbys, not from the gateways.
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  AwaitWritesAfter(promoted, kBack + absl::Seconds(1));
  const std::string before =
      stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry");
  ASSERT_TRUE(writers_->AwaitAcknowledged(writers_->acknowledged() + 500));
  writers_->Stop();
  EXPECT_EQ(stack_->node(0).Ask("app", "SELECT max(id) FROM ledger_entry"),
            before);
  CheckLedger(stack_->node(next), fault);
}

}  // namespace
}  // namespace sluice::testing

// The ledger: a hundred thousand writes while connections are cut at random
// moments. What callers were told is held against what PostgreSQL has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/gated_gateway.h"
#include "tests/integration/ledger_load.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/sanitizer.h"
#include "tests/support/scale.h"
#include "tests/support/socket_gate.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

constexpr int64_t kLeastCommitCuts = 200;
// Of kSamplePeriod writes that were acknowledged so many are asked after, and
// repeated where they may be.
constexpr int64_t kSampled = 10;
constexpr int64_t kSamplePeriod = 500;
constexpr int kMostFailures = 20;

// How often a write is in each of the two tables.
struct Presence {
  int64_t entries = 0;
  int64_t changes = 0;

  bool once() const { return entries == 1 && changes == 1; }
  bool absent() const { return entries == 0 && changes == 0; }
};
std::ostream& operator<<(std::ostream& out, const Presence& presence) {
  return out << presence.entries << " entries, " << presence.changes
             << " changes";
}
using Presences = std::map<int64_t, Presence>;

// Ends sessions of the gateway's role, one after the other, at random.
class Terminator {
 public:
  Terminator(const PostgresServer& postgres, absl::Duration mean_interval,
             uint64_t seed)
      : thread_([this, &postgres, mean_interval, seed] {
          Run(*postgres.Connect("app", "postgres"), mean_interval, seed);
        }) {}
  ~Terminator() {
    stopped_ = true;
    thread_.join();
  }

  int64_t count() const { return count_; }

 private:
  void Run(SqlSession session, absl::Duration mean_interval, uint64_t seed) {
    std::mt19937_64 random(seed);
    std::exponential_distribution<double> intervals(1);
    while (!stopped_) {
      absl::SleepFor(mean_interval * intervals(random));
      absl::StatusOr<SqlRows> rows = session.Execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
          "WHERE usename = 'app' ORDER BY state = 'idle', random() LIMIT 1");
      EXPECT_TRUE(rows.ok()) << rows.status();
      if (rows.ok()) count_ += static_cast<int64_t>(rows->size());
    }
  }

  std::atomic<bool> stopped_ = false;
  std::atomic<int64_t> count_ = 0;
  std::thread thread_;
};

class LedgerTest : public StackTest<LedgerTest> {
 protected:
  friend class StackTest<LedgerTest>;

  void SetUp() override {
    std::cout << "seed " << seed_ << std::endl;
    ASSERT_TRUE(stack().postgres().Execute("app", MakeLedgerSql()).ok());
    ASSERT_TRUE(gated_.started());
  }

  // Does the writes while connections are cut; afterwards none is cut, and no
  // transaction is open.
  void RunLoad(LedgerLoad& load) {
    gated_.gate().SetCuts({/*mean_interval=*/absl::Milliseconds(100),
                           /*commit_share=*/0.006});
    const absl::Time start = absl::Now();
    {
      Terminator terminator(stack().postgres(), absl::Milliseconds(150), seed_);
      const int restarts =
          KeepPgBouncerWhile([&] { load.Run(gated_.client_options()); });
      std::cout << terminator.count() << " sessions terminated, pgbouncer "
                << "restarted " << restarts << " times\n";
    }
    gated_.gate().SetCuts({});
    const GateCounts counts = gated_.gate().counts();
    std::cout << "the writes took " << absl::Now() - start << "\n"
              << counts.commits << " commits, " << counts.cuts << " cuts, of "
              << "them between COMMIT and reply " << counts.commit_cuts
              << " (held back " << counts.commits_kept_back << "), lost there "
              << counts.commit_losses << std::endl;
    EXPECT_TRUE(Await(absl::Seconds(20), [] {
      return stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity "
                 "WHERE usename = 'app' AND state <> 'idle'") == "0";
    }));
  }

  // Starts pgbouncer again whenever it ends, as an init system does: where cut
  // connections and cancel requests meet, 1.18 may give up ("bad client
  // state"). On this thread, whose end would end pgbouncer.
  template <typename Work>
  static int KeepPgBouncerWhile(Work work) {
    std::atomic<bool> done = false;
    std::thread worker([&] {
      work();
      done = true;
    });
    int restarts = 0;
    while (!done) {
      Await(absl::Seconds(1),
            [&] { return done || !stack().pgbouncer().Running(); });
      if (done || stack().pgbouncer().Running()) continue;
      ++restarts;
      EXPECT_TRUE(stack().pgbouncer().StartAgain().ok());
    }
    worker.join();
    return restarts;
  }

  static Presences FindPresences() {
    absl::StatusOr<SqlRows> rows = stack().postgres().Execute(
        "app",
        "SELECT id, sum(entry), sum(change) FROM "
        "(SELECT id, 1 AS entry, 0 AS change FROM ledger_entry UNION ALL "
        "SELECT id, 0, 1 FROM balance_change) AS all_rows GROUP BY id");
    EXPECT_TRUE(rows.ok()) << rows.status();
    Presences presences;
    if (!rows.ok()) return presences;
    for (const SqlRow& row : *rows) {
      std::array<int64_t, 3> numbers = {};
      for (size_t i = 0; i < numbers.size(); ++i) {
        EXPECT_TRUE(absl::SimpleAtoi(*row[i], &numbers[i]));
      }
      presences[numbers[0]] = {numbers[1], numbers[2]};
    }
    return presences;
  }

  static bool IsSampled(const LedgerRecord& record) {
    return record.write.id % kSamplePeriod < kSampled;
  }

  // What the outcome reference of a write must say, by what there is of it.
  void ExpectOutcome(const LedgerRecord& record, const Presence& presence) {
    const auto outcome = writer().AwaitOutcome(record.result.outcome_reference);
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_EQ(outcome.response.outcome(),
              presence.absent() ? v1::TRANSACTION_OUTCOME_ABORTED
                                : v1::TRANSACTION_OUTCOME_COMMITTED)
        << presence << "; " << record.result;
  }

  void CheckAcknowledged(const LedgerRecord& record, const Presence& presence) {
    EXPECT_TRUE(presence.once()) << presence;
    EXPECT_FALSE(record.result.replayed) << record.result;
    EXPECT_NE(record.result.outcome_reference, "");
    if (IsSampled(record)) ExpectOutcome(record, presence);
  }

  void CheckUnknown(const LedgerRecord& record, const Presence& presence) {
    EXPECT_TRUE(presence.once() || presence.absent()) << presence;
    if (CallError::Of(record.result.status).info.reason() ==
        "OUTCOME_UNKNOWN") {
      EXPECT_NE(record.result.outcome_reference, "") << record.result;
    }
    if (!record.result.outcome_reference.empty()) {
      ++resolved_by_reference_;
      ExpectOutcome(record, presence);
    } else if (!HasRequestId(record.write.kind)) {
      ++unresolvable_;
    }
  }

  void Check(const LedgerRecord& record, const Presence& presence) {
    SCOPED_TRACE(absl::StrCat("write ", record.write.id, ", ",
                              NameOf(record.write.kind), ", ",
                              NameOf(record.result.ending)));
    switch (record.result.ending) {
      case Ending::kAcknowledged:
        return CheckAcknowledged(record, presence);
      case Ending::kFailed:
        EXPECT_TRUE(presence.absent()) << presence << "; " << record.result;
        return;
      case Ending::kUnknown:
        return CheckUnknown(record, presence);
    }
  }

  // Repeats a write: it takes place unless it already did.
  void Repeat(const LedgerRecord& record, const Presence& presence) {
    LedgerWrite write = record.write;
    write.deadline = GatewayClient::kDeadline;
    const WriteResult result = writer().Write(write);
    EXPECT_EQ(result.ending, Ending::kAcknowledged)
        << "write " << write.id << ": " << result;
    EXPECT_EQ(result.replayed, presence.once())
        << "write " << write.id << ": " << presence;
    ++repeated_;
  }

  // In the end each of these writes that is there at all is there once.
  static void ExpectPresent(const Presences& expected) {
    Presences present = FindPresences();
    for (const auto& [id, presence] : expected) {
      if (FailedOften()) return;
      EXPECT_EQ(present[id].once(), presence.once()) << id;
      EXPECT_EQ(present[id].absent(), presence.absent()) << id;
    }
    EXPECT_EQ(present.size(), expected.size());
  }

  // More failures would tell nothing new.
  static bool FailedOften() {
    return ::testing::UnitTest::GetInstance()
               ->current_test_info()
               ->result()
               ->total_part_count() > kMostFailures;
  }

  static void PrintEndings(const std::vector<LedgerRecord>& records) {
    std::map<WriteKind, std::map<Ending, int64_t>> counts;
    for (const LedgerRecord& record : records) {
      ++counts[record.write.kind][record.result.ending];
    }
    for (auto& [kind, endings] : counts) {
      std::cout << NameOf(kind) << ":";
      for (auto& [ending, count] : endings) {
        std::cout << " " << count << " " << NameOf(ending);
      }
      std::cout << "\n";
    }
    std::cout << std::flush;
  }

  LedgerWriter writer() { return LedgerWriter(gated_.client()); }

  const uint64_t seed_ = std::random_device{}();
  GatedGateway gated_{stack(), {{"pool.max_connections", "24"}}, seed_};
  int64_t resolved_by_reference_ = 0;
  int64_t unresolvable_ = 0;
  int64_t repeated_ = 0;
};

TEST_F(LedgerTest, HasWhatWasAcknowledgedOnceAndTellsOfTheRest) {
  LedgerLoadOptions options;
  options.seed = seed_;
  options.write_count =
      kThreadSanitizer || kAddressSanitizer ? 30'000 : Scaled(100'000, 400'000);
  LedgerLoad load(options);
  RunLoad(load);
  PrintEndings(load.records());

  Presences presences = FindPresences();
  std::map<Ending, int64_t> endings;
  for (const LedgerRecord& record : load.records()) {
    ++endings[record.result.ending];
    if (!FailedOften()) Check(record, presences[record.write.id]);
  }
  if (HasFailure()) return;
  for (const LedgerRecord& record : load.records()) {
    const bool unknown = record.result.ending == Ending::kUnknown;
    const bool sampled =
        record.result.ending == Ending::kAcknowledged && IsSampled(record);
    if (HasRequestId(record.write.kind) && (unknown || sampled)) {
      Repeat(record, presences[record.write.id]);
      presences[record.write.id] = {1, 1};
    }
  }
  std::cout << resolved_by_reference_ << " unknown ones resolved by reference, "
            << repeated_ << " writes repeated, " << unresolvable_
            << " told by gRPC alone" << std::endl;
  ExpectPresent(presences);
  EXPECT_GE(
      gated_.gate().counts().commit_cuts + gated_.gate().counts().commit_losses,
      kLeastCommitCuts);
  for (const Ending ending :
       {Ending::kAcknowledged, Ending::kFailed, Ending::kUnknown}) {
    EXPECT_GT(endings[ending], 0) << NameOf(ending);
  }
}

}  // namespace
}  // namespace sluice::testing

// Nodes that come and go while pgbouncer runs: proposals, and what becomes of
// sessions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/sync_setup.h"
#include "tests/support/await.h"
#include "tests/support/file.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// How long a node that is proposed may take until its entry works.
constexpr absl::Duration kNewNodeLimit = absl::Seconds(2);

class PgBouncerSyncTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<UnixUser> user = FindServerUser();
    ASSERT_TRUE(user.ok()) << user.status();
    SyncOptions options;
    options.replicas = 1;
    options.gateway = *user;
    absl::StatusOr<std::unique_ptr<SyncSetup>> setup =
        SyncSetup::Start(options);
    ASSERT_TRUE(setup.ok()) << setup.status();
    setup_ = *std::move(setup);
    const absl::Status status = setup_->StartSync();
    ASSERT_TRUE(status.ok()) << status;
    setup_->Propose({setup_->Node(0)});
    ASSERT_TRUE(setup_->AwaitEntry("app.app.n0")) << setup_->ReadLog();
  }

  std::optional<SqlSession> EnterOrFail(const std::string& entry) {
    absl::StatusOr<SqlSession> session = setup_->Enter(entry);
    EXPECT_TRUE(session.ok()) << session.status();
    if (!session.ok()) return std::nullopt;
    return *std::move(session);
  }

  static std::string Ask(SqlSession& session, const std::string& sql) {
    const absl::StatusOr<SqlRows> rows = session.Execute(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    if (!rows.ok() || rows->empty()) return "";
    return rows->front().front().value_or("");
  }

  bool Included(const std::string& text) const {
    return absl::StrContains(ReadFile(setup_->include_file()), text);
  }

  std::unique_ptr<SyncSetup> setup_;
};

TEST_F(PgBouncerSyncTest, ANewNodeIsThereInTwoSecondsAndABusySessionGoesOn) {
  EXPECT_EQ(setup_->AskSeven("app.app.n1"), "");
  std::optional<SqlSession> transaction = EnterOrFail("app.app.n0");
  ASSERT_TRUE(transaction.has_value());
  ASSERT_EQ(Ask(*transaction,
                "BEGIN; CREATE TEMP TABLE kept AS SELECT 42 AS v;"
                "SELECT pg_backend_pid() > 0"),
            "t");
  std::optional<SqlSession> busy = EnterOrFail("app.app.n0");
  ASSERT_TRUE(busy.has_value());
  std::string slept;
  std::thread sleeper(
      [&] { slept = Ask(*busy, "SELECT 'slept' FROM pg_sleep(3)"); });

  setup_->Propose({setup_->Node(0), setup_->Node(1)});
  EXPECT_TRUE(Await(kNewNodeLimit, [this] {
    return setup_->AskSeven("app.app.n1") == "7" &&
           setup_->AskSeven("probe.n1") == "7";
  })) << setup_->ReadLog();
  std::optional<SqlSession> replica = EnterOrFail("app.app.n1");
  ASSERT_TRUE(replica.has_value());
  EXPECT_EQ(Ask(*replica, "SELECT pg_is_in_recovery()"), "t");

  sleeper.join();
  EXPECT_EQ(slept, "slept");
  EXPECT_EQ(Ask(*transaction, "SELECT v FROM kept"), "42");
  EXPECT_THAT(setup_->ReadLog(), HasSubstr("pgbouncer_reloaded"));
}

TEST_F(PgBouncerSyncTest, ANodeThatLeavesKeepsItsSessionsUntilTheyEnd) {
  setup_->Propose({setup_->Node(0), setup_->Node(1)});
  ASSERT_TRUE(setup_->AwaitEntry("app.app.n1"));
  std::optional<SqlSession> session = EnterOrFail("app.app.n1");
  ASSERT_TRUE(session.has_value());
  ASSERT_EQ(Ask(*session, "BEGIN; SELECT 1"), "1");

  setup_->ForgetLog();
  setup_->Propose({setup_->Node(0)});
  ASSERT_TRUE(setup_->AwaitLog("pgbouncer_reloaded")) << setup_->ReadLog();
  // Several looks of the program at who uses it.
  EXPECT_EQ(Ask(*session, "SELECT 'slept' FROM pg_sleep(1)"), "slept");
  EXPECT_TRUE(Included("app.app.n1"));
  EXPECT_EQ(Ask(*session, "SELECT 2"), "2");

  session.reset();
  EXPECT_TRUE(Await(SyncSetup::kLimit, [this] {
    return !Included("n1") && setup_->AskSeven("app.app.n1").empty();
  })) << setup_->ReadLog();
  EXPECT_EQ(setup_->AskSeven("app.app.n0"), "7");
}

TEST_F(PgBouncerSyncTest, ANodeThatMovesTakesNewSessionsElsewhere) {
  std::optional<SqlSession> session = EnterOrFail("app.app.n0");
  ASSERT_TRUE(session.has_value());
  ASSERT_EQ(Ask(*session, "BEGIN; SELECT pg_is_in_recovery()"), "f");
  pgbouncer::ProposedNode moved = setup_->Node(1);
  moved.name = setup_->Node(0).name;
  setup_->Propose({moved});
  EXPECT_TRUE(Await(SyncSetup::kLimit, [this] {
    absl::StatusOr<SqlSession> fresh = setup_->Enter("app.app.n0");
    return fresh.ok() && Ask(*fresh, "SELECT pg_is_in_recovery()") == "t";
  })) << setup_->ReadLog();
  EXPECT_EQ(Ask(*session, "SELECT pg_is_in_recovery()"), "f");
}

TEST_F(PgBouncerSyncTest, WhatWasTakenStaysWhateverIsProposedAfterIt) {
  const std::string good = ReadFile(setup_->include_file());
  for (const char* text :
       {"", "garbage", "sluice-proposal 1 main\n", "primary: 10.0.0.5:5432\n",
        "sluice-proposal 1 main\nend 0\n",
        "sluice-proposal 1 main\nn0 unknown.example 5432\nend 1\n"}) {
    setup_->ForgetLog();
    setup_->ProposeText(text);
    EXPECT_TRUE(setup_->AwaitLog("proposal_refused")) << text;
    EXPECT_EQ(ReadFile(setup_->include_file()), good) << text;
    EXPECT_EQ(setup_->AskSeven("app.app.n0"), "7") << text;
    setup_->Propose({setup_->Node(0)});
    EXPECT_TRUE(setup_->AwaitLog("proposal_taken_again")) << text;
  }
  setup_->ProposeText("garbage");
  // A restart with a bad proposal changes nothing either.
  setup_->StopSync();
  ASSERT_TRUE(setup_->StartSync().ok());
  EXPECT_TRUE(setup_->AwaitLog("pgbouncer_reloaded")) << setup_->ReadLog();
  EXPECT_EQ(ReadFile(setup_->include_file()), good);
  EXPECT_EQ(setup_->AskSeven("app.app.n0"), "7");
}

TEST_F(PgBouncerSyncTest, APgBouncerThatWasDownHasWhatWasProposedMeanwhile) {
  setup_->pgbouncer().Kill();
  setup_->ForgetLog();
  setup_->Propose({setup_->Node(0), setup_->Node(1)});
  EXPECT_TRUE(setup_->AwaitLog("pgbouncer_not_reloaded")) << setup_->ReadLog();
  ASSERT_TRUE(setup_->pgbouncer().StartAgain().ok());
  EXPECT_TRUE(setup_->AwaitEntry("app.app.n1"));
  EXPECT_TRUE(setup_->AwaitLog("pgbouncer_reloaded")) << setup_->ReadLog();
}

}  // namespace
}  // namespace sluice::testing

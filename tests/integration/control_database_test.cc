// The control database, followed by instances of the room `control`, on live
// PostgreSQL servers.

#include "server/control/control_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/base/snapshot.h"
#include "server/control/control_settings.h"
#include "server/control/revocation.h"
#include "server/control/revocation_union.h"
#include "server/identity/revocations.h"
#include "server/identity/token.h"
#include "tests/support/await.h"
#include "tests/support/postgres_test.h"
#include "tests/support/provision_run.h"

namespace sluice::control {
namespace {

using sluice::testing::Await;
using sluice::testing::PostgresServer;
using sluice::testing::PostgresTest;
using sluice::testing::ProvisionRun;
using sluice::testing::SqlSession;
using ::testing::HasSubstr;

constexpr absl::Duration kWaitLimit = absl::Seconds(20);
constexpr absl::Duration kNever = absl::Hours(1);

// What a gateway has of the control database.
class Instance {
 public:
  explicit Instance(const ControlSettings& settings)
      : revocations_(std::make_shared<const identity::Revocations>()),
        both_([this](auto all) { revocations_.Set(std::move(all)); }),
        loop_("control"),
        database_(loop_, settings, [this](identity::Revocations revocations) {
          both_.SetControlled(std::move(revocations));
        }) {
    database_.AwaitFirstAnswer(absl::Seconds(2));
  }

  bool RevokesToken(const std::string& id) const {
    identity::TokenClaims claims;
    claims.token_id = id;
    return revocations_.Get()->Revokes(claims);
  }
  bool AwaitToken(const std::string& id,
                  absl::Duration limit = kWaitLimit) const {
    return Await(limit, [&] { return RevokesToken(id); });
  }

  absl::StatusOr<absl::Time> RevokeToken(const std::string& id) {
    Revocation revocation;
    revocation.value = id;
    revocation.actor = "test";
    std::promise<absl::StatusOr<absl::Time>> result;
    Spawn(RevokeAndTell(revocation, result));
    return result.get_future().get();
  }

  absl::Duration age() const { return database_.Age(); }

 private:
  Task<void> RevokeAndTell(const Revocation& revocation,
                           std::promise<absl::StatusOr<absl::Time>>& result) {
    Task<absl::StatusOr<absl::Time>> revoking =
        database_.Revoke(revocation, Deadline::In(absl::Seconds(5)));
    absl::StatusOr<absl::Time> revoked = co_await std::move(revoking);
    result.set_value(std::move(revoked));
  }

  Snapshot<identity::Revocations> revocations_;
  RevocationUnion both_;
  EventLoop loop_;
  ControlDatabase database_;
};

class ControlDatabaseTest : public PostgresTest {
 protected:
  postgres::ConnectionSettings EntryOf(const PostgresServer& server) const {
    postgres::ConnectionSettings entry;
    entry.host = server.socket_folder();
    entry.port = server.port();
    entry.user = "app";
    entry.password = "not asked for";
    entry.database = database();
    return entry;
  }
  // Where nobody listens.
  postgres::ConnectionSettings DeadEntry() const {
    postgres::ConnectionSettings entry = EntryOf(server());
    entry.port = 1;
    return entry;
  }
  ControlSettings SettingsOf(
      std::vector<postgres::ConnectionSettings> entries) const {
    ControlSettings settings;
    settings.entries = std::move(entries);
    return settings;
  }

  void Provision() {
    ProvisionRun run({"--connect", ConnectionOf("owner"), "--grant-to", "app"},
                     {}, "control");
    ASSERT_EQ(run.ExitCode(), 0) << run.Output();
  }

  // The revision grows, and nobody is told.
  void LoseNotifications() {
    Ask("CREATE OR REPLACE FUNCTION sluice_control.count_change() "
        "RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN "
        "UPDATE sluice_control.revision SET value = value + 1 "
        "WHERE xmin <> pg_current_xact_id()::xid; RETURN NULL; END$$");
  }

  void EndSessions() {
    Ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE usename = 'app' AND datname = current_database()");
  }
};

TEST_F(ControlDatabaseTest, WhatOneInstanceRevokesAnotherKnowsWithinASecond) {
  constexpr int kTrials = 200;
  Provision();
  Instance one(SettingsOf({EntryOf(server())}));
  Instance other(SettingsOf({EntryOf(server())}));
  std::vector<absl::Duration> delays;
  for (int i = 0; i < kTrials; ++i) {
    const std::string id = absl::StrCat("token-", i);
    ASSERT_FALSE(other.RevokesToken(id));
    const absl::StatusOr<absl::Time> revoked = one.RevokeToken(id);
    const absl::Time at = absl::Now();
    ASSERT_TRUE(revoked.ok()) << revoked.status();
    EXPECT_TRUE(one.RevokesToken(id)) << "not known to who revoked it";
    ASSERT_TRUE(other.AwaitToken(id));
    delays.push_back(absl::Now() - at);
  }
  std::sort(delays.begin(), delays.end());
  const absl::Duration p99 = delays[kTrials * 99 / 100];
  std::cout << "known on the other instance after: p50 " << delays[kTrials / 2]
            << ", p99 " << p99 << ", longest " << delays.back() << "\n";
  EXPECT_LT(p99, absl::Seconds(1));
}

TEST_F(ControlDatabaseTest, BeginsWithWhatWasRevokedBefore) {
  Provision();
  Ask("SELECT sluice_control.revoke('token_id', 'before', NULL, '', '')");
  Instance instance(SettingsOf({EntryOf(server())}));
  EXPECT_TRUE(instance.RevokesToken("before"));
  EXPECT_FALSE(instance.RevokesToken("another"));
}

TEST_F(ControlDatabaseTest, IsToldWithoutAskingAgain) {
  Provision();
  ControlSettings settings = SettingsOf({EntryOf(server())});
  settings.poll_interval = kNever;
  Instance instance(settings);
  Ask("SELECT sluice_control.revoke('token_id', 'one', NULL, '', '')");
  EXPECT_TRUE(instance.AwaitToken("one"));
  Ask("DELETE FROM sluice_control.revocation");
  EXPECT_TRUE(Await(kWaitLimit, [&] { return !instance.RevokesToken("one"); }));
}

TEST_F(ControlDatabaseTest, AsksEverySecondWhereNotificationsAreLost) {
  Provision();
  LoseNotifications();
  Instance instance(SettingsOf({EntryOf(server())}));
  const absl::Time before = absl::Now();
  Ask("SELECT sluice_control.revoke('token_id', 'one', NULL, '', '')");
  EXPECT_TRUE(instance.AwaitToken("one"));
  EXPECT_LT(absl::Now() - before, absl::Seconds(2));
}

TEST_F(ControlDatabaseTest, SurvivesTheLossOfItsConnections) {
  Provision();
  ControlSettings settings = SettingsOf({EntryOf(server())});
  settings.poll_interval = kNever;
  Instance instance(settings);
  EndSessions();
  Ask("SELECT sluice_control.revoke('token_id', 'one', NULL, '', '')");
  EXPECT_TRUE(instance.AwaitToken("one"));
  EXPECT_TRUE(Await(kWaitLimit, [&] {
    EndSessions();
    return instance.RevokeToken("two").ok();
  }));
}

TEST_F(ControlDatabaseTest, AFloodOfNotificationsDoesNotKeepItFromAnswering) {
  Provision();
  Instance instance(SettingsOf({EntryOf(server())}));
  std::future<void> flood = std::async(std::launch::async, [this] {
    for (int i = 0; i < 500; ++i) Ask("NOTIFY sluice_revocation");
  });
  EXPECT_TRUE(instance.RevokeToken("one").ok());
  flood.get();
  EXPECT_LT(instance.age(), absl::Seconds(2));
}

TEST_F(ControlDatabaseTest, ForgetsNothingWhenTheRevisionGoesBack) {
  Provision();
  Instance instance(SettingsOf({EntryOf(server())}));
  ASSERT_TRUE(instance.RevokeToken("one").ok());
  ASSERT_TRUE(instance.RevokeToken("two").ok());
  // TRUNCATE would show an empty table to snapshots with the old revision.
  Ask("BEGIN; DELETE FROM sluice_control.revocation; "
      "UPDATE sluice_control.revision SET value = 1; COMMIT");
  Ask("SELECT sluice_control.revoke('token_id', 'three', NULL, '', '')");
  EXPECT_TRUE(instance.AwaitToken("three"));
  EXPECT_TRUE(instance.RevokesToken("one"));
}

TEST_F(ControlDatabaseTest, WithoutItsSchemaItIsOfNoUseUntilThatIsMade) {
  Instance instance(SettingsOf({EntryOf(server())}));
  EXPECT_EQ(instance.age(), absl::InfiniteDuration());
  const absl::Status refused = instance.RevokeToken("one").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_REVOCATION_UNAVAILABLE);
  Provision();
  EXPECT_TRUE(
      Await(kWaitLimit, [&] { return instance.age() < absl::Seconds(10); }));
  EXPECT_TRUE(instance.RevokeToken("one").ok());
}

TEST_F(ControlDatabaseTest, StopsWhileNobodyAnswers) {
  const absl::Time before = absl::Now();
  {
    Instance instance(SettingsOf({DeadEntry(), DeadEntry()}));
    EXPECT_EQ(instance.age(), absl::InfiniteDuration());
    const absl::Status refused = instance.RevokeToken("one").status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
    EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_REVOCATION_STALE);
  }
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
}

// A server of the test's own, and a replica of it.
class ControlReplicaTest : public ControlDatabaseTest {
 protected:
  void SetUp() override {
    ControlDatabaseTest::SetUp();
    Provision();
    absl::StatusOr<std::unique_ptr<PostgresServer>> replica =
        server().StartReplica();
    ASSERT_TRUE(replica.ok()) << replica.status();
    replica_ = *std::move(replica);
  }

  PostgresServer& replica() { return *replica_; }

  ControlSettings Replicated(absl::Duration max_staleness) {
    ControlSettings settings =
        SettingsOf({EntryOf(server()), EntryOf(replica())});
    settings.max_staleness = max_staleness;
    return settings;
  }

 private:
  std::unique_ptr<PostgresServer> replica_;
};

TEST_F(ControlReplicaTest, AReplicaServesWhoCannotReachThePrimary) {
  constexpr absl::Duration kMaxStaleness = absl::Seconds(4);
  Instance near(Replicated(kMaxStaleness));
  ControlSettings settings = SettingsOf({DeadEntry(), EntryOf(replica())});
  settings.max_staleness = kMaxStaleness;
  Instance far(settings);
  const absl::StatusOr<absl::Time> revoked = near.RevokeToken("one");
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_TRUE(far.AwaitToken("one"));
  // Nobody else commits: by its heartbeats the replica is seen to follow.
  absl::Duration oldest = absl::ZeroDuration();
  const absl::Time until = absl::Now() + 2 * kMaxStaleness;
  Await(2 * kMaxStaleness, [&] {
    oldest = std::max(oldest, far.age());
    return absl::Now() >= until;
  });
  EXPECT_LT(oldest, kMaxStaleness);
}

TEST_F(ControlReplicaTest, AReplicaThatHearsNothingAgesUntilItIsPromoted) {
  constexpr absl::Duration kMaxStaleness = absl::Seconds(3);
  Instance instance(Replicated(kMaxStaleness));
  ASSERT_TRUE(instance.RevokeToken("one").ok());
  ASSERT_TRUE(Await(kWaitLimit, [&] {
    return replica().Ask(database(), "SELECT sluice_control.revision()") == "2";
  }));
  server().Stop();
  // It has the answer, and no news.
  EXPECT_TRUE(
      Await(kWaitLimit, [&] { return instance.age() > kMaxStaleness; }));
  EXPECT_TRUE(instance.RevokesToken("one"));
  const absl::Status refused = instance.RevokeToken("two").status();
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_REVOCATION_STALE) << refused;
  replica().Ask("postgres", "SELECT pg_promote()");
  EXPECT_TRUE(
      Await(kWaitLimit, [&] { return instance.age() < kMaxStaleness; }));
  EXPECT_TRUE(instance.RevokesToken("one"));
  replica().Ask(database(),
                "SELECT sluice_control.revoke('token_id', 'three',"
                " NULL, '', '')");
  EXPECT_TRUE(instance.AwaitToken("three"));
  const absl::StatusOr<absl::Time> revoked = instance.RevokeToken("four");
  EXPECT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_EQ(replica().Ask(database(), "SELECT sluice_control.revision()"), "4");
  ASSERT_TRUE(server().StartAgain().ok());
}

TEST_F(ControlReplicaTest, GoesBackToThePrimaryWhenThatAnswersAgain) {
  Instance instance(Replicated(absl::Seconds(3)));
  server().Stop();
  EXPECT_TRUE(
      Await(kWaitLimit, [&] { return instance.age() > absl::Seconds(3); }));
  ASSERT_TRUE(server().StartAgain().ok());
  EXPECT_TRUE(
      Await(kWaitLimit, [&] { return instance.age() < absl::Seconds(2); }));
  EXPECT_TRUE(
      Await(kWaitLimit, [&] { return instance.RevokeToken("one").ok(); }));
  EXPECT_TRUE(instance.RevokesToken("one"));
}

}  // namespace
}  // namespace sluice::control

// What callers are told of transactions by reference: of every state, of other
// servers, and of what is no reference of theirs. The references are sealed
// here, with the gateway's key, for transactions of sessions that the test
// holds itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/execution/outcome_reference.h"
#include "server/identity/sealer.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {
namespace {

using execution::OutcomeReference;
using execution::SealReference;
using ::grpc::StatusCode;
using identity::Sealer;

constexpr absl::Duration kLimit = absl::Seconds(20);

// A key in a file, as the gateway takes it.
class KeyFile {
 public:
  explicit KeyFile(char fill, mode_t mode = 0600)
      : folder_(*TempDir::Make()), key_(Sealer::kKeyBytes, fill) {
    EXPECT_TRUE(WriteFile(path(),
                          absl::StrCat(absl::BytesToHexString(key_), "\n"),
                          mode)
                    .ok());
  }
  std::string path() const { return folder_.Path("key"); }
  Sealer MakeSealer() const { return *Sealer::Make({key_}); }

 private:
  const TempDir folder_;
  const std::string key_;
};

const KeyFile& Key() {
  static const KeyFile* const key = new KeyFile('k');
  return *key;
}

std::string KeyFiles(std::initializer_list<const KeyFile*> files) {
  std::string list;
  for (const KeyFile* file : files) {
    absl::StrAppend(&list, list.empty() ? "[" : ", ", file->path());
  }
  return list + "]";
}

std::string AskSession(SqlSession& session, const std::string& sql) {
  absl::StatusOr<SqlRows> rows = session.Execute(sql);
  EXPECT_TRUE(rows.ok()) << rows.status();
  return rows.ok() && !rows->empty() ? rows->front().front().value_or("") : "";
}

uint64_t Number(const std::string& text) {
  uint64_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text, &number)) << text;
  return number;
}

// The reference of the transaction that `session` is in, as the gateway would
// make it for the app `app`.
OutcomeReference ReferenceOf(SqlSession& session) {
  OutcomeReference reference;
  reference.system_identifier = Number(
      AskSession(session, "SELECT system_identifier FROM pg_control_system()"));
  EXPECT_TRUE(absl::SimpleHexAtoi(
      AskSession(session,
                 "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"),
      &reference.timeline));
  reference.incarnation = static_cast<int64_t>(
      Number(AskSession(session,
                        "SELECT trunc(1000000 * date_part('epoch', "
                        "pg_stat_get_bgwriter_stat_reset_time())::numeric)")));
  reference.xid = Number(AskSession(session, "SELECT pg_current_xact_id()"));
  reference.database = "app";
  reference.app = "app";
  return reference;
}

// Answers that a test compares with.
MATCHER_P(Tells, outcome, "") {
  *result_listener << CallError::Of(arg.status) << " "
                   << v1::TransactionOutcome_Name(arg.response.outcome());
  return arg.status.ok() && arg.response.outcome() == outcome;
}

MATCHER(IsNoReference, "") {
  return ::testing::ExplainMatchResult(
      FailsWith(StatusCode::INVALID_ARGUMENT,
                v1::ERROR_REASON_OUTCOME_REFERENCE_INVALID),
      arg.status, result_listener);
}

class OutcomeTest : public StackTest<OutcomeTest> {
 protected:
  friend class StackTest<OutcomeTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"outcome.key_files", KeyFiles({&Key()})}};
    // Leaves WAL unwritten until a commit, so that a crash loses it.
    options.postgres = {{"wal_writer_delay", "10s"}};
    return options;
  }

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    SqlSession session = Session();
    AskSession(session, "CREATE TABLE item (id int)");
  }

  static SqlSession Session() {
    return *stack().postgres().Connect("app", "app");
  }

  static std::string Seal(const OutcomeReference& reference) {
    return SealReference(Key().MakeSealer(), reference);
  }

  // A transaction that has written, left open.
  static OutcomeReference Begin(SqlSession& session) {
    AskSession(session, "BEGIN");
    AskSession(session, "INSERT INTO item VALUES (1)");
    return ReferenceOf(session);
  }
  static OutcomeReference Commit() {
    SqlSession session = Session();
    OutcomeReference reference = Begin(session);
    AskSession(session, "COMMIT");
    return reference;
  }

  auto Ask(const OutcomeReference& reference) {
    return client_.GetTransactionOutcome(Seal(reference));
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(OutcomeTest, FollowsATransactionToItsCommit) {
  SqlSession session = Session();
  const OutcomeReference reference = Begin(session);
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_IN_PROGRESS));
  AskSession(session, "COMMIT");
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
}

TEST_F(OutcomeTest, FollowsATransactionToItsRollback) {
  SqlSession session = Session();
  const OutcomeReference reference = Begin(session);
  AskSession(session, "ROLLBACK");
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_ABORTED));
}

TEST_F(OutcomeTest, SessionThatEndsBeforeTheCommitRollsBack) {
  OutcomeReference reference;
  {
    SqlSession session = Session();
    reference = Begin(session);
  }
  EXPECT_TRUE(Await(kLimit, [&] {
    const auto outcome = Ask(reference);
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response.outcome() != v1::TRANSACTION_OUTCOME_IN_PROGRESS;
  }));
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_ABORTED));
}

TEST_F(OutcomeTest, IdThatWasNeverHandedOutTellsNothing) {
  OutcomeReference reference = Commit();
  reference.xid += 1'000'000;
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  reference.xid = UINT64_MAX;
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
}

TEST_F(OutcomeTest, AnotherServersTransactionTellsNothing) {
  const OutcomeReference reference = Commit();
  OutcomeReference other = reference;
  ++other.system_identifier;
  EXPECT_THAT(Ask(other), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  for (const uint32_t timeline : {0u, 2u, 0x10000001u}) {
    other = reference;
    other.timeline = timeline;
    EXPECT_THAT(Ask(other), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  }
}

TEST_F(OutcomeTest, CommitOfAnotherIncarnationIsNotBelieved) {
  OutcomeReference reference = Commit();
  for (const int64_t incarnation : {int64_t{0}, reference.incarnation - 1}) {
    reference.incarnation = incarnation;
    EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  }
}

TEST_F(OutcomeTest, RecordOfTheRequestTellsWhereTheIdDoesNot) {
  stack().Ask(
      "INSERT INTO sluice.request (app, id, digest, reply) "
      "VALUES ('app', 'there', 'x', ''), ('other', 'absent', 'x', '')");
  const OutcomeReference committed = Commit();
  OutcomeReference elsewhere = committed;
  elsewhere.timeline = 7;
  OutcomeReference recovered = committed;
  recovered.incarnation = 1;
  OutcomeReference future = committed;
  future.xid += 1'000'000;
  for (OutcomeReference reference : {elsewhere, recovered, future}) {
    reference.request_id = "there";
    reference.request_digest = "x";
    EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
    reference.request_digest = "of another request";
    EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
    reference.request_digest = "x";
    reference.request_id = "absent";
    EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  }
}

TEST_F(OutcomeTest, DatabaseWithoutRecordsTellsWhatItCan) {
  OutcomeReference reference = Commit();
  reference.request_id = "there";
  reference.request_digest = "x";
  stack().Ask("ALTER SCHEMA sluice RENAME TO away");
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  reference.timeline = 7;
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  stack().Ask("ALTER SCHEMA away RENAME TO sluice");
}

TEST_F(OutcomeTest, ReferenceOfAnotherAppOrDatabaseIsRefused) {
  OutcomeReference reference = Commit();
  reference.app = "spare";
  EXPECT_THAT(Ask(reference), IsNoReference());
  reference.app = "app";
  reference.database = "spare";
  EXPECT_THAT(Ask(reference), IsNoReference());
  // The app has no such database, so there is nothing to say of references.
  EXPECT_THAT(
      client_.GetTransactionOutcome(Seal(reference), "spare").status,
      FailsWith(StatusCode::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  EXPECT_THAT(client_.GetTransactionOutcome(Seal(reference), "").status,
              FailsWith(StatusCode::INVALID_ARGUMENT,
                        v1::ERROR_REASON_INVALID_REQUEST));
}

TEST_F(OutcomeTest, WhatIsNoReferenceIsRefusedAlike) {
  const std::string reference = Seal(Commit());
  const std::string message =
      client_.GetTransactionOutcome("").status.error_message();
  for (const std::string& text :
       {std::string(), std::string("nonsense"), reference + "A",
        reference.substr(1), reference.substr(0, reference.size() - 1),
        std::string("\0\xff", 2), std::string(1 << 20, 'A'),
        SealReference(KeyFile('x').MakeSealer(), Commit()),
        Key().MakeSealer().Seal("other things")}) {
    const auto outcome = client_.GetTransactionOutcome(text);
    EXPECT_THAT(outcome, IsNoReference());
    EXPECT_EQ(outcome.status.error_message(), message);
    EXPECT_EQ(CallError::Of(outcome.status).Metadata("executed"), "no");
  }
}

TEST_F(OutcomeTest, KeyIsRetiredWhenItLeavesTheFiles) {
  const KeyFile next('n');
  const auto during =
      stack().StartGateway({{"outcome.key_files", KeyFiles({&next, &Key()})}});
  const auto after =
      stack().StartGateway({{"outcome.key_files", KeyFiles({&next})}});
  ASSERT_TRUE(during.ok()) << during.status();
  ASSERT_TRUE(after.ok()) << after.status();
  const OutcomeReference reference = Commit();
  const std::string old_text = Seal(reference);
  const std::string new_text = SealReference(next.MakeSealer(), reference);

  GatewayClient during_client = stack().MakeClient(**during);
  GatewayClient after_client = stack().MakeClient(**after);
  EXPECT_THAT(during_client.GetTransactionOutcome(old_text),
              Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  EXPECT_THAT(during_client.GetTransactionOutcome(new_text),
              Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  EXPECT_THAT(after_client.GetTransactionOutcome(new_text),
              Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  EXPECT_THAT(after_client.GetTransactionOutcome(old_text), IsNoReference());
  EXPECT_THAT(client_.GetTransactionOutcome(new_text), IsNoReference());
}

TEST_F(OutcomeTest, GatewayRefusesKeyFilesThatOthersCanRead) {
  for (const mode_t mode : {0604, 0602, 0601}) {
    const KeyFile open('o', mode);
    const auto gateway =
        stack().StartGateway({{"outcome.key_files", KeyFiles({&open})}});
    EXPECT_THAT(std::string(gateway.status().message()),
                ::testing::HasSubstr("outcome.key_files[0]"));
  }
  const KeyFile closed('o', 0640);
  EXPECT_TRUE(
      stack().StartGateway({{"outcome.key_files", KeyFiles({&closed})}}).ok());
}

TEST_F(OutcomeTest, GatewayRefusesKeyFilesWithoutAKey) {
  const KeyFile file('x');
  ASSERT_TRUE(WriteFile(file.path(), "0123", 0600).ok());
  const auto gateway =
      stack().StartGateway({{"outcome.key_files", KeyFiles({&file})}});
  EXPECT_THAT(std::string(gateway.status().message()),
              ::testing::HasSubstr("64 hexadecimal digits"));
}

TEST_F(OutcomeTest, LostConnectionsAreReplaced) {
  const OutcomeReference reference = Commit();
  ASSERT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  stack().Ask(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
      "WHERE usename = 'app'");
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
}

// Servers that crash or are promoted.
class OutcomeFailureTest : public OutcomeTest {
 protected:
  // Waits until the database is reached again, past the gateway and by it.
  bool AwaitService() {
    return Await(kLimit, [this] {
      return stack().postgres().Connect("app", "app").ok() &&
             client_.Query("SELECT 1").status.ok();
    });
  }
};

// PostgreSQL keeps no trace of an id whose WAL it had not written yet, and
// hands it out again.
TEST_F(OutcomeFailureTest, CommitThatACrashLostIsNeverSaidToHaveTakenPlace) {
  Commit();
  stack().Ask("CHECKPOINT");
  OutcomeReference lost;
  {
    SqlSession session = Session();
    lost = Begin(session);
    const auto pid = static_cast<pid_t>(
        Number(AskSession(session, "SELECT pg_backend_pid()")));
    ASSERT_GT(pid, 1);
    kill(pid, SIGKILL);
  }
  ASSERT_TRUE(AwaitService());
  // Before the id is handed out again, and when another transaction has it.
  EXPECT_THAT(Ask(lost), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  OutcomeReference again;
  do {
    again = Commit();
  } while (again.xid < lost.xid);
  ASSERT_EQ(again.xid, lost.xid) << "the WAL was not lost";
  ASSERT_EQ(again.timeline, lost.timeline);
  EXPECT_THAT(Ask(again), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  EXPECT_THAT(Ask(lost), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
}

TEST_F(OutcomeFailureTest, OrderlyRestartForgetsNothing) {
  const OutcomeReference committed = Commit();
  SqlSession session = Session();
  const OutcomeReference open = Begin(session);
  stack().postgres().Stop();
  ASSERT_TRUE(stack().postgres().StartAgain().ok());
  ASSERT_TRUE(AwaitService());
  EXPECT_THAT(Ask(committed), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
  EXPECT_THAT(Ask(open), Tells(v1::TRANSACTION_OUTCOME_ABORTED));
}

TEST_F(OutcomeFailureTest, PromotedServerDoesNotSpeakForItsPredecessor) {
  const OutcomeReference reference = Commit();
  const std::string signal_file =
      stack().Ask("SHOW data_directory") + "/standby.signal";
  stack().postgres().Stop();
  ASSERT_TRUE(WriteFile(signal_file, "", 0600).ok());
  ASSERT_TRUE(GiveTo(*FindServerUser(), signal_file).ok());
  ASSERT_TRUE(stack().postgres().StartAgain().ok());
  ASSERT_TRUE(AwaitService());
  EXPECT_THAT(
      Ask(reference).status,
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_BACKEND_UNAVAILABLE));

  ASSERT_EQ(stack().Ask("SELECT pg_promote()"), "t");
  EXPECT_THAT(Ask(reference), Tells(v1::TRANSACTION_OUTCOME_UNKNOWN));
  const OutcomeReference later = Commit();
  EXPECT_GT(later.timeline, reference.timeline);
  EXPECT_THAT(Ask(later), Tells(v1::TRANSACTION_OUTCOME_COMMITTED));
}

}  // namespace
}  // namespace sluice::testing

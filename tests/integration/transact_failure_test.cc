// Requests of an interactive transaction that fail: what is left of it, and
// commits that do not take place.

#include <string>

#include "tests/integration/transact.h"

namespace sluice::testing {
namespace {

class TransactFailureTest : public TransactTest {
 protected:
  // A statement that the gateway fails while PostgreSQL is content.
  static v1::TransactRequest MakeOverLimit() {
    v1::TransactRequest request =
        MakeStatement("SELECT generate_series(1, 10)");
    request.mutable_statement()->mutable_options()->set_max_rows(5);
    return request;
  }
};

TEST_F(TransactFailureTest, AFailedStatementLeavesRollingBack) {
  const auto stream = Open();
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  const v1::TransactResponse failed = Insert(*stream, 1);
  EXPECT_THAT(failed, IsRefused(Code::ALREADY_EXISTS,
                                v1::ERROR_REASON_UNIQUE_VIOLATION));
  EXPECT_EQ(failed.sequence(), 3);
  EXPECT_EQ(failed.state(), v1::TRANSACTION_STATE_FAILED);
  EXPECT_EQ(failed.error().postgres().sqlstate(), "23505");
  EXPECT_EQ(failed.error().metadata().at("constraint"), "item_pkey");
  EXPECT_EQ(failed.error().metadata().at("executed"), "no");
  EXPECT_FALSE(failed.error().has_retry_delay());
  EXPECT_NE(failed.error().message(), "");
  EXPECT_THAT(Insert(*stream, 2), IsRefusedAsFailed());
  EXPECT_THAT(stream->Ask(MakeStreamed("SELECT 1")), IsRefusedAsFailed());
  EXPECT_THAT(stream->Ask(MakeSavepoint("s")), IsRefusedAsFailed());
  EXPECT_THAT(stream->Ask(MakeRelease("s")), IsRefusedAsFailed());
  ExpectRollsBack(*stream);
  ExpectNothingOpen();
}

TEST_F(TransactFailureTest, ASavepointMendsIt) {
  const auto stream = Open();
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  EXPECT_TRUE(stream->Ask(MakeSavepoint("s")).has_done());
  for (const v1::TransactRequest& failing :
       {MakeStatement("SELECT 1 / 0"), MakeOverLimit(),
        MakeStatement("SELECT $1::int", {Text("x")}),
        MakeStatement("SELECT missing"), MakeStatement("COMMIT"),
        MakeStreamed("SELECT 1 / (3 - i) FROM generate_series(1, 5) AS i"),
        MakeSavepoint(""), MakeRelease("missing"), MakeStatement("")}) {
    SCOPED_TRACE(failing.ShortDebugString());
    EXPECT_TRUE(Insert(*stream, 2).has_result());
    v1::TransactResponse response = stream->Ask(failing);
    while (response.has_header() || response.has_batch()) {
      ASSERT_TRUE(stream->Read(response));
    }
    EXPECT_TRUE(response.has_error()) << response.ShortDebugString();
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_FAILED);
    EXPECT_THAT(Insert(*stream, 3), IsRefusedAsFailed());
    const v1::TransactResponse mended = stream->Ask(MakeRollbackTo("s"));
    EXPECT_TRUE(mended.has_done());
    EXPECT_EQ(mended.state(), v1::TRANSACTION_STATE_ACTIVE);
  }
  EXPECT_TRUE(Insert(*stream, 4).has_result());
  ExpectCommits(*stream);
  EXPECT_EQ(Items(), "1,4");
}

TEST_F(TransactFailureTest, AFailureAheadOfOthersFailsThemAll) {
  const auto stream = client_.OpenTransact();
  stream->Send(MakeBegin());
  stream->Send(MakeSavepoint("s"));
  stream->Send(MakeStatement("SELECT 1 / 0"));
  for (int i = 0; i < 5; ++i) {
    stream->Send(MakeStatement("INSERT INTO item VALUES (1)"));
  }
  stream->Send(MakeRollbackTo("s"));
  stream->Send(MakeStatement("INSERT INTO item VALUES (2)"));
  stream->Send(MakeCommit());
  v1::TransactResponse response;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Read(response));
  EXPECT_TRUE(response.has_error());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(stream->Read(response));
    EXPECT_THAT(response, IsRefusedAsFailed());
  }
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Read(response));
  EXPECT_TRUE(response.has_committed());
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(Items(), "2");
}

// Whether PostgreSQL failed it or the gateway.
TEST_F(TransactFailureTest, ACommitOfAFailedTransactionRollsBack) {
  for (const v1::TransactRequest& failing :
       {MakeStatement("SELECT 1 / 0"), MakeOverLimit()}) {
    const auto stream = Open();
    EXPECT_TRUE(Insert(*stream, 1).has_result());
    EXPECT_TRUE(stream->Ask(failing).has_error());
    stream->Send(MakeCommit());
    v1::TransactResponse none;
    EXPECT_FALSE(stream->Read(none)) << none.ShortDebugString();
    const grpc::Status status = stream->Finish();
    EXPECT_THAT(status,
                FailsWith(Code::ABORTED, v1::ERROR_REASON_TRANSACTION_FAILED));
    EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
    EXPECT_FALSE(CallError::Of(status).retry.has_value());
    ExpectNothingOpen();
  }
}

TEST_F(TransactFailureTest, AnUnknownSavepointFailsIt) {
  for (const bool releases : {false, true}) {
    const auto stream = Open();
    EXPECT_TRUE(stream->Ask(MakeSavepoint("known")).has_done());
    EXPECT_TRUE(Insert(*stream, 1).has_result());
    const v1::TransactResponse response = stream->Ask(
        releases ? MakeRelease("unknown") : MakeRollbackTo("unknown"));
    EXPECT_THAT(response, IsRefused(Code::FAILED_PRECONDITION,
                                    v1::ERROR_REASON_UNKNOWN_SAVEPOINT));
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_FAILED);
    EXPECT_THAT(stream->Ask(MakeRollbackTo("Known")),
                IsRefused(Code::FAILED_PRECONDITION,
                          v1::ERROR_REASON_UNKNOWN_SAVEPOINT));
    EXPECT_TRUE(stream->Ask(MakeRollbackTo("known")).has_done());
    ExpectRollsBack(*stream);
  }
}

TEST_F(TransactFailureTest, ACommitThatAConstraintRefusesRollsBack) {
  const auto stream = Open();
  EXPECT_TRUE(
      stream
          ->Ask(MakeStatement("ALTER TABLE item ADD CONSTRAINT one UNIQUE "
                              "(note) DEFERRABLE INITIALLY DEFERRED"))
          .has_result());
  EXPECT_TRUE(
      stream->Ask(MakeStatement("INSERT INTO item VALUES (1, 'a'), (2, 'a')"))
          .has_result());
  stream->Send(MakeCommit());
  v1::TransactResponse none;
  EXPECT_FALSE(stream->Read(none)) << none.ShortDebugString();
  const grpc::Status status = stream->Finish();
  EXPECT_THAT(status, FailsWith(Code::ALREADY_EXISTS,
                                v1::ERROR_REASON_UNIQUE_VIOLATION));
  EXPECT_EQ(CallError::Of(status).diagnostic.constraint(), "one");
  ExpectNothingOpen();
}

TEST_F(TransactFailureTest, ASerializationFailureMayBeRunAgain) {
  ASSERT_THAT(client_.Execute("INSERT INTO item VALUES (1), (2)").status,
              IsOk());
  v1::TransactionOptions options;
  options.set_isolation(v1::ISOLATION_LEVEL_SERIALIZABLE);
  const auto one = Open(options);
  const auto other = Open(options);
  EXPECT_EQ(AskText(*one, "SELECT count(note) FROM item"), "0");
  EXPECT_EQ(AskText(*other, "SELECT count(note) FROM item"), "0");
  EXPECT_TRUE(one->Ask(MakeStatement("UPDATE item SET note = 'x' WHERE id = 1"))
                  .has_result());
  EXPECT_TRUE(
      other->Ask(MakeStatement("UPDATE item SET note = 'x' WHERE id = 2"))
          .has_result());
  ExpectCommits(*one);
  EXPECT_FALSE(other->Ask(MakeCommit()).has_committed());
  const grpc::Status status = other->Finish();
  EXPECT_THAT(status,
              FailsWith(Code::ABORTED, v1::ERROR_REASON_SERIALIZATION_FAILURE));
  EXPECT_TRUE(CallError::Of(status).retry.has_value());

  // The same of a statement.
  v1::TransactionOptions repeatable;
  repeatable.set_isolation(v1::ISOLATION_LEVEL_REPEATABLE_READ);
  const auto late = Open(repeatable);
  EXPECT_EQ(AskText(*late, "SELECT count(*) FROM item"), "2");
  ASSERT_THAT(client_.Execute("UPDATE item SET note = 'y'").status, IsOk());
  const v1::TransactResponse response =
      late->Ask(MakeStatement("UPDATE item SET note = 'z'"));
  EXPECT_THAT(response,
              IsRefused(Code::ABORTED, v1::ERROR_REASON_SERIALIZATION_FAILURE));
  EXPECT_TRUE(response.error().has_retry_delay());
  ExpectRollsBack(*late);
}

TEST_F(TransactFailureTest, APlanThatChangedMayBeRunAgain) {
  const std::string sql = "SELECT * FROM item WHERE id > $1";
  for (int i = 0; i < 3; ++i) {
    const auto stream = Open();
    EXPECT_TRUE(stream->Ask(MakeStatement(sql, {Int(0)})).has_result());
    ExpectCommits(*stream);
  }
  ASSERT_TRUE(stack()
                  .postgres()
                  .Execute("app", "ALTER TABLE item ADD COLUMN more int")
                  .ok());
  const auto stream = Open();
  const v1::TransactResponse response =
      stream->Ask(MakeStatement(sql, {Int(0)}));
  EXPECT_THAT(response,
              IsRefused(Code::ABORTED, v1::ERROR_REASON_PLAN_CHANGED));
  EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_FAILED);
  EXPECT_TRUE(response.error().has_retry_delay());
  ExpectRollsBack(*stream);
  const auto again = Open();
  EXPECT_EQ(again->Ask(MakeStatement(sql, {Int(0)}))
                .result()
                .result_set()
                .metadata_size(),
            3);
  ExpectCommits(*again);
}

TEST_F(TransactFailureTest, AStreamedResultMayEndInAnError) {
  const auto stream = Open();
  EXPECT_TRUE(stream->Ask(MakeSavepoint("s")).has_done());
  stream->Send(
      MakeStreamed("SELECT repeat('x', 1000), 1 / (20000 - i) FROM "
                   "(SELECT generate_series(1, 30000) AS i) AS numbers"));
  v1::TransactResponse response;
  int64_t rows = 0;
  while (stream->Read(response) && !response.has_error()) {
    rows += response.batch().row_count();
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_ACTIVE);
  }
  EXPECT_THAT(response,
              IsRefused(Code::INVALID_ARGUMENT, v1::ERROR_REASON_DATA_INVALID));
  EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_FAILED);
  EXPECT_GT(rows, 0);
  EXPECT_TRUE(stream->Ask(MakeRollbackTo("s")).has_done());
  EXPECT_EQ(AskText(*stream, "SELECT 'next'"), "next");
  ExpectCommits(*stream);
}

// A result that is cut off leaves the transaction as it was.
TEST_F(TransactFailureTest, ATruncatedResultFailsNothing) {
  const auto stream = Open();
  for (const bool streamed : {false, true}) {
    const std::string sql =
        "SELECT i, repeat('x', 100) "
        "FROM generate_series(1, 100000) AS i";
    v1::TransactRequest request =
        streamed ? MakeStreamed(sql) : MakeStatement(sql);
    v1::RequestOptions* options =
        request.mutable_statement()->mutable_options();
    options->set_max_rows(5);
    options->set_on_limit(v1::LIMIT_ACTION_TRUNCATE);
    v1::TransactResponse response = stream->Ask(request);
    while (response.has_header() || response.has_batch()) {
      ASSERT_TRUE(stream->Read(response));
    }
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_ACTIVE);
    EXPECT_TRUE(streamed ? response.summary().truncated()
                         : response.result().summary().truncated());
    EXPECT_EQ(AskText(*stream, "SELECT 'next'"), "next");
  }
  ExpectCommits(*stream);
}

}  // namespace
}  // namespace sluice::testing

// Requests of Transact that break its contract: what ends the stream, and what
// fails the transaction.

#include <string>
#include <vector>

#include "tests/integration/transact.h"

namespace sluice::testing {
namespace {

class TransactBadInputTest : public TransactTest {
 protected:
  // The stream ends, with nothing open, after a request that it can't take.
  static void ExpectRefused(TransactStream& stream,
                            const v1::TransactRequest& request,
                            const std::string& field) {
    SCOPED_TRACE(request.ShortDebugString());
    stream.Send(request);
    v1::TransactResponse none;
    EXPECT_FALSE(stream.Read(none)) << none.ShortDebugString();
    const grpc::Status status = stream.Finish();
    EXPECT_THAT(status, FailsWith(Code::INVALID_ARGUMENT,
                                  v1::ERROR_REASON_INVALID_REQUEST));
    EXPECT_EQ(CallError::Of(status).Metadata("field"), field);
    EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
    ExpectNothingOpen();
  }

  // An open transaction with a write.
  std::unique_ptr<TransactStream> OpenWriting() {
    auto stream = Open();
    EXPECT_TRUE(Insert(*stream, 1).has_result());
    return stream;
  }
};

TEST_F(TransactBadInputTest, SequencesThatDoNotGrowEndTheStream) {
  for (const int64_t sequence : {int64_t{2}, int64_t{1}, int64_t{-7},
                                 std::numeric_limits<int64_t>::min()}) {
    const auto stream = OpenWriting();
    v1::TransactRequest request = MakeStatement("SELECT 1");
    request.set_sequence(sequence);
    ExpectRefused(*stream, request, "sequence");
  }
  const auto stream = OpenWriting();
  v1::TransactRequest commit = MakeCommit();
  commit.set_sequence(1);
  ExpectRefused(*stream, commit, "sequence");
}

TEST_F(TransactBadInputTest, RequestsOutOfOrderEndTheStream) {
  for (const v1::TransactRequest& request :
       {MakeStatement("SELECT 1"), MakeStreamed("SELECT 1"), MakeSavepoint("s"),
        MakeRollbackTo("s"), MakeRelease("s"), MakeCommit(), MakeRollback()}) {
    ExpectRefused(*client_.OpenTransact(), request, "begin");
  }
  ExpectRefused(*OpenWriting(), MakeBegin(), "begin");
  v1::TransactRequest empty;
  ExpectRefused(*OpenWriting(), empty, "request");
  ExpectRefused(*client_.OpenTransact(), empty, "request");
}

TEST_F(TransactBadInputTest, ABadBeginEndsTheStream) {
  v1::TransactRequest request = MakeBegin();
  request.mutable_begin()->clear_database();
  ExpectRefused(*client_.OpenTransact(), request, "database");

  request = MakeBegin();
  request.mutable_begin()->set_tag("caf\u00e9");
  ExpectRefused(*client_.OpenTransact(), request, "tag");

  request = MakeBegin();
  v1::TransactionOptions* options =
      request.mutable_begin()->mutable_transaction();
  options->set_isolation(static_cast<v1::IsolationLevel>(9));
  ExpectRefused(*client_.OpenTransact(), request, "transaction.isolation");

  request = MakeBegin();
  options = request.mutable_begin()->mutable_transaction();
  options->mutable_idle_timeout()->set_seconds(-1);
  ExpectRefused(*client_.OpenTransact(), request, "transaction.idle_timeout");
}

TEST_F(TransactBadInputTest, ADatabaseOfOthersDoesNotExist) {
  for (const char* name : {"missing", "spare", "APP", "postgres"}) {
    v1::TransactRequest request = MakeBegin();
    request.mutable_begin()->set_database(name);
    const auto stream = client_.OpenTransact();
    EXPECT_FALSE(stream->Ask(request).has_begun());
    EXPECT_THAT(stream->Finish(),
                FailsWith(Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  }
}

TEST_F(TransactBadInputTest, AStrangerIsTurnedAwayAtOnce) {
  GatewayClient stranger(
      stack().client_options("stranger", stack().gateway().port()));
  const auto stream = stranger.OpenTransact();
  v1::TransactResponse none;
  EXPECT_FALSE(stream->Read(none));
  EXPECT_THAT(stream->Finish(), FailsWith(Code::PERMISSION_DENIED,
                                          v1::ERROR_REASON_APP_NOT_ALLOWED));
}

TEST_F(TransactBadInputTest, ABackendThatIsNotThereEndsTheStream) {
  GatewayClient spare(
      stack().client_options("spare", stack().gateway().port()));
  v1::TransactRequest request = MakeBegin();
  request.mutable_begin()->set_database("spare");
  const auto stream = spare.OpenTransact();
  EXPECT_FALSE(stream->Ask(request).has_begun());
  const grpc::Status status = stream->Finish();
  EXPECT_THAT(status, FailsWith(Code::UNAVAILABLE,
                                v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_TRUE(CallError::Of(status).retry.has_value());
}

TEST_F(TransactBadInputTest, ABadSavepointNameFailsTheTransaction) {
  for (const std::string& name :
       {std::string(), std::string(64, 'n'), std::string("a\0b", 3),
        std::string(62, 'n') + "\u00e9"}) {
    for (const v1::TransactRequest& request :
         {MakeSavepoint(name), MakeRollbackTo(name), MakeRelease(name)}) {
      const auto stream = OpenWriting();
      EXPECT_TRUE(stream->Ask(MakeSavepoint("s")).has_done());
      const v1::TransactResponse response = stream->Ask(request);
      EXPECT_THAT(response, IsRefused(Code::INVALID_ARGUMENT,
                                      v1::ERROR_REASON_INVALID_REQUEST));
      EXPECT_EQ(response.error().metadata().at("field"), "name");
      EXPECT_THAT(Insert(*stream, 2), IsRefusedAsFailed());
      EXPECT_TRUE(stream->Ask(MakeRollbackTo("s")).has_done());
      ExpectRollsBack(*stream);
    }
  }
  ExpectNothingOpen();
}

TEST_F(TransactBadInputTest, ABadStatementFailsTheTransaction) {
  struct Row {
    v1::TransactRequest request;
    Code code;
    v1::ErrorReason reason;
  };
  v1::TransactRequest no_delivery = MakeStatement("SELECT 1");
  no_delivery.mutable_statement()->set_delivery(
      static_cast<v1::ResultDelivery>(5));
  v1::TransactRequest negative = MakeStreamed("SELECT 1");
  negative.mutable_statement()->mutable_options()->set_max_rows(-1);
  const std::vector<Row> rows = {
      {MakeStatement(""), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_INVALID_REQUEST},
      {no_delivery, Code::INVALID_ARGUMENT, v1::ERROR_REASON_INVALID_REQUEST},
      {negative, Code::INVALID_ARGUMENT, v1::ERROR_REASON_INVALID_REQUEST},
      {MakeStatement(" -- nothing"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_EMPTY_STATEMENT},
      {MakeStatement("SELECT 1; SELECT 2"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_MULTIPLE_STATEMENTS},
      {MakeStatement("SELECT 1; COMMIT"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_MULTIPLE_STATEMENTS},
      {MakeStatement("COMMIT"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {MakeStatement("ROLLBACK"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {MakeStatement("BEGIN"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {MakeStatement("PREPARE TRANSACTION 'x'"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {MakeStatement("SET work_mem = '1MB'"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {MakeStatement("COPY item TO STDOUT"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {MakeStatement("LISTEN x"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {MakeStatement("SELEC 1"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_SYNTAX_ERROR},
      {MakeStatement("SELECT $1::int"), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_PARAMETER_COUNT},
      {MakeStatement("SELECT $1::int", {Bytes("x")}), Code::INVALID_ARGUMENT,
       v1::ERROR_REASON_PARAMETER_TYPE},
      {MakeStatement("SELECT $1", {Typed(Int(1), "no_type")}),
       Code::INVALID_ARGUMENT, v1::ERROR_REASON_UNKNOWN_TYPE},
      {MakeStatement("VACUUM item"), Code::FAILED_PRECONDITION,
       v1::ERROR_REASON_TRANSACTION_STATE},
      {MakeStatement("DO $$ BEGIN COMMIT; END $$"), Code::FAILED_PRECONDITION,
       v1::ERROR_REASON_TRANSACTION_STATE},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.request.ShortDebugString());
    const auto stream = OpenWriting();
    const v1::TransactResponse response = stream->Ask(row.request);
    EXPECT_THAT(response, IsRefused(row.code, row.reason));
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_FAILED);
    EXPECT_THAT(Insert(*stream, 2), IsRefusedAsFailed());
    ExpectRollsBack(*stream);
  }
  ExpectNothingOpen();
}

// More requests behind the end are nobody's.
TEST_F(TransactBadInputTest, RequestsAfterTheEndAreNotRun) {
  for (const bool commits : {false, true}) {
    const auto stream = client_.OpenTransact();
    stream->Send(MakeBegin());
    stream->Send(commits ? MakeCommit() : MakeRollback());
    for (int i = 0; i < 100; ++i) {
      stream->Send(MakeStatement("INSERT INTO item VALUES (1)"));
    }
    v1::TransactResponse response;
    int replies = 0;
    while (stream->Read(response)) ++replies;
    EXPECT_EQ(replies, 2);
    EXPECT_THAT(stream->Finish(), IsOk());
    ExpectNothingOpen();
  }
}

}  // namespace
}  // namespace sluice::testing

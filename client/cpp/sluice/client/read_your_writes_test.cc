// Tests which consistency reads ask for that name none.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/client.h"
#include "sluice/client/test_result.h"
#include "sluice/client/test_transact_gateway.h"

namespace sluice::client {
namespace {

// Its writes are answered with a token that a test says.
class ReplicatedGateway : public TransactGateway {
 public:
  grpc::Status Query(grpc::ServerContext*, const v1::QueryRequest* request,
                     v1::QueryResponse* response) override {
    consistency = request->options().consistency().ShortDebugString();
    response->mutable_result_set();
    return grpc::Status::OK;
  }
  grpc::Status QueryStream(
      grpc::ServerContext*, const v1::QueryStreamRequest* request,
      grpc::ServerWriter<v1::QueryStreamResponse>* writer) override {
    consistency = request->options().consistency().ShortDebugString();
    v1::QueryStreamResponse part;
    part.mutable_header();
    writer->Write(part);
    part.mutable_summary();
    writer->Write(part);
    return grpc::Status::OK;
  }
  grpc::Status Execute(grpc::ServerContext*, const v1::ExecuteRequest* request,
                       v1::ExecuteResponse* response) override {
    consistency = request->options().consistency().ShortDebugString();
    if (meanwhile != nullptr) std::exchange(meanwhile, nullptr)();
    response->mutable_result_set();
    response->mutable_summary()->set_consistency_token(token);
    response->mutable_summary()->set_outcome_reference(reference);
    return execute_status;
  }

  // Of the last read or write.
  std::string consistency;
  std::string token;
  std::string reference;
  grpc::Status execute_status;
  // Takes place during the next Execute.
  std::function<void()> meanwhile;
};

class ReadYourWritesTest : public testing::Test {
 protected:
  void Write(const std::string& token) {
    gateway_.token = token;
    EXPECT_TRUE(client_.Execute("INSERT").ok());
  }
  // A write that may have taken place.
  void LoseWrite() {
    gateway_.execute_status = {grpc::UNAVAILABLE, "lost"};
    EXPECT_FALSE(client_.Execute("INSERT").ok());
    gateway_.execute_status = grpc::Status::OK;
  }
  // What the next read asks for.
  std::string Read(const Client& client, const CallOptions& options = {}) {
    EXPECT_TRUE(client.Query(Statement("SELECT"), options).ok());
    return gateway_.consistency;
  }
  std::string Read() { return Read(client_); }
  static std::string Level(const std::string& token) {
    return AtLeast(token).ShortDebugString();
  }

  ReplicatedGateway gateway_;
  const Client client_ = gateway_.MakeClient();
  const std::string strong_ = StrongConsistency().ShortDebugString();
};

TEST_F(ReadYourWritesTest, ReadsBeforeTheFirstWriteNameNothing) {
  EXPECT_EQ(Read(), "");
  Write("");
  EXPECT_EQ(Read(), "");
}

TEST_F(ReadYourWritesTest, ReadsAskForTheLastWrite) {
  Write("token");
  EXPECT_EQ(Read(), Level("token"));
  EXPECT_TRUE(client_.QueryStream("SELECT").ok());
  EXPECT_EQ(gateway_.consistency, Level("token"));
  EXPECT_TRUE(
      client_
          .Execute(Statement("SELECT"), {.read_routing = v1::READ_ROUTING_AUTO})
          .ok());
  EXPECT_EQ(gateway_.consistency, Level("token"));
}

TEST_F(ReadYourWritesTest, WritesNameNothing) {
  Write("token");
  Write("token");
  EXPECT_EQ(gateway_.consistency, "");
}

TEST_F(ReadYourWritesTest, ReadsThatNameAConsistencyKeepIt) {
  Write("token");
  EXPECT_EQ(Read(client_, {.consistency = AnyConsistency()}),
            AnyConsistency().ShortDebugString());
  EXPECT_EQ(Read(client_, {.consistency = AtLeast("other")}), Level("other"));
}

TEST_F(ReadYourWritesTest, CopiesShareItAndOtherDatabasesDoNot) {
  const Client copy = client_;
  const Client other = client_.ForDatabase("other");
  Write("token");
  EXPECT_EQ(Read(copy), Level("token"));
  EXPECT_EQ(Read(client_.ForDatabase("app")), Level("token"));
  EXPECT_EQ(Read(other), "");
}

TEST_F(ReadYourWritesTest, ItCanBeTurnedOff) {
  const Client client =
      gateway_.MakeClient({.read_your_writes = ReadYourWrites::kOff});
  gateway_.token = "token";
  EXPECT_TRUE(client.Execute("INSERT").ok());
  EXPECT_TRUE(client.Begin()->Commit().ok());
  EXPECT_EQ(Read(client), "");
}

TEST_F(ReadYourWritesTest, TransactionsCount) {
  EXPECT_TRUE(client_.Begin()->Commit().ok());
  EXPECT_EQ(Read(), Level("the token"));
}

TEST_F(ReadYourWritesTest, TransactionThatWasMovedCounts) {
  absl::StatusOr<Transaction> begun = client_.Begin();
  ASSERT_TRUE(begun.ok());
  absl::StatusOr<Transaction> other = client_.Begin();
  ASSERT_TRUE(other.ok());
  *other = *std::move(begun);
  EXPECT_TRUE(other->Commit().ok());
  EXPECT_EQ(Read(), Level("the token"));
}

TEST_F(ReadYourWritesTest, FunctionsInTransactionsCount) {
  EXPECT_TRUE(
      client_.RunInTransaction([](Transaction&) { return absl::OkStatus(); })
          .ok());
  EXPECT_EQ(Read(), Level("the token"));
}

TEST_F(ReadYourWritesTest, WholeTransactionsCount) {
  gateway_.run_response = ParseText<v1::RunTransactionResponse>(
      "summary { consistency_token: 'of the run' }");
  EXPECT_TRUE(client_.RunTransaction(TransactionPlan()).ok());
  EXPECT_EQ(Read(), Level("of the run"));
}

TEST_F(ReadYourWritesTest, WriteThatMayHaveTakenPlaceIsReadFromThePrimary) {
  Write("token");
  gateway_.execute_status =
      GatewayError(grpc::UNKNOWN, "OUTCOME_UNKNOWN", {{"executed", "unknown"}});
  EXPECT_FALSE(client_.Execute("INSERT").ok());
  EXPECT_EQ(Read(), strong_);
  gateway_.execute_status = grpc::Status::OK;
  Write("token of the next");
  EXPECT_EQ(Read(), Level("token of the next"));
}

TEST_F(ReadYourWritesTest, WriteThatDidNotTakePlaceChangesNothing) {
  Write("token");
  gateway_.execute_status =
      GatewayError(grpc::ABORTED, "DEADLOCK", {{"executed", "no"}});
  EXPECT_FALSE(client_.Execute("INSERT").ok());
  EXPECT_EQ(Read(), Level("token"));
  gateway_.execute_status = GatewayError(grpc::ALREADY_EXISTS, "UNIQUE");
  EXPECT_FALSE(client_.Execute("INSERT").ok());
  EXPECT_EQ(Read(), Level("token"));
  EXPECT_FALSE(client_.Begin()->Execute("fail DEADLOCK").ok());
  EXPECT_EQ(Read(), Level("token"));
}

TEST_F(ReadYourWritesTest, CommitWhoseAnswerIsLostIsReadFromThePrimary) {
  Write("token");
  gateway_.commits = {{grpc::UNAVAILABLE, "lost"}};
  EXPECT_FALSE(client_.Begin()->Commit().ok());
  EXPECT_EQ(Read(), strong_);
}

TEST_F(ReadYourWritesTest, WriteWithoutATokenIsReadFromThePrimary) {
  Write("token");
  gateway_.reference = "reference";
  Write("");
  EXPECT_EQ(Read(), strong_);
  Write("token of the next");
  EXPECT_EQ(Read(), Level("token of the next"));
}

TEST_F(ReadYourWritesTest, RunWithoutATokenIsReadFromThePrimary) {
  Write("token");
  gateway_.run_response = ParseText<v1::RunTransactionResponse>(
      "summary { outcome_reference: 'reference' }");
  EXPECT_TRUE(client_.RunTransaction(TransactionPlan()).ok());
  EXPECT_EQ(Read(), strong_);
}

TEST_F(ReadYourWritesTest, CommitWithoutATokenIsReadFromThePrimary) {
  Write("token");
  gateway_.commit_token = "";
  EXPECT_TRUE(client_.Begin()->Commit().ok());
  EXPECT_EQ(Read(), strong_);
}

TEST_F(ReadYourWritesTest, WriteThatBeganBeforeALostOneDoesNotStandForIt) {
  gateway_.meanwhile = [this] { LoseWrite(); };
  Write("token");
  EXPECT_EQ(Read(), strong_);
  Write("token of the next");
  EXPECT_EQ(Read(), Level("token of the next"));
}

TEST_F(ReadYourWritesTest, CommitThatBeganBeforeALostWriteDoesNotStandForIt) {
  absl::StatusOr<Transaction> transaction = client_.Begin();
  ASSERT_TRUE(transaction.ok());
  LoseWrite();
  gateway_.before_commit = [this] { LoseWrite(); };
  EXPECT_TRUE(transaction->Commit().ok());
  EXPECT_EQ(Read(), strong_);
  gateway_.before_commit = nullptr;
  transaction = client_.Begin();
  ASSERT_TRUE(transaction.ok());
  LoseWrite();
  EXPECT_TRUE(transaction->Commit().ok());
  EXPECT_EQ(Read(), Level("the token"));
}

TEST_F(ReadYourWritesTest, RunWhoseAnswerIsLostIsReadFromThePrimary) {
  Write("token");
  gateway_.runs = {{grpc::UNAVAILABLE, "lost"}};
  EXPECT_FALSE(client_.RunTransaction(TransactionPlan()).ok());
  EXPECT_EQ(Read(), strong_);
}

}  // namespace
}  // namespace sluice::client

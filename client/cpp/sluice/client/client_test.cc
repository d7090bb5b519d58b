// Calls of a Client against a gateway that answers what a test tells it to.

#include "sluice/client/client.h"

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sluice/client/test_result.h"
#include "sluice/client/test_told_tokens.h"

namespace sluice::client {
namespace {

constexpr char kOneRow[] =
    "result_set { metadata { name: 'n' } columns { int64s { values: 5 } }"
    "             row_count: 1 } summary { command_tag: 'SELECT 1' }";

grpc::Status Busy() {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(1'000'000);
  google::rpc::Status rich;
  rich.set_code(grpc::StatusCode::RESOURCE_EXHAUSTED);
  rich.add_details()->PackFrom(retry);
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "busy",
          rich.SerializeAsString()};
}

// A gateway in this process, with tokens. Each call takes the next status that
// was told it; without one it is answered, or waits for its cancellation.
class ToldGateway : public v1::Database::Service {
 public:
  ToldGateway() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    builder.RegisterService(&tokens);
    server_ = builder.BuildAndStart();
  }
  ~ToldGateway() override { server_->Shutdown(); }

  Client MakeClient(ClientOptions options = {}) const {
    options.database = "app";
    options.retry.initial_backoff = absl::Milliseconds(1);
    return {grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                                grpc::InsecureChannelCredentials()),
            options};
  }

  grpc::Status Query(grpc::ServerContext* context,
                     const v1::QueryRequest* request,
                     v1::QueryResponse* response) override {
    last_query = *request;
    deadline = absl::FromChrono(context->deadline());
    *response = ParseText<v1::QueryResponse>(kOneRow);
    return NextStatus(context);
  }
  grpc::Status Execute(grpc::ServerContext* context,
                       const v1::ExecuteRequest* request,
                       v1::ExecuteResponse* response) override {
    last_execute = *request;
    *response = ParseText<v1::ExecuteResponse>(kOneRow);
    return NextStatus(context);
  }
  grpc::Status QueryStream(
      grpc::ServerContext* context, const v1::QueryStreamRequest*,
      grpc::ServerWriter<v1::QueryStreamResponse>* writer) override {
    grpc::Status status = NextStatus(context);
    if (!status.ok()) return status;
    writer->Write(ParseText<v1::QueryStreamResponse>(
        "header { metadata { name: 'n' } }"));
    const auto batch = ParseText<v1::QueryStreamResponse>(
        "batch { columns { int64s { values: [1, 2] } } row_count: 2 }");
    while (writer->Write(batch)) {
      if (!is_endless) break;
    }
    if (is_endless) {
      stream_end.set_value();
      return grpc::Status::CANCELLED;
    }
    writer->Write(ParseText<v1::QueryStreamResponse>("summary { }"));
    return grpc::Status::OK;
  }
  grpc::Status GetCapabilities(grpc::ServerContext* context,
                               const v1::GetCapabilitiesRequest*,
                               v1::GetCapabilitiesResponse* response) override {
    response->set_app("app");
    return NextStatus(context);
  }
  grpc::Status Describe(grpc::ServerContext* context,
                        const v1::DescribeRequest* request,
                        v1::DescribeResponse* response) override {
    response->set_plan(v1::ExplainMode_Name(request->explain()));
    return NextStatus(context);
  }

  ToldTokens tokens;
  // Of the calls, in their order.
  std::vector<std::string> authorizations;
  // What the next calls are told, one after the other.
  std::deque<grpc::Status> statuses;
  bool waits_for_cancellation = false;
  bool is_endless = false;
  std::promise<void> stream_end;
  int call_count = 0;
  v1::QueryRequest last_query;
  v1::ExecuteRequest last_execute;
  absl::Time deadline;

 private:
  grpc::Status NextStatus(grpc::ServerContext* context) {
    ++call_count;
    authorizations.push_back(TokenOf(*context));
    while (waits_for_cancellation && !context->IsCancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (statuses.empty()) return grpc::Status::OK;
    grpc::Status status = statuses.front();
    statuses.pop_front();
    return status;
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST(ClientTest, SendsStatementParametersAndOptions) {
  ToldGateway gateway;
  const absl::StatusOr<Rows> rows = gateway.MakeClient().Query(
      Statement("SELECT $1", 7), {.timeout = absl::Seconds(5),
                                  .tag = "t",
                                  .consistency = AnyConsistency(),
                                  .max_rows = 1,
                                  .max_bytes = 2,
                                  .max_value_bytes = 3,
                                  .on_limit = v1::LIMIT_ACTION_TRUNCATE});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*(*rows)[0].get<int64_t>("n"), 5);
  EXPECT_EQ(rows->summary().command_tag(), "SELECT 1");
  EXPECT_EQ(gateway.last_query.ShortDebugString(),
            ParseText<v1::QueryRequest>(
                "database: 'app' statement { sql: 'SELECT $1' }"
                "parameters { int64_value: 7 }"
                "options { consistency { any: true } max_rows: 1 max_bytes: 2"
                "  on_limit: LIMIT_ACTION_TRUNCATE tag: 't'"
                "  max_value_bytes: 3 }")
                .ShortDebugString());
  EXPECT_LT(gateway.deadline, absl::Now() + absl::Seconds(6));
}

TEST(ClientTest, ReachesOtherDatabasesOverTheSameConnection) {
  ToldGateway gateway;
  const Client client = gateway.MakeClient();
  ASSERT_TRUE(client.ForDatabase("other").Query("SELECT 1").ok());
  EXPECT_EQ(gateway.last_query.database(), "other");
  ASSERT_TRUE(client.Query("SELECT 1").ok());
  EXPECT_EQ(gateway.last_query.database(), "app");
}

TEST(ClientTest, GivesUnaryCallsADeadline) {
  ToldGateway gateway;
  const absl::Time start = absl::Now();
  ASSERT_TRUE(
      gateway.MakeClient({.timeout = absl::Seconds(9)}).Query("SELECT 1").ok());
  EXPECT_LT(gateway.deadline, absl::Now() + absl::Seconds(10));
  EXPECT_GT(gateway.deadline, start + absl::Seconds(8));
}

TEST(ClientTest, SendsNothingForAParameterThatIsNone) {
  ToldGateway gateway;
  const Client client = gateway.MakeClient();
  const Statement statement("SELECT $1", absl::InfiniteDuration());
  EXPECT_TRUE(absl::IsInvalidArgument(client.Query(statement).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(client.Execute(statement).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(client.QueryStream(statement).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(client.Describe(statement).status()));
  EXPECT_EQ(gateway.call_count, 0);
}

TEST(ClientTest, MakesReadsAgain) {
  ToldGateway gateway;
  const Client client = gateway.MakeClient();
  gateway.statuses = {Busy(), {grpc::StatusCode::UNAVAILABLE, "lost"}};
  EXPECT_TRUE(client.Query("SELECT 1").ok());
  EXPECT_EQ(gateway.call_count, 3);
  gateway.statuses = {Busy()};
  absl::StatusOr<RowStream> stream = client.QueryStream("SELECT 1");
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_TRUE(stream->Next());
  gateway.statuses = {Busy()};
  EXPECT_EQ(client.GetCapabilities()->app(), "app");
  gateway.statuses = {Busy()};
  EXPECT_EQ(
      client.Describe(Statement("SELECT 1"), v1::EXPLAIN_MODE_TEXT)->plan(),
      "EXPLAIN_MODE_TEXT");
}

TEST(ClientTest, MakesReadsAgainNoMoreOftenThanTheCallerSays) {
  ToldGateway gateway;
  const Client client = gateway.MakeClient();
  gateway.statuses = {Busy(), Busy()};
  EXPECT_TRUE(absl::IsResourceExhausted(
      client.Query(Statement("SELECT 1"), {.retry = RetryPolicy{1}}).status()));
  EXPECT_EQ(gateway.call_count, 1);
}

TEST(ClientTest, MakesNoWriteAgain) {
  ToldGateway gateway;
  gateway.statuses = {Busy()};
  const absl::Status error =
      gateway.MakeClient()
          .Execute(Statement("INSERT ..."),
                   {.read_routing = v1::READ_ROUTING_AUTO})
          .status();
  EXPECT_EQ(error.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorDetails::From(error).retry_delay, absl::Milliseconds(1));
  EXPECT_EQ(gateway.call_count, 1);
  EXPECT_EQ(gateway.last_execute.read_routing(), v1::READ_ROUTING_AUTO);
}

TEST(ClientTest, MakesAWriteAgainThatHasARequestId) {
  ToldGateway gateway;
  gateway.statuses = {Busy(), {grpc::StatusCode::UNAVAILABLE, "lost"}};
  EXPECT_TRUE(gateway.MakeClient()
                  .Execute(Statement("INSERT ..."), {.request_id = "id"})
                  .ok());
  EXPECT_EQ(gateway.call_count, 3);
  EXPECT_EQ(gateway.last_execute.request_id(), "id");
}

TEST(ClientTest, EndsACallAtItsDeadline) {
  ToldGateway gateway;
  gateway.waits_for_cancellation = true;
  const absl::Time start = absl::Now();
  const absl::Status error =
      gateway.MakeClient()
          .Query(Statement("SELECT 1"), {.timeout = absl::Milliseconds(50)})
          .status();
  EXPECT_EQ(error.code(), absl::StatusCode::kDeadlineExceeded);
  // gRPC counts in milliseconds.
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(49));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      gateway.MakeClient()
          .Execute(Statement("SELECT 1"), {.deadline = absl::Now()})
          .status()));
}

TEST(ClientTest, IsStoppedFromAnotherThread) {
  ToldGateway gateway;
  gateway.waits_for_cancellation = true;
  const auto source = std::make_unique<std::stop_source>();
  std::thread stopper([&] { source->request_stop(); });
  EXPECT_TRUE(absl::IsCancelled(
      gateway.MakeClient()
          .Query(Statement("SELECT 1"), {.stop = source->get_token()})
          .status()));
  stopper.join();
  // One that was stopped before is not even made to wait.
  EXPECT_TRUE(absl::IsCancelled(
      gateway.MakeClient()
          .Execute(Statement("SELECT 1"), {.stop = source->get_token()})
          .status()));
}

TEST(ClientTest, StreamsAreStoppedFromAnotherThread) {
  ToldGateway gateway;
  gateway.is_endless = true;
  const auto source = std::make_unique<std::stop_source>();
  absl::StatusOr<RowStream> stream = gateway.MakeClient().QueryStream(
      Statement("SELECT 1"), {.stop = source->get_token()});
  ASSERT_TRUE(stream.ok()) << stream.status();
  ASSERT_TRUE(stream->Next());
  std::thread stopper([&] { source->request_stop(); });
  absl::Status error;
  for (const absl::StatusOr<Row>& row : *stream) error = row.status();
  stopper.join();
  EXPECT_TRUE(absl::IsCancelled(error)) << error;
}

TEST(ClientTest, AStreamThatIsDroppedCancelsItsCall) {
  ToldGateway gateway;
  gateway.is_endless = true;
  std::future<void> end = gateway.stream_end.get_future();
  {
    absl::StatusOr<RowStream> stream =
        gateway.MakeClient().QueryStream("SELECT 1");
    ASSERT_TRUE(stream.ok()) << stream.status();
    ASSERT_TRUE(stream->Next());
  }
  EXPECT_EQ(end.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(ClientTest, ProvesItsCallsByOneToken) {
  ToldGateway gateway;
  const Client client = gateway.MakeClient();
  EXPECT_TRUE(client.Query("SELECT 1").ok());
  EXPECT_TRUE(client.ForDatabase("other").Execute("DELETE FROM t").ok());
  EXPECT_TRUE(client.QueryStream("SELECT 1").ok());
  EXPECT_THAT(gateway.authorizations,
              ::testing::ElementsAre("Bearer token 1", "Bearer token 1",
                                     "Bearer token 1"));
  EXPECT_EQ(gateway.tokens.issue_count(), 1);
}

TEST(ClientTest, SendsNoTokenWhereTokensAreOff) {
  ToldGateway gateway;
  const Client client = gateway.MakeClient({.tokens = {.use = TokenUse::kOff}});
  EXPECT_TRUE(client.Query("SELECT 1").ok());
  EXPECT_THAT(gateway.authorizations, ::testing::ElementsAre(""));
}

TEST(ClientTest, MakesACallAgainWithANewTokenWhereItsTokenIsRefused) {
  ToldGateway gateway;
  // Whatever is made again otherwise.
  const Client client = gateway.MakeClient({.retry = {.max_attempts = 1}});
  gateway.statuses = {TokenRefusal()};
  EXPECT_TRUE(client.Execute("DELETE FROM t").ok());
  gateway.statuses = {TokenRefusal()};
  EXPECT_TRUE(client.Query("SELECT 1").ok());
  gateway.statuses = {TokenRefusal()};
  EXPECT_TRUE(client.QueryStream("SELECT 1").ok());
  EXPECT_THAT(gateway.authorizations,
              ::testing::ElementsAre("Bearer token 1", "Bearer token 2",
                                     "Bearer token 2", "Bearer token 3",
                                     "Bearer token 3", "Bearer token 4"));
}

TEST(ClientTest, TellsOfATokenThatIsRefusedTwice) {
  ToldGateway gateway;
  gateway.statuses = {TokenRefusal(), TokenRefusal()};
  const absl::Status error = gateway.MakeClient().Query("SELECT 1").status();
  EXPECT_EQ(ErrorDetails::From(error).reason, v1::ERROR_REASON_TOKEN_INVALID);
  EXPECT_EQ(gateway.call_count, 2);
}

TEST(ClientTest, DoesNotRepeatAWriteThatMayHaveTakenPlaceBeforeItsRevocation) {
  ToldGateway gateway;
  gateway.statuses = {TokenRefusal("unknown")};
  EXPECT_FALSE(gateway.MakeClient().Execute("DELETE FROM t").ok());
  EXPECT_EQ(gateway.call_count, 1);
}

TEST(ClientTest, MakesNoCallWithoutAToken) {
  ToldGateway gateway;
  gateway.tokens.TellIssue({grpc::StatusCode::PERMISSION_DENIED, "unknown"});
  gateway.tokens.TellIssue({grpc::StatusCode::PERMISSION_DENIED, "unknown"});
  const Client client = gateway.MakeClient();
  EXPECT_EQ(client.Query("SELECT 1").status().message(), "unknown");
  EXPECT_EQ(client.QueryStream("SELECT 1").status().message(), "unknown");
  EXPECT_EQ(gateway.call_count, 0);
}

}  // namespace
}  // namespace sluice::client

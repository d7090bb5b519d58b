// Streams as a gateway may send them, whole and broken.

#include "client/cli/statement_call.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/text_proto.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "sluice/client/call_options.h"

namespace sluice::cli {
namespace {

constexpr char kHeader[] = "header { metadata { name: 'a' } }";
constexpr char kRows[] =
    "batch { row_count: 2 columns { int64s { values: [1, 2] } } }";
constexpr char kSummary[] = "summary { command_tag: 'SELECT 2' }";

// Answers QueryStream with the parts and the status that it was given; without
// an end it goes on with the last part until the caller leaves.
class FakeGateway : public v1::Database::Service {
 public:
  enum class End { kAfterParts, kNever };

  FakeGateway(std::vector<std::string> parts, grpc::Status status, End end)
      : parts_(std::move(parts)), status_(std::move(status)), end_(end) {
    grpc::ServerBuilder builder;
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  client::Client MakeClient() {
    client::ClientOptions options = Options().connection;
    options.tokens.use = client::TokenUse::kOff;
    return {server_->InProcessChannel({}), options};
  }
  const v1::QueryStreamRequest& request() const { return request_; }

  grpc::Status QueryStream(
      grpc::ServerContext*, const v1::QueryStreamRequest* request,
      grpc::ServerWriter<v1::QueryStreamResponse>* writer) override {
    request_ = *request;
    for (const std::string& part : parts_) {
      writer->Write(ParseTextProto<v1::QueryStreamResponse>(part));
    }
    const auto last = ParseTextProto<v1::QueryStreamResponse>(parts_.back());
    while (end_ == End::kNever && writer->Write(last)) continue;
    return status_;
  }

 private:
  const std::vector<std::string> parts_;
  const grpc::Status status_;
  const End end_;
  v1::QueryStreamRequest request_;
  std::unique_ptr<grpc::Server> server_;
};

// Keeps what is written, and takes no more than `capacity` bytes.
class SmallOutput : public Output {
 public:
  explicit SmallOutput(size_t capacity) : capacity_(capacity) {}

  void Write(absl::string_view text) override { absl::StrAppend(&text_, text); }
  State state() const override {
    return text_.size() > capacity_ ? State::kClosedByReader : State::kOpen;
  }
  const std::string& text() const { return text_; }

 private:
  const size_t capacity_;
  std::string text_;
};

struct Streamed {
  absl::StatusOr<v1::ExecutionSummary> summary;
  std::string text;
};

Streamed Stream(FakeGateway& gateway, size_t capacity = 1 << 20) {
  StatementCaller caller(gateway.MakeClient(), /*interrupts=*/nullptr);
  SmallOutput output(capacity);
  Options options;
  options.database = "demo";
  options.sql = "SELECT";
  options.max_value_bytes = 7;
  options.consistency = client::AnyConsistency();
  options.display.format = Format::kJson;
  const auto writer = MakeResultWriter(options.display, output);
  auto summary = caller.Stream(options, *writer, output);
  return {.summary = std::move(summary), .text = output.text()};
}

Streamed Stream(std::vector<std::string> parts, grpc::Status status) {
  FakeGateway gateway(std::move(parts), std::move(status),
                      FakeGateway::End::kAfterParts);
  return Stream(gateway);
}

TEST(StatementStreamTest, PrintsEveryBatch) {
  FakeGateway gateway({kHeader, kRows, kRows, kSummary}, grpc::Status::OK,
                      FakeGateway::End::kAfterParts);
  const Streamed streamed = Stream(gateway);
  ASSERT_TRUE(streamed.summary.ok()) << streamed.summary.status();
  EXPECT_EQ(streamed.summary->command_tag(), "SELECT 2");
  EXPECT_EQ(
      streamed.text,
      "[\n  {\"a\": 1},\n  {\"a\": 2},\n  {\"a\": 1},\n  {\"a\": 2}\n]\n");
  EXPECT_EQ(gateway.request().database(), "demo");
  EXPECT_EQ(gateway.request().options().max_value_bytes(), 7);
  EXPECT_TRUE(gateway.request().options().consistency().any());
}

TEST(StatementStreamTest, LeavesTheEndOutWhenTheStreamBreaks) {
  const Streamed streamed =
      Stream({kHeader, kRows}, {grpc::StatusCode::UNAVAILABLE, "gone"});
  EXPECT_EQ(streamed.summary.status().message(), "gone");
  EXPECT_EQ(streamed.text, "[\n  {\"a\": 1},\n  {\"a\": 2}");
}

TEST(StatementStreamTest, PrintsNothingWhenItFailsBeforeItsRows) {
  const Streamed streamed =
      Stream({kHeader}, {grpc::StatusCode::INVALID_ARGUMENT, "division"});
  EXPECT_FALSE(streamed.summary.ok());
  EXPECT_EQ(streamed.text, "");
}

TEST(StatementStreamTest, TakesAnEndWithoutSummaryForAnError) {
  const Streamed streamed = Stream({kHeader, kRows}, grpc::Status::OK);
  EXPECT_TRUE(absl::IsInternal(streamed.summary.status()));
}

TEST(StatementStreamTest, CancelsWhenTheOutputTakesNoMore) {
  FakeGateway gateway({kHeader, kRows}, grpc::Status::OK,
                      FakeGateway::End::kNever);
  const Streamed streamed = Stream(gateway, /*capacity=*/1000);
  EXPECT_TRUE(absl::IsCancelled(streamed.summary.status()));
  EXPECT_LT(streamed.text.size(), 2000u);
}

}  // namespace
}  // namespace sluice::cli

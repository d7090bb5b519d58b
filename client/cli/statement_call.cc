// Fills the requests and takes the replies apart. Requests of statements differ
// in their messages' names alone.

#include "client/cli/statement_call.h"

#include <utility>

#include "absl/time/clock.h"
#include "client/cli/batch_joiner.h"

namespace sluice::cli {
namespace {

void SetDeadline(absl::Duration timeout, grpc::ClientContext& context) {
  if (timeout == absl::InfiniteDuration()) return;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

template <typename Request>
Request MakeRequest(const Options& options) {
  Request request;
  request.set_database(options.database);
  request.mutable_statement()->set_sql(options.sql);
  request.mutable_parameters()->Add(options.parameters.begin(),
                                    options.parameters.end());
  v1::RequestOptions& request_options = *request.mutable_options();
  request_options.set_max_rows(options.max_rows);
  request_options.set_max_bytes(options.max_bytes);
  request_options.set_max_value_bytes(options.max_value_bytes);
  request_options.set_on_limit(options.on_limit);
  return request;
}

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()));
}

// Passes the parts of a stream on. The writer begins with the first rows, so
// that a statement that fails before prints nothing.
class PartReader {
 public:
  explicit PartReader(ResultWriter& writer) : writer_(writer) {}

  absl::Status Take(v1::QueryStreamResponse& part) {
    if (part.has_header()) {
      joiner_ = std::make_unique<BatchJoiner>(
          std::move(*part.mutable_header()->mutable_metadata()));
      return absl::OkStatus();
    }
    if (joiner_ == nullptr || has_summary_) {
      return absl::InternalError("malformed stream: parts out of order");
    }
    if (part.has_batch()) return TakeBatch(*part.mutable_batch());
    if (part.has_summary()) TakeSummary(*part.mutable_summary());
    return absl::OkStatus();
  }

  bool has_summary() const { return has_summary_; }
  v1::ExecutionSummary& summary() { return summary_; }

 private:
  void Begin() {
    if (has_begun_) return;
    has_begun_ = true;
    writer_.Begin(joiner_->metadata());
  }

  absl::Status TakeBatch(v1::RowBatch& batch) {
    const auto rows = joiner_->Add(std::move(batch));
    if (!rows.ok()) return rows.status();
    if (!rows->has_value()) return absl::OkStatus();
    Begin();
    writer_.WriteRows(**rows);
    return absl::OkStatus();
  }

  void TakeSummary(v1::ExecutionSummary& summary) {
    Begin();
    writer_.End(summary);
    summary_.Swap(&summary);
    has_summary_ = true;
  }

  ResultWriter& writer_;
  std::unique_ptr<BatchJoiner> joiner_;
  bool has_begun_ = false;
  bool has_summary_ = false;
  v1::ExecutionSummary summary_;
};

}  // namespace

Outcome StatementCaller::Stream(const Options& options, ResultWriter& writer,
                                const Output& output) {
  grpc::ClientContext context;
  SetDeadline(options.timeout, context);
  const CancelOnInterrupt cancel(interrupts_, context);
  const auto request = MakeRequest<v1::QueryStreamRequest>(options);
  const auto stream = stub_.QueryStream(&context, request);
  PartReader reader(writer);
  absl::Status malformed;
  v1::QueryStreamResponse part;
  while (malformed.ok() && output.is_open() && stream->Read(&part)) {
    malformed = reader.Take(part);
  }
  if (!malformed.ok() || !output.is_open()) context.TryCancel();
  grpc::Status status = stream->Finish();
  if (!malformed.ok()) return {.status = ToGrpc(malformed)};
  if (status.ok() && !reader.has_summary()) {
    status = ToGrpc(absl::InternalError("malformed stream: it has no end"));
  }
  if (!status.ok()) return {.status = std::move(status)};
  return {.summary = std::move(reader.summary())};
}

Outcome StatementCaller::Execute(const Options& options, ResultWriter& writer) {
  grpc::ClientContext context;
  SetDeadline(options.timeout, context);
  const CancelOnInterrupt cancel(interrupts_, context);
  const auto request = MakeRequest<v1::ExecuteRequest>(options);
  v1::ExecuteResponse response;
  grpc::Status status = stub_.Execute(&context, request, &response);
  if (!status.ok()) return {.status = std::move(status)};
  const auto rows = ResultView::Make(response.result_set());
  if (!rows.ok()) return {.status = ToGrpc(rows.status())};
  WriteResult(response.result_set().metadata(), *rows, response.summary(),
              writer);
  return {.summary = std::move(*response.mutable_summary())};
}

StatementCaller::Class StatementCaller::Classify(const Options& options) {
  grpc::ClientContext context;
  SetDeadline(options.timeout, context);
  const CancelOnInterrupt cancel(interrupts_, context);
  v1::DescribeRequest request;
  request.set_database(options.database);
  request.mutable_statement()->set_sql(options.sql);
  v1::DescribeResponse response;
  grpc::Status status = stub_.Describe(&context, request, &response);
  return {.status = std::move(status), .is_read = response.read_only()};
}

grpc::Status StatementCaller::GetCapabilities(
    absl::Duration timeout, v1::GetCapabilitiesResponse& response) {
  grpc::ClientContext context;
  SetDeadline(timeout, context);
  const CancelOnInterrupt cancel(interrupts_, context);
  return stub_.GetCapabilities(&context, {}, &response);
}

}  // namespace sluice::cli

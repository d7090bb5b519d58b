#include "tests/support/stream_reader.h"

#include "tests/support/row_joiner.h"

namespace sluice::testing {
namespace {

grpc::ClientContext* WithDeadline(
    grpc::ClientContext& context,
    std::chrono::system_clock::time_point deadline) {
  context.set_deadline(deadline);
  return &context;
}

}  // namespace

StreamReader::StreamReader(v1::Database::Stub& stub,
                           const v1::QueryStreamRequest& request,
                           std::chrono::system_clock::time_point deadline)
    : reader_(stub.QueryStream(WithDeadline(context_, deadline), request)) {}

StreamReader::~StreamReader() {
  if (finished_) return;
  Cancel();
  Finish();
}

grpc::Status StreamReader::Finish() {
  finished_ = true;
  return reader_->Finish();
}

StreamOutcome StreamReader::ReadAll() {
  RowJoiner joiner;
  v1::QueryStreamResponse part;
  while (Read(part)) joiner.Add(part);
  StreamOutcome outcome;
  outcome.status = Finish();
  outcome.result_set = joiner.result();
  outcome.summary = joiner.summary();
  outcome.batch_count = joiner.batch_count();
  outcome.fragment_count = joiner.fragment_count();
  outcome.has_loose_fragments = joiner.HasLooseFragments();
  outcome.fault = joiner.fault();
  if (outcome.fault.empty() && outcome.status.ok() &&
      (!joiner.complete() || outcome.has_loose_fragments)) {
    outcome.fault = "the stream ends without its summary or a row";
  }
  return outcome;
}

}  // namespace sluice::testing

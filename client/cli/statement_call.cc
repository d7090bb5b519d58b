#include "client/cli/statement_call.h"

#include "client/cli/option_statement.h"

namespace sluice::cli {
namespace {

client::CallOptions MakeCallOptions(const Options& options,
                                    const StopOnInterrupt& stop) {
  return {.timeout = options.timeout,
          .stop = stop.token(),
          .max_rows = options.max_rows,
          .max_bytes = options.max_bytes,
          .max_value_bytes = options.max_value_bytes,
          .on_limit = options.on_limit,
          .request_id = options.request_id,
          .read_routing = options.read_routing};
}

}  // namespace

absl::StatusOr<v1::ExecutionSummary> StatementCaller::Stream(
    const Options& options, ResultWriter& writer, const Output& output) {
  const StopOnInterrupt stop(interrupts_);
  client::CallOptions call = MakeCallOptions(options, stop);
  call.consistency = options.consistency;
  absl::StatusOr<client::RowStream> stream =
      client_.ForDatabase(options.database)
          .QueryStream(MakeStatement(options), call);
  if (!stream.ok()) return stream.status();
  return WriteStream(*stream, writer, output);
}

absl::StatusOr<v1::ExecutionSummary> StatementCaller::Execute(
    const Options& options, ResultWriter& writer) {
  const StopOnInterrupt stop(interrupts_);
  client::CallOptions call = MakeCallOptions(options, stop);
  if (options.read_routing == v1::READ_ROUTING_AUTO) {
    call.consistency = options.consistency;
  }
  const absl::StatusOr<client::Rows> rows =
      client_.ForDatabase(options.database)
          .Execute(MakeStatement(options), call);
  if (!rows.ok()) return rows.status();
  WriteResult(*rows, writer);
  return rows->summary();
}

absl::StatusOr<bool> StatementCaller::IsRead(const Options& options) {
  const StopOnInterrupt stop(interrupts_);
  const absl::StatusOr<v1::DescribeResponse> description =
      client_.ForDatabase(options.database)
          .Describe(client::Statement(options.sql), v1::EXPLAIN_MODE_NONE,
                    {.timeout = options.timeout, .stop = stop.token()});
  if (!description.ok()) return description.status();
  return description->read_only();
}

absl::StatusOr<v1::GetCapabilitiesResponse> StatementCaller::GetCapabilities(
    absl::Duration timeout) {
  const StopOnInterrupt stop(interrupts_);
  return client_.GetCapabilities({.timeout = timeout, .stop = stop.token()});
}

absl::StatusOr<OpenTransaction> StatementCaller::Begin(
    const Options& options, const client::TransactionOptions& transaction) {
  return OpenTransaction::Begin(client_, interrupts_, options, transaction);
}

}  // namespace sluice::cli

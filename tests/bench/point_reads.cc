#include "tests/bench/point_reads.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <optional>
#include <utility>

namespace sluice::bench {
namespace {

constexpr char kSql[] = "SELECT abalance FROM pgbench_accounts WHERE aid = $1";
// Services set one; it is never reached.
constexpr std::chrono::seconds kDeadline(10);

// What is wrong with an answer; empty when nothing is.
std::string FaultOf(const grpc::Status& status,
                    const v1::QueryResponse& response) {
  if (!status.ok()) return status.error_message();
  const v1::ResultSet& rows = response.result_set();
  if (rows.row_count() != 1 || rows.columns_size() != 1 ||
      rows.columns(0).int64s().values_size() != 1) {
    return "the answer is not one row with one integer";
  }
  return "";
}

}  // namespace

// A slot for one call after the other.
struct PointReads::Call {
  std::unique_ptr<v1::Database::Stub> stub;
  v1::QueryRequest request;
  v1::QueryResponse response;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::QueryResponse>> reader;
  grpc::Status status;
  Clock::time_point started_at;
};

PointReads::PointReads(
    const PointReadOptions& options,
    const std::vector<std::shared_ptr<grpc::Channel>>& channels)
    : options_(options), random_(options.seed), keys_(1, options.rows) {
  for (int i = 0; i < options.in_flight; ++i) {
    auto call = std::make_unique<Call>();
    call->stub = v1::Database::NewStub(
        channels[static_cast<size_t>(i) % channels.size()]);
    call->request.set_database(options.database);
    call->request.mutable_statement()->set_sql(kSql);
    call->request.add_parameters();
    calls_.push_back(std::move(call));
  }
}

PointReads::~PointReads() = default;

void PointReads::Run() {
  const Clock::time_point begin = Clock::now();
  for (const std::unique_ptr<Call>& call : calls_) Start(*call, begin);
  size_t running = calls_.size();
  void* tag = nullptr;
  bool ok = false;
  while (running > 0 && queue_.Next(&tag, &ok)) {
    auto& call = *static_cast<Call*>(tag);
    const Clock::time_point now = Clock::now();
    End(call, now);
    if (now < options_.count_until) {
      Start(call, now);
    } else {
      --running;
    }
  }
  queue_.Shutdown();
  while (queue_.Next(&tag, &ok)) {
  }
}

void PointReads::Start(Call& call, Clock::time_point now) {
  call.started_at = now;
  call.request.mutable_parameters(0)->set_int64_value(keys_(random_));
  call.reader.reset();
  call.context.emplace();
  call.context->set_deadline(std::chrono::system_clock::now() + kDeadline);
  call.reader = call.stub->AsyncQuery(&*call.context, call.request, &queue_);
  call.reader->Finish(&call.response, &call.status, &call);
}

void PointReads::End(Call& call, Clock::time_point now) {
  const std::string fault = FaultOf(call.status, call.response);
  if (!fault.empty()) {
    if (errors_++ == 0) first_error_ = fault;
    return;
  }
  if (now < options_.count_from || now >= options_.count_until) return;
  latencies_us_.push_back(static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now -
                                                            call.started_at)
          .count()));
}

}  // namespace sluice::bench

#include "tests/bench/bench_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <initializer_list>
#include <optional>

#include "absl/strings/str_cat.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::bench {
namespace {

// Services set one; it is never reached.
constexpr std::chrono::seconds kDeadline(10);
// As pgbench loads them.
constexpr int64_t kAccountsPerBranch = 100'000;
constexpr int64_t kAccountsPerTeller = 10'000;
constexpr int64_t kMaxDelta = 5'000;

constexpr char kReadSql[] =
    "SELECT abalance FROM pgbench_accounts WHERE aid = $1";
constexpr char kInsertSql[] =
    "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) "
    "VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)";

int64_t UpTo(int64_t most, Random& random) {
  return std::uniform_int_distribution<int64_t>(1, most)(random);
}

template <typename Statement>
void SetSql(Statement& statement, const char* sql, int parameter_count) {
  statement.mutable_statement()->set_sql(sql);
  for (int i = 0; i < parameter_count; ++i) statement.add_parameters();
}

template <typename Statement>
void SetParameters(Statement& statement,
                   std::initializer_list<int64_t> numbers) {
  int i = 0;
  for (const int64_t number : numbers) {
    statement.mutable_parameters(i++)->set_int64_value(number);
  }
}

// A transaction of the script tpcb-like.
struct TpcbValues {
  TpcbValues(const CallTarget& target, Random& random)
      : aid(UpTo(target.accounts, random)),
        bid(UpTo(target.accounts / kAccountsPerBranch, random)),
        tid(UpTo(target.accounts / kAccountsPerTeller, random)),
        delta(std::uniform_int_distribution<int64_t>(-kMaxDelta,
                                                     kMaxDelta)(random)) {}
  int64_t aid;
  int64_t bid;
  int64_t tid;
  int64_t delta;
};

template <typename Request, typename Response>
class UnaryCall : public BenchCall {
 public:
  UnaryCall(const CallTarget& target,
            const std::shared_ptr<grpc::Channel>& channel)
      : target_(target), stub_(v1::Database::NewStub(channel)) {
    request_.set_database(target.database);
  }

  void Start(Random& random, grpc::CompletionQueue& queue, void* tag) final {
    Draw(random);
    reader_.reset();
    context_.emplace();
    context_->set_deadline(std::chrono::system_clock::now() + kDeadline);
    reader_ = Send(*stub_, *context_, queue);
    reader_->Finish(&response_, &status_, tag);
  }

  std::string FindFault() const final {
    if (!status_.ok()) return status_.error_message();
    return IsRight(response_) ? "" : "not the answer that was asked for";
  }

 protected:
  using Reader = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>;

  // Puts random values into the request.
  virtual void Draw(Random& random) = 0;
  virtual Reader Send(v1::Database::Stub& stub, grpc::ClientContext& context,
                      grpc::CompletionQueue& queue) const = 0;
  virtual bool IsRight(const Response& response) const = 0;

  const CallTarget target_;
  Request request_;

 private:
  const std::unique_ptr<v1::Database::Stub> stub_;
  Response response_;
  std::optional<grpc::ClientContext> context_;
  Reader reader_;
  grpc::Status status_;
};

class PointRead final : public UnaryCall<v1::QueryRequest, v1::QueryResponse> {
 public:
  PointRead(const CallTarget& target,
            const std::shared_ptr<grpc::Channel>& channel)
      : UnaryCall(target, channel) {
    SetSql(request_, kReadSql, 1);
  }

 private:
  void Draw(Random& random) override {
    SetParameters(request_, {UpTo(target_.accounts, random)});
  }
  Reader Send(v1::Database::Stub& stub, grpc::ClientContext& context,
              grpc::CompletionQueue& queue) const override {
    return stub.AsyncQuery(&context, request_, &queue);
  }
  bool IsRight(const v1::QueryResponse& response) const override {
    const v1::ResultSet& rows = response.result_set();
    return rows.row_count() == 1 && rows.columns_size() == 1 &&
           rows.columns(0).int64s().values_size() == 1;
  }
};

class Insert final : public UnaryCall<v1::ExecuteRequest, v1::ExecuteResponse> {
 public:
  Insert(const CallTarget& target,
         const std::shared_ptr<grpc::Channel>& channel)
      : UnaryCall(target, channel) {
    SetSql(request_, kInsertSql, 4);
  }

 private:
  void Draw(Random& random) override {
    const TpcbValues drawn(target_, random);
    SetParameters(request_, {drawn.tid, drawn.bid, drawn.aid, drawn.delta});
  }
  Reader Send(v1::Database::Stub& stub, grpc::ClientContext& context,
              grpc::CompletionQueue& queue) const override {
    return stub.AsyncExecute(&context, request_, &queue);
  }
  bool IsRight(const v1::ExecuteResponse& response) const override {
    return response.summary().rows_affected() == 1;
  }
};

class Tpcb final
    : public UnaryCall<v1::RunTransactionRequest, v1::RunTransactionResponse> {
 public:
  Tpcb(const CallTarget& target, const std::shared_ptr<grpc::Channel>& channel)
      : UnaryCall(target, channel) {
    SetSql(*request_.add_steps(),
           "UPDATE pgbench_accounts SET abalance = abalance + $1 "
           "WHERE aid = $2",
           2);
    SetSql(*request_.add_steps(), kReadSql, 1);
    SetSql(*request_.add_steps(),
           "UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2",
           2);
    SetSql(*request_.add_steps(),
           "UPDATE pgbench_branches SET bbalance = bbalance + $1 "
           "WHERE bid = $2",
           2);
    SetSql(*request_.add_steps(), kInsertSql, 4);
  }

 private:
  void Draw(Random& random) override {
    const TpcbValues drawn(target_, random);
    SetParameters(*request_.mutable_steps(0), {drawn.delta, drawn.aid});
    SetParameters(*request_.mutable_steps(1), {drawn.aid});
    SetParameters(*request_.mutable_steps(2), {drawn.delta, drawn.tid});
    SetParameters(*request_.mutable_steps(3), {drawn.delta, drawn.bid});
    SetParameters(*request_.mutable_steps(4),
                  {drawn.tid, drawn.bid, drawn.aid, drawn.delta});
  }
  Reader Send(v1::Database::Stub& stub, grpc::ClientContext& context,
              grpc::CompletionQueue& queue) const override {
    return stub.AsyncRunTransaction(&context, request_, &queue);
  }
  // One row in each step.
  bool IsRight(const v1::RunTransactionResponse& response) const override {
    return response.results_size() == request_.steps_size() &&
           response.summary().rows_affected() == request_.steps_size() &&
           response.results(1).result_set().row_count() == 1;
  }
};

template <typename Call>
CallFactory MakeFactory(const CallTarget& target) {
  return [target](const std::shared_ptr<grpc::Channel>& channel) {
    return std::make_unique<Call>(target, channel);
  };
}

}  // namespace

absl::StatusOr<CallFactory> FindCalls(const std::string& name,
                                      const CallTarget& target) {
  if (name == "point_read") return MakeFactory<PointRead>(target);
  if (name == "tpcb") return MakeFactory<Tpcb>(target);
  if (name == "insert") return MakeFactory<Insert>(target);
  return absl::InvalidArgumentError(absl::StrCat("no calls named ", name));
}

}  // namespace sluice::bench

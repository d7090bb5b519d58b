// BenchCall: a kind of call that the load client makes again and again.

#ifndef SLUICE_TESTS_BENCH_BENCH_CALL_H_
#define SLUICE_TESTS_BENCH_BENCH_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::bench {

using Random = std::mt19937_64;

// One call after the other.
class BenchCall {
 public:
  virtual ~BenchCall() = default;

  // Starts the next call, of random values; `tag` comes at its end.
  virtual void Start(Random& random, grpc::CompletionQueue& queue,
                     void* tag) = 0;
  // What is wrong with its answer; empty when nothing is.
  virtual std::string FindFault() const = 0;
};

using CallFactory = std::function<std::unique_ptr<BenchCall>(
    const std::shared_ptr<grpc::Channel>& channel)>;

struct CallTarget {
  std::string database;
  // Rows of pgbench_accounts, from aid 1; each key is as likely.
  int64_t accounts = 0;
};

// By name: "point_read" (Query), "tpcb" (RunTransaction of pgbench's tpcb-like
// script), "insert" (Execute of that script's INSERT).
// Errors: INVALID_ARGUMENT for another name.
absl::StatusOr<CallFactory> FindCalls(const std::string& name,
                                      const CallTarget& target);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_BENCH_CALL_H_

// CallLoad: one thread that keeps a number of unary calls in flight on gRPC's
// asynchronous API.

#ifndef SLUICE_TESTS_BENCH_CALL_LOAD_H_
#define SLUICE_TESTS_BENCH_CALL_LOAD_H_

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/bench_call.h"

namespace sluice::bench {

using Clock = std::chrono::steady_clock;

struct CallLoadOptions {
  CallFactory make_call;
  int in_flight = 0;
  uint64_t seed = 0;
  // Calls that end within this time count; after it no new one starts.
  Clock::time_point count_from;
  Clock::time_point count_until;
};

// Threads: Run on one; the results after it.
class CallLoad {
 public:
  // The calls are spread evenly over the channels.
  CallLoad(const CallLoadOptions& options,
           const std::vector<std::shared_ptr<grpc::Channel>>& channels);
  ~CallLoad();
  CallLoad(const CallLoad&) = delete;

  // Calls until `count_until` has passed and the last call has ended.
  void Run();

  // Of the calls that counted and succeeded, in microseconds.
  const std::vector<uint32_t>& latencies_us() const { return latencies_us_; }
  // Calls with a fault, counted or not.
  int64_t errors() const { return errors_; }
  const std::string& first_error() const { return first_error_; }

 private:
  struct Slot;

  void Start(Slot& slot, Clock::time_point now);
  void End(Slot& slot, Clock::time_point now);

  const CallLoadOptions options_;
  Random random_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<uint32_t> latencies_us_;
  int64_t errors_ = 0;
  std::string first_error_;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_CALL_LOAD_H_

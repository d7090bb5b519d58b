// PointReads: one thread that keeps a number of point reads in flight on
// gRPC's asynchronous API.

#ifndef SLUICE_TESTS_BENCH_POINT_READS_H_
#define SLUICE_TESTS_BENCH_POINT_READS_H_

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "sluice/v1/database.grpc.pb.h"

namespace sluice::bench {

using Clock = std::chrono::steady_clock;

struct PointReadOptions {
  std::string database;
  // Keys are 1 to `rows`, each as likely.
  int64_t rows = 0;
  int in_flight = 0;
  uint64_t seed = 0;
  // Calls that end within this time count; after it no new one starts.
  Clock::time_point count_from;
  Clock::time_point count_until;
};

// Threads: Run on one; the results after it.
class PointReads {
 public:
  // The calls are spread evenly over the channels.
  PointReads(const PointReadOptions& options,
             const std::vector<std::shared_ptr<grpc::Channel>>& channels);
  ~PointReads();
  PointReads(const PointReads&) = delete;

  // Reads until `count_until` has passed and the last call has ended.
  void Run();

  // Of the calls that counted and succeeded, in microseconds.
  const std::vector<uint32_t>& latencies_us() const { return latencies_us_; }
  // Calls that failed or gave anything but one row, counted or not.
  int64_t errors() const { return errors_; }
  const std::string& first_error() const { return first_error_; }

 private:
  struct Call;

  void Start(Call& call, Clock::time_point now);
  void End(Call& call, Clock::time_point now);

  const PointReadOptions options_;
  std::mt19937_64 random_;
  std::uniform_int_distribution<int64_t> keys_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<uint32_t> latencies_us_;
  int64_t errors_ = 0;
  std::string first_error_;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_POINT_READS_H_

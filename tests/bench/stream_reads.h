// StreamReads: reads whole results by Database.QueryStream, one after the
// other.

#ifndef SLUICE_TESTS_BENCH_STREAM_READS_H_
#define SLUICE_TESTS_BENCH_STREAM_READS_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::bench {

class StreamReads {
 public:
  StreamReads(const std::shared_ptr<grpc::Channel>& channel,
              const std::string& database, const std::string& sql);

  // Reads the result once; every batch is parsed, as a caller's would be.
  // Errors: those of the call; INTERNAL without a summary.
  absl::Status Read();

  // Rows of all results so far.
  int64_t row_count() const { return row_count_; }

 private:
  const std::unique_ptr<v1::Database::Stub> stub_;
  v1::QueryStreamRequest request_;
  int64_t row_count_ = 0;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_STREAM_READS_H_

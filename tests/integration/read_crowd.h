// ReadCrowd: callers who read the same until they are told to stop, and what
// they got.

#ifndef SLUICE_TESTS_INTEGRATION_READ_CROWD_H_
#define SLUICE_TESTS_INTEGRATION_READ_CROWD_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "sluice/v1/database.pb.h"
#include "tests/support/gateway_client.h"

namespace sluice::testing {

// Threads: any; it starts others.
class ReadCrowd {
 public:
  struct Record {
    grpc::Status status;
    // The first value, as FirstText.
    std::string value;
    std::string node;
    int attempts = 0;
    // On the node that answered.
    absl::Duration run_time;
    absl::Time start;
    absl::Time end;
  };

  // The callers share a connection.
  ReadCrowd(const ClientOptions& gateway, const v1::QueryRequest& request,
            int callers);
  ~ReadCrowd() { Stop(); }
  ReadCrowd(const ReadCrowd&) = delete;

  void Stop();

  // Those that have ended.
  int64_t count() const { return count_; }
  bool AwaitMore(int64_t count, absl::Duration limit = absl::Seconds(60)) const;
  // Waits until so many have been tried more than once.
  bool AwaitRetried(int64_t count) const;
  // Waits until so many reads that began from now on have been answered by the
  // node.
  bool AwaitServedBy(const std::string& node, int64_t count,
                     absl::Duration limit = absl::Seconds(40)) const;

  // Of reads that began at `since` or later and have ended, in the order of
  // their ends.
  std::vector<Record> records(absl::Time since = absl::InfinitePast()) const;

 private:
  void Read(const v1::QueryRequest& request);
  template <typename Condition>
  int64_t CountIf(const Condition& condition) const;

  GatewayClient client_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> count_ = 0;
  mutable Mutex mutex_;
  std::deque<Record> records_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

// How many reads that succeeded each node served.
std::map<std::string, int64_t> CountByNode(
    const std::vector<ReadCrowd::Record>& records);

// How many had to be tried more than once.
int64_t CountRetried(const std::vector<ReadCrowd::Record>& records);

// Fails for each that failed, or gave another value.
void ExpectAllGave(const std::vector<ReadCrowd::Record>& records,
                   const std::string& value);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_READ_CROWD_H_

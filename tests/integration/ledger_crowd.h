// LedgerCrowd: callers who write the ledger until they are told to stop, what
// they were told, and whether that is what the database has.

#ifndef SLUICE_TESTS_INTEGRATION_LEDGER_CROWD_H_
#define SLUICE_TESTS_INTEGRATION_LEDGER_CROWD_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/integration/ledger_writer.h"
#include "tests/support/gateway_client.h"
#include "tests/support/sql_session.h"

namespace sluice::testing {

// Threads: any; it starts others.
class LedgerCrowd {
 public:
  // So many that a fault that stops all writes meets a hundred.
  static constexpr size_t kCallers = 128;
  // Longer than a fault lasts, on a busy machine too: a gateway that is stopped
  // answers no call.
  static constexpr absl::Duration kDeadline = absl::Seconds(40);

  struct Record {
    LedgerWrite write;
    WriteResult result;
    absl::Time start;
    absl::Time end;
  };

  // The callers share a connection to each of the gateways that are given, and
  // are spread over them. The ids of their writes are above `last_id`, which
  // tells a crowd from those before it on the same cluster.
  explicit LedgerCrowd(const std::vector<ClientOptions>& gateways,
                       int64_t last_id = 0);
  ~LedgerCrowd() { Stop(); }
  LedgerCrowd(const LedgerCrowd&) = delete;

  void Stop();

  // Waits until that many have been acknowledged, in all or from now on.
  bool AwaitAcknowledged(int64_t count) const;
  bool AwaitMoreAcknowledged(int64_t count) const {
    return AwaitAcknowledged(acknowledged() + count);
  }
  int64_t acknowledged() const { return acknowledged_; }

  // Once they have stopped.
  std::vector<Record> records() const;

 private:
  void Write(GatewayClient& client, std::minstd_rand random,
             std::deque<Record>& records);

  std::deque<GatewayClient> clients_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> last_id_;
  std::atomic<int64_t> acknowledged_ = 0;
  std::array<std::deque<Record>, kCallers> records_;
  std::vector<std::thread> threads_;
};

// How often each write is in the ledger, for CheckLedger: to be run on the node
// that holds the truth.
std::string LedgerContentSql();

// From the fault until it was over, or service was back.
struct FaultTime {
  absl::Time begin;
  absl::Time end;
};

// Fails unless what was acknowledged is in the ledger once, what failed is not,
// the rest is there once or not at all and has a reference, every call ended
// typed and by its deadline, and a hundred writes or more were in progress
// during the fault.
void CheckLedger(const absl::StatusOr<SqlRows>& content,
                 const std::vector<LedgerCrowd::Record>& records,
                 const FaultTime& fault);

// How many were not acknowledged; prints each.
int CountFailed(const std::vector<LedgerCrowd::Record>& records);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_LEDGER_CROWD_H_

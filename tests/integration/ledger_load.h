// LedgerLoad: many writes of the ledger at once, and what became of each.

#ifndef SLUICE_TESTS_INTEGRATION_LEDGER_LOAD_H_
#define SLUICE_TESTS_INTEGRATION_LEDGER_LOAD_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "tests/integration/ledger_writer.h"
#include "tests/support/gateway_client.h"

namespace sluice::testing {

struct LedgerRecord {
  LedgerWrite write;
  WriteResult result;
};

struct LedgerLoadOptions {
  int64_t write_count = 0;
  // What each write is follows from it and the write's number.
  uint64_t seed = 0;
  // Writes in progress at a time.
  int threads = 32;
  // Connections to the gateway.
  int channels = 8;
  // Of the writes that may be repeated, how many have a deadline that may pass
  // at any moment of their life.
  double hasty_share = 0.01;
};

// Threads: one; it starts others.
class LedgerLoad {
 public:
  explicit LedgerLoad(const LedgerLoadOptions& options);

  // Does all writes, and waits for their ends.
  void Run(const ClientOptions& client);

  // In the order of their ids, from 0.
  const std::vector<LedgerRecord>& records() const { return records_; }

 private:
  LedgerWrite MakeWrite(int64_t id) const;

  const LedgerLoadOptions options_;
  std::vector<LedgerRecord> records_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_LEDGER_LOAD_H_

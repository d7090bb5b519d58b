// LedgerWriter: writes of the ledger, each by one of the ways in which the
// gateway takes a transaction, and how they ended.

#ifndef SLUICE_TESTS_INTEGRATION_LEDGER_WRITER_H_
#define SLUICE_TESTS_INTEGRATION_LEDGER_WRITER_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "tests/support/gateway_client.h"

namespace sluice::testing {

enum class WriteKind {
  kExecute,
  kExecuteWithId,
  kRunTransaction,
  kRunTransactionWithId,
  // All requests of the stream at once.
  kTransactAhead,
  // Each after the reply to the one before.
  kTransactInTurn,
};
inline constexpr WriteKind kWriteKinds[] = {
    WriteKind::kExecute,        WriteKind::kExecuteWithId,
    WriteKind::kRunTransaction, WriteKind::kRunTransactionWithId,
    WriteKind::kTransactAhead,  WriteKind::kTransactInTurn};
const char* NameOf(WriteKind kind);
// Whether it carries a `request_id`, so that it may be repeated.
bool HasRequestId(WriteKind kind);

// A row in `ledger_entry` and one in `balance_change`, in one transaction. The
// tables have no key: a write that is done twice must show.
struct LedgerWrite {
  int64_t id = 0;
  WriteKind kind = WriteKind::kExecute;
  absl::Duration deadline = GatewayClient::kDeadline;
};
// The statement that makes the two tables.
std::string MakeLedgerSql();

// What the caller of a write knows at its end.
enum class Ending {
  kAcknowledged,
  // For certain: nothing was written.
  kFailed,
  // Also gRPC's own errors, which leave the outcome open.
  kUnknown,
};
constexpr int kEndings = 3;
const char* NameOf(Ending ending);
Ending EndingOf(const grpc::Status& status);

struct WriteResult {
  Ending ending = Ending::kUnknown;
  grpc::Status status;
  // Empty where the gateway gave none.
  std::string outcome_reference;
  int attempts = 0;
  bool replayed = false;
};
std::ostream& operator<<(std::ostream& out, const WriteResult& result);

// Threads: any.
class LedgerWriter {
 public:
  // Lifetime: `client` outlives it.
  explicit LedgerWriter(GatewayClient& client) : client_(client) {}

  // Does it, or does it again.
  WriteResult Write(const LedgerWrite& write);

  // What GetTransactionOutcome says.
  Outcome<v1::GetTransactionOutcomeResponse> AskOutcome(
      const std::string& outcome_reference);
  // What it says once the transaction has ended; while it
  // has not, or no answer can be had, it is asked again.
  Outcome<v1::GetTransactionOutcomeResponse> AwaitOutcome(
      const std::string& outcome_reference);

 private:
  WriteResult Execute(const LedgerWrite& write);
  WriteResult RunTransaction(const LedgerWrite& write);
  WriteResult Transact(const LedgerWrite& write);

  GatewayClient& client_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_LEDGER_WRITER_H_

// The parts of a result that is streamed within a transaction.

#ifndef SLUICE_CLIENT_INTERNAL_TRANSACT_PARTS_H_
#define SLUICE_CLIENT_INTERNAL_TRANSACT_PARTS_H_

#include <memory>

#include "absl/status/status.h"
#include "sluice/client/internal/part_source.h"
#include "sluice/client/internal/transact_exchange.h"

namespace sluice::client::internal {

// Dropped before its end, it leaves the rest to be thrown away by the
// transaction's next call.
class TransactParts : public PartSource {
 public:
  TransactParts(std::shared_ptr<TransactExchange> exchange,
                std::shared_ptr<SentRequest> sent);
  TransactParts(const TransactParts&) = delete;
  ~TransactParts() override;

  bool Read(v1::QueryStreamResponse& part) override;
  absl::Status Finish() override;

 private:
  const std::shared_ptr<TransactExchange> exchange_;
  const std::shared_ptr<SentRequest> sent_;
  bool has_summary_ = false;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_TRANSACT_PARTS_H_

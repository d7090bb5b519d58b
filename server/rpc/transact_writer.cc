#include "server/rpc/transact_writer.h"

#include <utility>

#include "server/base/deadline.h"

namespace sluice::rpc {

Task<bool> TransactWriter::AwaitTurn() {
  interrupted_ = false;
  while (writing_ && !interrupted_) {
    WakeUp::WaitAwaiter turn = turn_.Wait();
    co_await turn;
  }
  co_return !writing_ && !failed_;
}

void TransactWriter::Send(const v1::TransactResponse& reply) {
  writing_ = true;
  stall_.Start(Deadline::In(max_stall_), [this] { Abort(); });
  SLUICE_TSAN(__tsan_release(static_cast<CompletionTag*>(this)));
  // gRPC has made bytes of it when this returns.
  stream_.Write(reply, static_cast<CompletionTag*>(this));
}

void TransactWriter::Write(v1::QueryStreamResponse& part,
                           std::function<void(bool)> written) {
  written_ = std::move(written);
  switch (part.part_case()) {
    case v1::QueryStreamResponse::kHeader:
      return Lend(*part.mutable_header(), *part_.mutable_header());
    case v1::QueryStreamResponse::kBatch:
      return Lend(*part.mutable_batch(), *part_.mutable_batch());
    case v1::QueryStreamResponse::kSummary:
      return Lend(*part.mutable_summary(), *part_.mutable_summary());
    case v1::QueryStreamResponse::PART_NOT_SET:
      return;
  }
}

template <typename Message>
void TransactWriter::Lend(Message& from, Message& to) {
  to.Swap(&from);
  Send(part_);
  from.Swap(&to);
}

void TransactWriter::Complete(bool ok) {
  loop_.Post([this, ok] { OnWritten(ok); });
}

void TransactWriter::OnWritten(bool ok) {
  writing_ = false;
  stall_.Stop();
  failed_ = failed_ || !ok;
  if (auto written = std::exchange(written_, nullptr)) return written(ok);
  turn_.Signal();
}

void TransactWriter::Interrupt() {
  interrupted_ = true;
  if (auto written = std::exchange(written_, nullptr)) return written(false);
  turn_.Signal();
}

Task<void> TransactWriter::Settle(absl::Duration patience) {
  if (writing_ && patience < max_stall_) {
    stall_.Start(Deadline::In(patience), [this] { Abort(); });
  }
  while (writing_) {
    WakeUp::WaitAwaiter turn = turn_.Wait();
    co_await turn;
  }
}

}  // namespace sluice::rpc

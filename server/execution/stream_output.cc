#include "server/execution/stream_output.h"

#include "server/base/deadline.h"

namespace sluice::execution {

void StreamOutput::Send(v1::QueryStreamResponse& part) {
  if (failed_) return;
  if (writing_) {
    waiting_.push_back(part);
  } else {
    Write(part);
  }
}

void StreamOutput::Write(v1::QueryStreamResponse& part) {
  writing_ = true;
  stall_.Start(Deadline::In(max_stall_), [this] { writer_.Abort(); });
  writer_.Write(part, [this](bool ok) { OnWritten(ok); });
}

void StreamOutput::OnWritten(bool ok) {
  writing_ = false;
  stall_.Stop();
  failed_ = failed_ || !ok;
  if (failed_) waiting_.clear();
  if (!waiting_.empty()) {
    v1::QueryStreamResponse part = std::move(waiting_.front());
    waiting_.pop_front();
    return Write(part);
  }
  if (settling_) return settled_.Open();
  if (on_idle_) on_idle_();
}

Task<void> StreamOutput::Settle(absl::Duration patience) {
  settling_ = true;
  if (!writing_) co_return;
  if (patience < max_stall_) {
    stall_.Start(Deadline::In(patience), [this] { writer_.Abort(); });
  }
  Latch::WaitAwaiter settled = settled_.Wait();
  co_await settled;
}

}  // namespace sluice::execution

#include "server/rpc/transact_reader.h"

namespace sluice::rpc {
namespace {

// Beyond either, gRPC makes the caller wait.
constexpr size_t kMaxPending = 64;
constexpr size_t kMaxPendingBytes = size_t{1} << 20;

}  // namespace

void TransactReader::ReadUnlessFull() {
  if (reading_ || ended_ || pending_.size() >= kMaxPending ||
      pending_bytes_ >= kMaxPendingBytes) {
    return;
  }
  reading_ = true;
  incoming_ = std::make_unique<v1::TransactRequest>();
  SLUICE_TSAN(__tsan_release(static_cast<CompletionTag*>(this)));
  stream_.Read(incoming_.get(), static_cast<CompletionTag*>(this));
}

void TransactReader::Complete(bool ok) {
  loop_.Post([this, ok] { OnRead(ok); });
}

void TransactReader::OnRead(bool ok) {
  reading_ = false;
  if (!ok) {
    incoming_.reset();
    const bool is_news = !std::exchange(ended_, true) && !has_end_;
    return is_news ? on_end_() : turn_.Signal();
  }
  const size_t bytes = incoming_->ByteSizeLong();
  has_end_ = has_end_ || incoming_->has_commit() || incoming_->has_rollback();
  pending_.push_back({std::move(incoming_), bytes});
  pending_bytes_ += bytes;
  ReadUnlessFull();
  turn_.Signal();
}

Task<std::unique_ptr<v1::TransactRequest>> TransactReader::Next() {
  while (pending_.empty() && !ended_) {
    WakeUp::WaitAwaiter turn = turn_.Wait();
    co_await turn;
  }
  if (pending_.empty() || closed_) co_return nullptr;
  std::unique_ptr<v1::TransactRequest> request =
      std::move(pending_.front().request);
  pending_bytes_ -= pending_.front().bytes;
  pending_.pop_front();
  ReadUnlessFull();
  co_return std::move(request);
}

void TransactReader::Close() {
  ended_ = true;
  closed_ = true;
  turn_.Signal();
}

Task<void> TransactReader::Settle() {
  while (reading_) {
    WakeUp::WaitAwaiter turn = turn_.Wait();
    co_await turn;
  }
}

}  // namespace sluice::rpc

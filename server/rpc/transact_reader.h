// TransactReader: reads the requests of an interactive transaction ahead of
// their turn, so that the end of the stream is noticed at once.

#ifndef SLUICE_SERVER_RPC_TRANSACT_READER_H_
#define SLUICE_SERVER_RPC_TRANSACT_READER_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/base/wake_up.h"
#include "server/rpc/completion_tag.h"
#include "server/rpc/transact_stream.h"
#include "sluice/v1/database.pb.h"

namespace sluice::rpc {

// Threads: belongs to one event loop.
// Lifetime: from Start until Settle has ended.
class TransactReader final : public CompletionTag {
 public:
  // `on_end` is called when the caller sends no more, and no request that has
  // come ends the transaction. By the end of that call this may be gone.
  TransactReader(TransactStream& stream, EventLoop& loop,
                 std::function<void()> on_end)
      : stream_(stream), loop_(loop), on_end_(std::move(on_end)) {}
  TransactReader(const TransactReader&) = delete;

  void Start() { ReadUnlessFull(); }

  // Waits for the next request. Null: there is none, or Close was called.
  Task<std::unique_ptr<v1::TransactRequest>> Next();

  // Gives out no more requests, and ends a Next that waits. By the end of this
  // call this may be gone.
  void Close();

  // Waits until gRPC has given back what it reads, which it does at the end of
  // the call. Closed by then.
  Task<void> Settle();

  void Complete(bool ok) override;

 private:
  struct Pending {
    std::unique_ptr<v1::TransactRequest> request;
    size_t bytes = 0;
  };

  void ReadUnlessFull();
  void OnRead(bool ok);

  TransactStream& stream_;
  EventLoop& loop_;
  const std::function<void()> on_end_;
  // What gRPC fills.
  std::unique_ptr<v1::TransactRequest> incoming_;
  bool reading_ = false;
  // No more will be read.
  bool ended_ = false;
  bool closed_ = false;
  // A commit or rollback has come.
  bool has_end_ = false;
  std::deque<Pending> pending_;
  size_t pending_bytes_ = 0;
  WakeUp turn_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TRANSACT_READER_H_

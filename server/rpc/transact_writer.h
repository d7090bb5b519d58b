// TransactWriter: writes the replies of an interactive transaction, one at a
// time; to the sink of a streamed result it is the caller's stream.

#ifndef SLUICE_SERVER_RPC_TRANSACT_WRITER_H_
#define SLUICE_SERVER_RPC_TRANSACT_WRITER_H_

#include <grpcpp/server_context.h>

#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/base/wake_up.h"
#include "server/execution/stream_output.h"
#include "server/rpc/completion_tag.h"
#include "server/rpc/transact_stream.h"
#include "sluice/v1/database.pb.h"

namespace sluice::rpc {

// Threads: belongs to one event loop.
// Lifetime: until Settle has ended.
class TransactWriter final : public execution::StreamWriter,
                             public CompletionTag {
 public:
  // A caller who takes nothing for `max_stall` is given up.
  TransactWriter(TransactStream& stream, grpc::ServerContext& context,
                 EventLoop& loop, absl::Duration max_stall)
      : stream_(stream),
        context_(context),
        loop_(loop),
        max_stall_(max_stall),
        stall_(loop) {}
  TransactWriter(const TransactWriter&) = delete;

  // Waits until a reply can be written. False: the caller is gone, or
  // Interrupt was called meanwhile.
  Task<bool> AwaitTurn();
  // Starts to write a reply, in its turn.
  void Send(const v1::TransactResponse& reply);

  // The request that the parts of a streamed result answer, and the state that
  // they tell.
  void SetSequence(int64_t sequence) { part_.set_sequence(sequence); }
  void SetState(v1::TransactionState state) { part_.set_state(state); }
  void Write(v1::QueryStreamResponse& part,
             std::function<void(bool)> written) override;
  void Abort() override { context_.TryCancel(); }

  // Ends what waits for a write, as if it had failed; the write goes on. By the
  // end of this call this may be gone.
  void Interrupt();

  // Waits until nothing is being written; gives the caller up after `patience`.
  Task<void> Settle(absl::Duration patience);

  void Complete(bool ok) override;

 private:
  // Sends part_ with `to`, which is of it, being `from`. Nothing is copied: a
  // batch is long.
  template <typename Message>
  void Lend(Message& from, Message& to);
  void OnWritten(bool ok);

  TransactStream& stream_;
  grpc::ServerContext& context_;
  EventLoop& loop_;
  const absl::Duration max_stall_;
  Timer stall_;
  v1::TransactResponse part_;
  bool writing_ = false;
  bool failed_ = false;
  bool interrupted_ = false;
  // Of the part that is being written, if it is one.
  std::function<void(bool)> written_;
  WakeUp turn_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TRANSACT_WRITER_H_

// TransactConversation: one call of Transact on the worker's loop: its requests
// in order, their replies, and its end.

#ifndef SLUICE_SERVER_RPC_TRANSACT_CONVERSATION_H_
#define SLUICE_SERVER_RPC_TRANSACT_CONVERSATION_H_

#include <grpcpp/server_context.h>

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/interactive_transaction.h"
#include "server/rpc/admission.h"
#include "server/rpc/transact_reader.h"
#include "server/rpc/transact_stream.h"
#include "server/rpc/transact_writer.h"
#include "server/rpc/unary_call.h"
#include "server/rpc/worker.h"
#include "sluice/v1/database.pb.h"

namespace sluice::rpc {

// One call, from its acceptance to its last completion.
struct TransactCall {
  explicit TransactCall(EventLoop& loop)
      : stream(&context), end(context, loop) {
    context.AsyncNotifyWhenDone(static_cast<CompletionTag*>(&end));
  }
  TransactCall(const TransactCall&) = delete;

  grpc::ServerContext context;
  TransactStream stream;
  CallEnd end;
};

// Threads: belongs to the worker's event loop.
// Lifetime: until Settle has ended.
class TransactConversation {
 public:
  // Lifetime: `admitted` outlives it.
  TransactConversation(Worker& worker, TransactCall& call,
                       AdmittedCall& admitted);
  TransactConversation(const TransactConversation&) = delete;

  // From the first request to the end of the transaction, whose connection has
  // been given back. The status is the call's; nothing is being written.
  Task<absl::Status> Run();

  // Waits for what gRPC gives back at the end of the call.
  Task<void> Settle() { return reader_.Settle(); }

 private:
  void Open();
  Task<absl::Status> Converse();
  // Whether a request may come here and now.
  absl::Status CheckOrder(const v1::TransactRequest& request);
  // Does what is asked and replies. An error ends the conversation.
  Task<absl::Status> Answer(const v1::TransactRequest& request);
  Task<absl::Status> Do(const v1::TransactRequest& request,
                        v1::TransactResponse& reply);
  Task<absl::Status> Begin(const v1::TransactBegin& begin,
                           v1::TransactResponse& reply);
  Task<absl::Status> RunWhole(const v1::TransactStatement& statement,
                              v1::TransactResponse& reply);
  Task<absl::Status> RunStream(const v1::TransactRequest& request);
  Task<absl::Status> Reply(v1::TransactResponse& reply);
  // Of a request that failed; the transaction goes on.
  Task<absl::Status> ReplyError(const v1::TransactRequest& request,
                                const absl::Status& status);
  absl::Status GoneStatus() const;

  Worker& worker_;
  TransactCall& call_;
  AdmittedCall& admitted_;
  TransactWriter writer_;
  TransactReader reader_;
  execution::InteractiveTransaction transaction_;
  Timer deadline_;
  std::optional<int64_t> last_sequence_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_TRANSACT_CONVERSATION_H_

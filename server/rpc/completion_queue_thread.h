// CompletionQueueThread: the one thread that takes completions off a queue.

#ifndef SLUICE_SERVER_RPC_COMPLETION_QUEUE_THREAD_H_
#define SLUICE_SERVER_RPC_COMPLETION_QUEUE_THREAD_H_

#include <grpcpp/completion_queue.h>

#include <memory>
#include <string>
#include <thread>

namespace sluice::rpc {

class CompletionQueueThread {
 public:
  explicit CompletionQueueThread(
      std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)) {}
  // Stopped, or never started.
  ~CompletionQueueThread() { Stop(); }
  CompletionQueueThread(const CompletionQueueThread&) = delete;

  // `name` is what the system shows, at most 15 bytes.
  void Start(std::string name);

  // After the server's Shutdown: runs what is left to its end and waits for
  // the thread.
  void Stop();

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

 private:
  void Run();

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::thread thread_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_COMPLETION_QUEUE_THREAD_H_

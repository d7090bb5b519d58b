#include "server/rpc/completion_queue_thread.h"

#include <pthread.h>

#include "server/rpc/completion_tag.h"

namespace sluice::rpc {

void CompletionQueueThread::Start(std::string name) {
  thread_ = std::thread([this, name = std::move(name)] {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    Run();
  });
}

void CompletionQueueThread::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    auto* completed = static_cast<CompletionTag*>(tag);
    SLUICE_TSAN(__tsan_acquire(completed));
    completed->Complete(ok);
  }
}

void CompletionQueueThread::Stop() {
  if (queue_ == nullptr) return;
  queue_->Shutdown();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Run();
  }
  queue_.reset();
}

}  // namespace sluice::rpc

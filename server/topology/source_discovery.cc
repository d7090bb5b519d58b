#include "server/topology/source_discovery.h"

#include <pthread.h>

#include <utility>

namespace sluice::topology {

SourceDiscovery::SourceDiscovery(EventLoop& loop, std::string cluster,
                                 std::unique_ptr<NodeSource> source,
                                 size_t max_name_bytes)
    : loop_(loop),
      source_(std::move(source)),
      nodes_(std::move(cluster), max_name_bytes) {}

SourceDiscovery::~SourceDiscovery() {
  stop_.Request();
  if (thread_.joinable()) thread_.join();
}

void SourceDiscovery::Start(Listener listener) {
  listener_ = std::move(listener);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "sluice-discover");
    Run();
  });
}

Task<void> SourceDiscovery::Stop() {
  if (!thread_.joinable()) co_return;
  stop_.Request();
  Latch::WaitAwaiter end = ended_.Wait();
  co_await end;
  // It has posted its end, and has nothing else to do.
  thread_.join();
}

void SourceDiscovery::Run() {
  while (!stop_.requested()) {
    SourceAnswer answer = source_->Ask(stop_);
    if (stop_.requested()) break;
    loop_.Post([this, nodes = std::move(answer.nodes)]() mutable {
      Take(std::move(nodes));
    });
    stop_.WaitFor(answer.pause);
  }
  loop_.Post([this] { ended_.Open(); });
}

void SourceDiscovery::Take(absl::StatusOr<std::vector<NodeAddress>> answer) {
  if (stop_.requested()) return;
  if (nodes_.Take(std::move(answer))) listener_(nodes_.nodes());
}

}  // namespace sluice::topology

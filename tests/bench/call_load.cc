#include "tests/bench/call_load.h"

#include <utility>

namespace sluice::bench {

// A place for one call after the other.
struct CallLoad::Slot {
  std::unique_ptr<BenchCall> call;
  Clock::time_point started_at;
};

CallLoad::CallLoad(const CallLoadOptions& options,
                   const std::vector<std::shared_ptr<grpc::Channel>>& channels)
    : options_(options), random_(options.seed) {
  for (int i = 0; i < options.in_flight; ++i) {
    auto slot = std::make_unique<Slot>();
    slot->call =
        options.make_call(channels[static_cast<size_t>(i) % channels.size()]);
    slots_.push_back(std::move(slot));
  }
}

CallLoad::~CallLoad() = default;

void CallLoad::Run() {
  const Clock::time_point begin = Clock::now();
  for (const std::unique_ptr<Slot>& slot : slots_) Start(*slot, begin);
  size_t running = slots_.size();
  void* tag = nullptr;
  bool ok = false;
  while (running > 0 && queue_.Next(&tag, &ok)) {
    auto& slot = *static_cast<Slot*>(tag);
    const Clock::time_point now = Clock::now();
    End(slot, now);
    if (now < options_.count_until) {
      Start(slot, now);
    } else {
      --running;
    }
  }
  queue_.Shutdown();
  while (queue_.Next(&tag, &ok)) {
  }
}

void CallLoad::Start(Slot& slot, Clock::time_point now) {
  slot.started_at = now;
  slot.call->Start(random_, queue_, &slot);
}

void CallLoad::End(Slot& slot, Clock::time_point now) {
  const std::string fault = slot.call->FindFault();
  if (!fault.empty()) {
    if (errors_++ == 0) first_error_ = fault;
    return;
  }
  if (now < options_.count_from || now >= options_.count_until) return;
  latencies_us_.push_back(static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now -
                                                            slot.started_at)
          .count()));
}

}  // namespace sluice::bench

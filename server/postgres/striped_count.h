// StripedCount: a count that each of some threads adds to, with nothing shared
// between them but what is read.

#ifndef SLUICE_SERVER_POSTGRES_STRIPED_COUNT_H_
#define SLUICE_SERVER_POSTGRES_STRIPED_COUNT_H_

#include <atomic>
#include <cstddef>
#include <vector>

namespace sluice::postgres {

// Threads: any; a stripe is written by one. A sum is of a moment for each
// stripe, not for all of them.
class StripedCount {
 public:
  explicit StripedCount(size_t stripes) : stripes_(stripes) {}
  StripedCount(const StripedCount&) = delete;

  // No read-modify-write: nobody else writes that stripe.
  void Add(size_t stripe, int change) {
    std::atomic<int>& value = stripes_[stripe].value;
    value.store(value.load(std::memory_order_relaxed) + change,
                std::memory_order_relaxed);
  }
  int Sum() const {
    int sum = 0;
    for (const Stripe& stripe : stripes_) {
      sum += stripe.value.load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  static constexpr size_t kCacheLineBytes = 64;
  struct alignas(kCacheLineBytes) Stripe {
    std::atomic<int> value{0};
  };

  std::vector<Stripe> stripes_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_STRIPED_COUNT_H_

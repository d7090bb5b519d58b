#include "tests/integration/ledger_load.h"

#include <deque>
#include <iterator>
#include <random>
#include <thread>

namespace sluice::testing {
namespace {

// About what a write takes under this load.
constexpr absl::Duration kLongestHaste = absl::Milliseconds(40);

}  // namespace

LedgerLoad::LedgerLoad(const LedgerLoadOptions& options)
    : options_(options), records_(static_cast<size_t>(options.write_count)) {
  for (int64_t id = 0; id < options.write_count; ++id) {
    records_[static_cast<size_t>(id)].write = MakeWrite(id);
  }
}

LedgerWrite LedgerLoad::MakeWrite(int64_t id) const {
  std::seed_seq seeds{options_.seed, static_cast<uint64_t>(id)};
  std::minstd_rand random(seeds);
  std::uniform_real_distribution<double> share(0, 1);
  LedgerWrite write;
  write.id = id;
  std::uniform_int_distribution<size_t> any(0, std::size(kWriteKinds) - 1);
  write.kind = kWriteKinds[any(random)];
  if (HasRequestId(write.kind) && share(random) < options_.hasty_share) {
    write.deadline = kLongestHaste * share(random);
  }
  return write;
}

void LedgerLoad::Run(const ClientOptions& client) {
  std::deque<GatewayClient> clients;
  for (int i = 0; i < options_.channels; ++i) clients.emplace_back(client);
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.threads; ++i) {
    threads.emplace_back(
        [this, &client = clients[static_cast<size_t>(i % options_.channels)]] {
          LedgerWriter writer(client);
          for (size_t next = next_++; next < records_.size(); next = next_++) {
            LedgerRecord& record = records_[next];
            record.result = writer.Write(record.write);
          }
        });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace sluice::testing

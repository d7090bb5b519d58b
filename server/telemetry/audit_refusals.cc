#include "server/telemetry/audit_refusals.h"

#include <cstddef>

#include "absl/time/clock.h"

namespace sluice::telemetry {
namespace {

constexpr size_t kMaxCounts = 1024;

}  // namespace

void AuditRefusals::Add(const AuditRefusal& refusal) {
  std::pair<std::string, std::string> key(refusal.reason, refusal.app);
  MutexLock lock(&mutex_);
  if (counts_.size() >= kMaxCounts && counts_.count(key) == 0) {
    key.second.clear();
  }
  Count& count = counts_[key];
  if (count.count++ > 0) return;
  count.reason = key.first;
  count.app = key.second;
  count.identity = std::string(refusal.identity);
  count.peer = std::string(refusal.peer);
  count.method = std::string(refusal.method);
  count.database = std::string(refusal.database);
  count.first_time = absl::Now();
}

std::vector<AuditRefusals::Count> AuditRefusals::Take() {
  std::map<std::pair<std::string, std::string>, Count> taken;
  {
    MutexLock lock(&mutex_);
    taken.swap(counts_);
  }
  std::vector<Count> counts;
  counts.reserve(taken.size());
  for (auto& [key, count] : taken) counts.push_back(std::move(count));
  return counts;
}

}  // namespace sluice::telemetry

#include "server/execution/statement_classes.h"

#include <coroutine>
#include <utility>

#include "server/identity/digest.h"

namespace sluice::execution {
namespace {

constexpr size_t kMaxEntries = 4096;
constexpr size_t kMaxBytes = size_t{8} << 20;

using Facts = absl::StatusOr<policy::StatementFacts>;

// Sends a text to the classifier's thread and comes back to the loop.
class ClassifyAwaiter {
 public:
  ClassifyAwaiter(EventLoop& loop, policy::StatementClassifier& classifier,
                  const std::string& sql)
      : loop_(loop), classifier_(classifier), sql_(sql) {}
  ClassifyAwaiter(const ClassifyAwaiter&) = delete;

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    EventLoop& loop = loop_;
    // Once this is queued the coroutine may go on at any moment.
    absl::Status queued =
        classifier_.Classify(sql_, [this, &loop, handle](Facts facts) {
          facts_ = std::move(facts);
          loop.Post([handle] { handle.resume(); });
        });
    if (queued.ok()) return true;
    facts_ = std::move(queued);
    return false;
  }
  Facts await_resume() { return std::move(facts_); }

 private:
  EventLoop& loop_;
  policy::StatementClassifier& classifier_;
  const std::string& sql_;
  Facts facts_;
};

policy::Fingerprint FingerprintOfText(absl::string_view sql) {
  policy::Fingerprint fingerprint{policy::Fingerprint::Of::kText};
  for (const char byte : identity::Sha256(sql).substr(0, 8)) {
    fingerprint.value =
        fingerprint.value << 8 | static_cast<unsigned char>(byte);
  }
  return fingerprint;
}

}  // namespace

const policy::StatementFacts* StatementClasses::Find(absl::string_view sql) {
  auto found = by_sql_.find(sql);
  if (found == by_sql_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->facts;
}

Task<absl::StatusOr<policy::StatementFacts>> StatementClasses::Classify(
    std::string sql) {
  ClassifyAwaiter classifying(loop_, classifier_, sql);
  absl::StatusOr<policy::StatementFacts> facts = co_await classifying;
  if (facts.ok()) {
    if (facts->fingerprint.of == policy::Fingerprint::Of::kNone) {
      facts->fingerprint = FingerprintOfText(sql);
    }
    Keep(std::move(sql), *facts);
  }
  co_return std::move(facts);
}

void StatementClasses::Keep(std::string sql,
                            const policy::StatementFacts& facts) {
  if (by_sql_.contains(sql)) return;
  bytes_ += sql.size();
  entries_.push_front(Entry{std::move(sql), facts});
  by_sql_.emplace(entries_.front().sql, entries_.begin());
  while (entries_.size() > kMaxEntries || bytes_ > kMaxBytes) {
    const Entry& oldest = entries_.back();
    bytes_ -= oldest.sql.size();
    by_sql_.erase(oldest.sql);
    entries_.pop_back();
  }
}

}  // namespace sluice::execution

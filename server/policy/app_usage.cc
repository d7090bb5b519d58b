#include "server/policy/app_usage.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"

namespace sluice::policy {
namespace {

absl::Status TooMuch(v1::ErrorReason reason, const App& app,
                     absl::string_view what, absl::string_view setting,
                     absl::string_view limit) {
  return MakeError(absl::StatusCode::kResourceExhausted, reason,
                   absl::StrCat("the app ", app.name, " already has ", limit,
                                " ", what, " (", setting, " of its limits)"),
                   {{"limit", limit}, {"executed", "no"}});
}

absl::Status TooFast(const App& app, absl::Duration wait) {
  const std::string limit = absl::StrCat(app.limits.max_calls_per_second);
  absl::Status status = MakeError(
      absl::StatusCode::kResourceExhausted, v1::ERROR_REASON_RATE_LIMIT,
      absl::StrCat("the app ", app.name, " makes more than ", limit,
                   " calls per second (max_calls_per_second of its limits)"),
      {{"limit", limit}, {"executed", "no"}});
  google::rpc::RetryInfo retry;
  ToProto(wait, retry.mutable_retry_delay());
  AttachDetail(status, retry.GetDescriptor()->full_name(), retry);
  return status;
}

}  // namespace

class AppUsage::Counters {
 public:
  absl::Status AddCall(const App& app, absl::Time now) {
    MutexLock lock(&mutex_);
    if (calls_ >= app.limits.max_calls) {
      return TooMuch(v1::ERROR_REASON_TOO_MANY_CALLS, app, "calls in progress",
                     "max_calls", absl::StrCat(app.limits.max_calls));
    }
    absl::Status status = Take(app, now);
    if (status.ok()) ++calls_;
    return status;
  }

  absl::Status AddTransaction(const App& app) {
    MutexLock lock(&mutex_);
    const uint32_t limit = app.limits.max_open_transactions;
    if (transactions_ >= limit) {
      return TooMuch(v1::ERROR_REASON_TOO_MANY_TRANSACTIONS, app,
                     "interactive transactions open", "max_open_transactions",
                     absl::StrCat(limit));
    }
    ++transactions_;
    return absl::OkStatus();
  }

  void RemoveCall() {
    MutexLock lock(&mutex_);
    --calls_;
  }

  void RemoveTransaction() {
    MutexLock lock(&mutex_);
    --transactions_;
  }

 private:
  // The token bucket as its one moment: that by which a bucket that nobody
  // takes from any more is full again.
  absl::Status Take(const App& app, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (app.limits.max_calls_per_second == 0) return absl::OkStatus();
    const absl::Duration share =
        absl::Seconds(1) / app.limits.max_calls_per_second;
    const absl::Duration whole = share * app.limits.burst_calls;
    // One who read the clock earlier may come later.
    now = last_call_ = std::max(now, last_call_);
    // The limits may have been others.
    full_at_ = std::clamp(full_at_, now, now + whole);
    const absl::Duration wait = full_at_ + share - (now + whole);
    if (wait > absl::ZeroDuration()) return TooFast(app, wait);
    full_at_ += share;
    return absl::OkStatus();
  }

  Mutex mutex_;
  uint32_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t transactions_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_call_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time full_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

AppUsage::AppUsage() = default;
AppUsage::~AppUsage() = default;

AppUsage::Place& AppUsage::Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  Release();
  counters_ = std::move(other.counters_);
  kind_ = other.kind_;
  return *this;
}

void AppUsage::Place::Release() {
  if (counters_ == nullptr) return;
  if (kind_ == Kind::kCall) {
    counters_->RemoveCall();
  } else {
    counters_->RemoveTransaction();
  }
  counters_ = nullptr;
}

absl::StatusOr<AppUsage::Place> AppUsage::AdmitCall(const App& app,
                                                    absl::Time now) {
  std::shared_ptr<Counters> counters = CountersOf(app.name);
  absl::Status status = counters->AddCall(app, now);
  if (!status.ok()) return status;
  return Place(std::move(counters), Place::Kind::kCall);
}

absl::StatusOr<AppUsage::Place> AppUsage::AdmitTransaction(const App& app) {
  std::shared_ptr<Counters> counters = CountersOf(app.name);
  absl::Status status = counters->AddTransaction(app);
  if (!status.ok()) return status;
  return Place(std::move(counters), Place::Kind::kTransaction);
}

std::shared_ptr<AppUsage::Counters> AppUsage::CountersOf(
    const std::string& app) {
  MutexLock lock(&mutex_);
  std::shared_ptr<Counters>& counters = by_app_[app];
  if (counters == nullptr) counters = std::make_shared<Counters>();
  return counters;
}

}  // namespace sluice::policy

#include "sluice/client/token_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/random/random.h"

namespace sluice::client {
namespace {

constexpr absl::Duration kInitialBackoff = absl::Milliseconds(100);
constexpr absl::Duration kMaxBackoff = absl::Seconds(10);
// A token that ends on its way to the server is of no use.
constexpr absl::Duration kMaxMargin = absl::Seconds(2);

// Between half of it and all: those who failed together do not come again
// together.
absl::Duration Jittered(absl::Duration backoff) {
  absl::InsecureBitGen random;
  return backoff * absl::Uniform<double>(random, 0.5, 1);
}

}  // namespace

TokenSource::TokenSource(const std::shared_ptr<grpc::ChannelInterface>& channel,
                         TokenOptions options, Clock clock)
    : stub_(v1::Tokens::NewStub(channel)),
      options_(std::move(options)),
      clock_(std::move(clock)),
      backoff_(kInitialBackoff) {}

TokenSource::~TokenSource() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!is_refreshing_) return;
  refresh_->Cancel();
  refreshed_.wait(lock, [this] { return !is_refreshing_; });
}

absl::StatusOr<std::string> TokenSource::Get(absl::Time deadline,
                                             const std::stop_token& stop) {
  if (options_.use == TokenUse::kOff) return std::string();
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const absl::Time now = clock_();
    if (HasToken(now)) {
      std::string token = token_.text;
      if (IsRenewalDue(now)) Start(now, lock);
      return token;
    }
    if (!is_refreshing_) Start(now, lock);
    absl::Status status = Await(deadline, stop, lock);
    if (!status.ok()) return status;
    if (!outcome_.ok()) return outcome_;
    // A new one is sent in any case. Empty: it was rejected meanwhile.
    if (!token_.text.empty()) return token_.text;
  }
}

void TokenSource::Reject(absl::string_view token) {
  const std::unique_lock<std::mutex> lock(mutex_);
  if (token == token_.text) token_ = Token();
}

bool TokenSource::IsRenewalDue(absl::Time now) const {
  return now >= token_.renewal && !is_refreshing_ && now >= next_attempt_;
}

void TokenSource::Start(absl::Time now, std::unique_lock<std::mutex>& lock) {
  is_refreshing_ = true;
  const auto refresh = std::make_shared<internal::TokenRefresh>(
      stub_, options_,
      [this, now](absl::StatusOr<internal::IssuedToken> issued) {
        Finish(std::move(issued), now);
      });
  refresh_ = refresh;
  const std::string renewed = HasToken(now) ? token_.text : std::string();
  lock.unlock();
  refresh->Start(renewed);
  lock.lock();
}

void TokenSource::Finish(absl::StatusOr<internal::IssuedToken> issued,
                         absl::Time asked) {
  const std::unique_lock<std::mutex> lock(mutex_);
  is_refreshing_ = false;
  outcome_ = issued.status();
  if (issued.ok()) {
    const absl::Duration margin = std::min(issued->third / 10, kMaxMargin);
    token_ = {.text = std::move(issued->text),
              .renewal = asked + 2 * issued->third,
              .end = asked + 3 * issued->third - margin};
    backoff_ = kInitialBackoff;
  } else {
    next_attempt_ = clock_() + Jittered(backoff_);
    backoff_ = std::min(2 * backoff_, kMaxBackoff);
  }
  refreshed_.notify_all();
}

absl::Status TokenSource::Await(absl::Time deadline,
                                const std::stop_token& stop,
                                std::unique_lock<std::mutex>& lock) {
  const auto is_over = [this] { return !is_refreshing_; };
  // A deadline of infinity is none that the clock of the system knows.
  if (deadline == absl::InfiniteFuture()) {
    refreshed_.wait(lock, stop, is_over);
  } else {
    refreshed_.wait_until(lock, stop, absl::ToChronoTime(deadline), is_over);
  }
  if (is_over()) return absl::OkStatus();
  if (stop.stop_requested()) {
    return absl::CancelledError("stopped while it waited for a token");
  }
  return absl::DeadlineExceededError(
      "the deadline passed while it waited for a token");
}

}  // namespace sluice::client

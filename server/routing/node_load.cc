#include "server/routing/node_load.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace sluice::routing {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kDecaySeconds = 10;
// By then it is a twentieth, and no more than a guess.
constexpr double kForgottenSeconds = 3 * kDecaySeconds;
// Of the way to a lower latency, that one answer goes at least.
constexpr double kLeastStep = 1.0 / 16;
constexpr double kMaxRise = 1.25;
constexpr int kFirstAnswers = 5;
// Finer than any network; keeps it from staying 0.
constexpr double kLeastNanos = 1000;

constexpr int kFailuresToEject = 3;
constexpr std::chrono::seconds kFirstEjection(1);
constexpr std::chrono::seconds kLongestEjection(30);

// Of the first so many in a row the last one.
std::chrono::seconds EjectionOf(int ejections) {
  constexpr int kDoublings = 5;
  return std::min(kLongestEjection,
                  kFirstEjection * (1 << std::min(ejections - 1, kDoublings)));
}

}  // namespace

NodeLoad::NodeLoad(topology::NodeAddress address)
    : address_(std::move(address)) {}

void NodeLoad::Begin(WorkKind kind) {
  ++in_flight_;
  ++by_kind_[static_cast<size_t>(kind)];
}

void NodeLoad::End(WorkKind kind) {
  --in_flight_;
  --by_kind_[static_cast<size_t>(kind)];
}

std::optional<double> NodeLoad::LatencyNanos(SteadyTime now) const {
  if (answers_ < kFirstAnswers) return std::nullopt;
  const double age = Seconds(now - measured_at_).count();
  if (age > kForgottenSeconds) return std::nullopt;
  // Where it changes nothing, it need not cost anything.
  if (age < kDecaySeconds / 1000) return latency_ns_;
  return latency_ns_ * std::exp(-age / kDecaySeconds);
}

void NodeLoad::NoteLatency(absl::Duration latency, SteadyTime now) {
  const double latency_ns =
      std::max(kLeastNanos, absl::ToDoubleNanoseconds(latency));
  const double age = Seconds(now - measured_at_).count();
  if (age > kForgottenSeconds) answers_ = 0;
  if (answers_ < kFirstAnswers) {
    latency_ns_ =
        answers_ == 0 ? latency_ns : std::min(latency_ns_, latency_ns);
    ++answers_;
  } else if (latency_ns > latency_ns_) {
    latency_ns_ = std::min(latency_ns, kMaxRise * latency_ns_);
  } else {
    const double step = std::clamp(age / kDecaySeconds, kLeastStep, 1.0);
    latency_ns_ += step * (latency_ns - latency_ns_);
  }
  measured_at_ = now;
  // Work of before the ejection proves nothing.
  if (IsEjected(now)) return;
  failures_ = 0;
  on_trial_ = false;
  if (ejections_ > 0 && now - ejected_until_ >= EjectionOf(ejections_)) {
    ejections_ = 0;
  }
}

void NodeLoad::NoteFailure(SteadyTime now) {
  if (IsEjected(now)) return;
  ++failures_;
  if (failures_ < kFailuresToEject && !on_trial_) return;
  failures_ = 0;
  on_trial_ = true;
  ++ejections_;
  ejected_until_ = now + EjectionOf(ejections_);
}

void NodeLoad::Renew() {
  answers_ = 0;
  failures_ = 0;
  ejections_ = 0;
  on_trial_ = false;
  ejected_until_ = SteadyTime::min();
}

}  // namespace sluice::routing

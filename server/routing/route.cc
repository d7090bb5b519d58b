#include "server/routing/route.h"

#include <utility>

#include "server/base/deadline.h"

namespace sluice::routing {

Route::Route(std::shared_ptr<NodeLoad> load, WorkKind kind,
             topology::NodeRole role, uint64_t epoch,
             std::optional<absl::Duration> lag)
    : load_(std::move(load)),
      kind_(kind),
      role_(role),
      epoch_(epoch),
      lag_(lag) {
  load_->Begin(kind_);
}

Route::Route(Route&& other) noexcept
    : load_(std::move(other.load_)),
      kind_(other.kind_),
      role_(other.role_),
      epoch_(other.epoch_),
      has_waited_(other.has_waited_),
      lag_(other.lag_) {}

Route& Route::operator=(Route&& other) noexcept {
  if (this == &other) return *this;
  End();
  load_ = std::move(other.load_);
  kind_ = other.kind_;
  role_ = other.role_;
  epoch_ = other.epoch_;
  has_waited_ = other.has_waited_;
  lag_ = other.lag_;
  return *this;
}

Route::~Route() { End(); }

void Route::NoteLatency(absl::Duration latency) {
  load_->NoteLatency(latency, SteadyNow());
  if (kind_ != WorkKind::kTrialRead) return;
  // The trial is over, however long the rest takes.
  load_->End(kind_);
  kind_ = WorkKind::kRead;
  load_->Begin(kind_);
}

void Route::NoteFailure() { load_->NoteFailure(SteadyNow()); }

void Route::End() {
  if (load_ != nullptr) load_->End(kind_);
  load_ = nullptr;
}

}  // namespace sluice::routing

// RevocationUnion: what is revoked by the control database or by the deny list.

#ifndef SLUICE_SERVER_CONTROL_REVOCATION_UNION_H_
#define SLUICE_SERVER_CONTROL_REVOCATION_UNION_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"
#include "server/identity/revocations.h"

namespace sluice::control {

// Threads: any.
class RevocationUnion {
 public:
  using Listener =
      std::function<void(std::shared_ptr<const identity::Revocations>)>;

  // `listener` gets the union of both whenever one has changed. A lock is held
  // meanwhile, so that the last that it gets is the newest: it must not come
  // back here.
  explicit RevocationUnion(Listener listener)
      : listener_(std::move(listener)) {}
  RevocationUnion(const RevocationUnion&) = delete;

  void SetControlled(identity::Revocations revocations);
  void SetDenyList(identity::Revocations revocations);

 private:
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Listener listener_;
  Mutex mutex_;
  identity::Revocations controlled_ ABSL_GUARDED_BY(mutex_);
  identity::Revocations deny_list_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_REVOCATION_UNION_H_

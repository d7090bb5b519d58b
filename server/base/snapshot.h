// Snapshot: a value that is replaced whole while others read it.

#ifndef SLUICE_SERVER_BASE_SNAPSHOT_H_
#define SLUICE_SERVER_BASE_SNAPSHOT_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"

namespace sluice {

// Threads: any.
template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> value = nullptr)
      : value_(std::move(value)) {}
  Snapshot(const Snapshot&) = delete;

  // The value in force; whoever holds it keeps it alive.
  std::shared_ptr<const T> Get() const {
    MutexLock lock(&mutex_);
    return value_;
  }

  void Set(std::shared_ptr<const T> value) {
    MutexLock lock(&mutex_);
    value_.swap(value);
    // The one before ends after the lock, with `value`.
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_SNAPSHOT_H_

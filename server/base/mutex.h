// Mutex and MutexLock: absl's, with annotations for ThreadSanitizer, which
// sees nothing of Debian's uninstrumented Abseil.

#ifndef SLUICE_SERVER_BASE_MUTEX_H_
#define SLUICE_SERVER_BASE_MUTEX_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define SLUICE_TSAN(call) call
#else
#define SLUICE_TSAN(call)
#endif

namespace sluice {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() {
    mutex_.Lock();
    SLUICE_TSAN(__tsan_acquire(this));
  }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    SLUICE_TSAN(__tsan_release(this));
    mutex_.Unlock();
  }

 private:
  absl::Mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex)
      : mutex_(mutex) {
    mutex_->Lock();
  }
  MutexLock(const MutexLock&) = delete;
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }

 private:
  Mutex* const mutex_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_MUTEX_H_

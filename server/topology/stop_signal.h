// StopSignal: ends the waits of a thread, whatever it waits for.

#ifndef SLUICE_SERVER_TOPOLOGY_STOP_SIGNAL_H_
#define SLUICE_SERVER_TOPOLOGY_STOP_SIGNAL_H_

#include "absl/time/time.h"
#include "server/base/descriptor.h"

namespace sluice::topology {

// Threads: any.
class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;

  void Request();
  bool requested() const;

  // Waits so long, or until the request; whether that has come.
  bool WaitFor(absl::Duration limit) const;

  // Readable from the request on, for who waits for sockets as well. Nobody
  // reads it.
  int descriptor() const { return descriptor_.get(); }

 private:
  const Descriptor descriptor_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_STOP_SIGNAL_H_

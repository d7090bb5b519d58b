// Ctrl-C, as something to wait for and to cancel calls by.

#ifndef SLUICE_CLIENT_CLI_INTERRUPTS_H_
#define SLUICE_CLIENT_CLI_INTERRUPTS_H_

#include <thread>

#include "grpcpp/client_context.h"

namespace sluice::cli {

// Takes SIGINT while it lives; one at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Readable from a SIGINT until the next call of Clear().
  int descriptor() const { return read_end_; }

  // Whether one has come since the last Clear().
  bool HasCome() const;
  void Clear();

 private:
  int read_end_ = -1;
};

// Cancels a call at a SIGINT.
//
// Threads: one of its own while it lives.
class CancelOnInterrupt {
 public:
  // Lifetime: both outlive it. Without `interrupts` it does nothing.
  CancelOnInterrupt(const Interrupts* interrupts, grpc::ClientContext& context);
  ~CancelOnInterrupt();
  CancelOnInterrupt(const CancelOnInterrupt&) = delete;
  CancelOnInterrupt& operator=(const CancelOnInterrupt&) = delete;

 private:
  int stop_event_ = -1;
  std::thread thread_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_INTERRUPTS_H_

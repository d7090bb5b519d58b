// Ctrl-C, as something to wait for and to stop calls by.

#ifndef SLUICE_CLIENT_CLI_INTERRUPTS_H_
#define SLUICE_CLIENT_CLI_INTERRUPTS_H_

#include <stop_token>
#include <thread>

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

// Makes a SIGINT the stop of a call.
//
// Threads: one of its own while it lives.
class StopOnInterrupt {
 public:
  // Lifetime: `interrupts` outlives it; without it nothing stops the call.
  explicit StopOnInterrupt(const Interrupts* interrupts);
  // Of a call that lasts longer than this: stops it by `source`.
  StopOnInterrupt(const Interrupts* interrupts, std::stop_source source);
  ~StopOnInterrupt();
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

  const std::stop_source& source() const { return source_; }
  std::stop_token token() const { return source_.get_token(); }

 private:
  void Watch(const Interrupts* interrupts);

  std::stop_source source_;
  // Ends the thread.
  int end_event_ = -1;
  std::thread thread_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_INTERRUPTS_H_

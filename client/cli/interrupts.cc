// The handler writes to a pipe, which is all that it may do.

#include "client/cli/interrupts.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

namespace sluice::cli {
namespace {

std::atomic<int> write_end{-1};

void OnSigint(int) {
  const int saved_errno = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(write_end, &byte, 1);
  errno = saved_errno;
}

bool IsReadable(int descriptor) {
  pollfd wanted = {.fd = descriptor, .events = POLLIN};
  return poll(&wanted, 1, /*timeout=*/0) > 0;
}

}  // namespace

Interrupts::Interrupts() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  read_end_ = ends[0];
  write_end = ends[1];
  struct sigaction action = {};
  action.sa_handler = OnSigint;
  sigaction(SIGINT, &action, nullptr);
}

Interrupts::~Interrupts() {
  std::signal(SIGINT, SIG_DFL);
  close(write_end.exchange(-1));
  close(read_end_);
}

bool Interrupts::HasCome() const { return IsReadable(read_end_); }

void Interrupts::Clear() {
  char bytes[64];
  while (read(read_end_, bytes, sizeof bytes) > 0) continue;
}

StopOnInterrupt::StopOnInterrupt(const Interrupts* interrupts) {
  Watch(interrupts);
}

StopOnInterrupt::StopOnInterrupt(const Interrupts* interrupts,
                                 std::stop_source source)
    : source_(std::move(source)) {
  Watch(interrupts);
}

void StopOnInterrupt::Watch(const Interrupts* interrupts) {
  if (interrupts == nullptr) return;
  end_event_ = eventfd(0, EFD_CLOEXEC);
  const int interrupted = interrupts->descriptor();
  thread_ = std::thread([this, interrupted] {
    pollfd either[] = {{.fd = end_event_, .events = POLLIN},
                       {.fd = interrupted, .events = POLLIN}};
    while (poll(either, 2, /*timeout=*/-1) < 0 && errno == EINTR) continue;
    if (either[1].revents != 0) source_.request_stop();
  });
}

StopOnInterrupt::~StopOnInterrupt() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(end_event_, &one, sizeof one);
  thread_.join();
  close(end_event_);
}

}  // namespace sluice::cli

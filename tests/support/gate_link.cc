#include "tests/support/gate_link.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::testing {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
// What is slowed down goes in pieces so many times a second.
constexpr int64_t kPiecesPerSecond = 100;

enum class Reading { kNothing, kBytes, kEnd };

// Reads what is there into an empty buffer.
Reading ReadInto(std::string& bytes, int socket) {
  bytes.resize(kBufferBytes);
  const ssize_t count = recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  const int error = errno;
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  if (count > 0) return Reading::kBytes;
  if (count < 0 && (error == EAGAIN || error == EINTR)) {
    return Reading::kNothing;
  }
  return Reading::kEnd;
}

// Of no descriptor where nothing is waited for: poll reports a hang-up always.
pollfd MakePoll(int socket, bool read, bool write) {
  pollfd poll = {};
  poll.fd = read || write ? socket : -1;
  poll.events =
      static_cast<int16_t>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
  return poll;
}

bool IsReadable(const pollfd& poll) {
  return poll.fd >= 0 && (poll.events & POLLIN) != 0 &&
         (poll.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

}  // namespace

GateLink::GateLink(int client, int server) : client_(client), server_(server) {}

GateLink::~GateLink() {
  close(client_);
  close(server_);
}

bool GateLink::MayWrite(const Direction& direction, GateFlow::Passage passage,
                        absl::Time now) const {
  if (direction.bytes.empty() || passage == GateFlow::Passage::kStalled ||
      now < direction.next_at) {
    return false;
  }
  if (!plan_.has_value()) return true;
  return &direction == &to_server_ && plan_->how != CommitCut::kBeforeServer;
}

pollfd GateLink::client_poll(const GateFlow& flow, absl::Time now) const {
  return MakePoll(client_,
                  to_server_.bytes.empty() && !server_ended_ &&
                      flow.to_server == GateFlow::Passage::kOpen,
                  MayWrite(to_client_, flow.to_client, now));
}

pollfd GateLink::server_poll(const GateFlow& flow, absl::Time now) const {
  return MakePoll(server_,
                  to_client_.bytes.empty() && !server_ended_ &&
                      flow.to_client == GateFlow::Passage::kOpen,
                  MayWrite(to_server_, flow.to_server, now));
}

absl::Time GateLink::next_at(absl::Time now) const {
  absl::Time next = plan_.has_value() ? plan_->at : absl::InfiniteFuture();
  for (const Direction* direction : {&to_server_, &to_client_}) {
    if (!direction->bytes.empty() && direction->next_at > now) {
      next = std::min(next, direction->next_at);
    }
  }
  return next;
}

int64_t GateLink::Read(const pollfd& client, const pollfd& server) {
  if (cut_) return 0;
  const int64_t commits_before = watch_.commit_count();
  if (IsReadable(client)) {
    const Reading reading = ReadInto(to_server_.bytes, client_);
    if (reading == Reading::kBytes) watch_.Sent(to_server_.bytes);
    if (reading == Reading::kEnd) state_ = State::kEndedByClient;
  }
  if (IsReadable(server)) {
    server_ended_ = ReadInto(to_client_.bytes, server_) == Reading::kEnd;
  }
  return watch_.commit_count() - commits_before;
}

void GateLink::Write(const GateFlow& flow, absl::Time now) {
  if (cut_) return;
  if (MayWrite(to_server_, flow.to_server, now)) {
    WriteSome(to_server_, server_, flow, now);
  }
  if (MayWrite(to_client_, flow.to_client, now)) {
    const std::string before = to_client_.bytes;
    const size_t written = WriteSome(to_client_, client_, flow, now);
    watch_.Delivered(absl::string_view(before).substr(0, written));
  }
  // What the server said before its end is delivered first.
  if (server_ended_ && to_client_.bytes.empty() && state_ == State::kOpen) {
    state_ = State::kEndedByServer;
  }
}

size_t GateLink::WriteSome(Direction& direction, int socket,
                           const GateFlow& flow, absl::Time now) {
  size_t most = direction.bytes.size();
  if (flow.piece_bytes > 0) most = std::min(most, flow.piece_bytes);
  if (flow.bytes_per_second > 0) {
    most = std::min<size_t>(most,
                            static_cast<size_t>(std::max<int64_t>(
                                1, flow.bytes_per_second / kPiecesPerSecond)));
  }
  const ssize_t count =
      send(socket, direction.bytes.data(), most, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) direction.bytes.clear();
    return 0;
  }
  direction.bytes.erase(0, static_cast<size_t>(count));
  direction.next_at = absl::InfinitePast();
  if (flow.bytes_per_second > 0) {
    direction.next_at = now + absl::Seconds(1) * static_cast<double>(count) /
                                  static_cast<double>(flow.bytes_per_second);
  }
  return static_cast<size_t>(count);
}

void GateLink::PlanCut(CommitCut how, absl::Time at) {
  plan_ = Plan{how, how == CommitCut::kAtReply ? absl::InfiniteFuture() : at};
}

bool GateLink::CutIsDue(absl::Time now) const {
  if (!plan_.has_value() || cut_) return false;
  return now >= plan_->at || server_ended_ ||
         (plan_->how == CommitCut::kAtReply && !to_client_.bytes.empty());
}

void GateLink::Cut() {
  cut_ = true;
  std::string rest;
  if (ReadInto(rest, client_) == Reading::kBytes) watch_.Sent(rest);
  to_server_.bytes += rest;
  shutdown(client_, SHUT_RDWR);
  shutdown(server_, SHUT_RDWR);
}

}  // namespace sluice::testing

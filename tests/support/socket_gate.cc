#include "tests/support/socket_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/free_port.h"

namespace sluice::testing {
namespace {

constexpr int kBacklog = 128;
// A COMMIT and its reply take some hundred microseconds without fsync.
constexpr absl::Duration kLongestCommit = absl::Milliseconds(2);

// A socket's address in the form that the system takes.
struct NativeAddress {
  explicit NativeAddress(const SocketAddress& address) {
    if (absl::StartsWith(address.host, "/")) {
      auto& native = reinterpret_cast<sockaddr_un&>(storage);
      native.sun_family = AF_UNIX;
      const std::string path = SocketPath(address);
      std::strncpy(native.sun_path, path.c_str(), sizeof(native.sun_path) - 1);
      length = sizeof(native);
    } else {
      auto& native = reinterpret_cast<sockaddr_in&>(storage);
      native.sin_family = AF_INET;
      native.sin_port = htons(address.port);
      native.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      length = sizeof(native);
    }
  }

  // As libpq names it.
  static std::string SocketPath(const SocketAddress& address) {
    return absl::StrCat(address.host, "/.s.PGSQL.", address.port);
  }

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }

  sockaddr_storage storage = {};
  socklen_t length = 0;
};

int OpenSocket(const NativeAddress& address, int flags) {
  return socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags,
                0);
}

void SendAtOnce(int socket) {
  const int on = 1;
  // Unix sockets refuse it and need it not.
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// -1 when there is no connection to be had.
int Connect(const SocketAddress& server) {
  const NativeAddress address(server);
  const int connection = OpenSocket(address, 0);
  if (connection < 0) return -1;
  if (connect(connection, address.get(), address.length) != 0) {
    close(connection);
    return -1;
  }
  SendAtOnce(connection);
  return connection;
}

absl::Status SystemError(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketGate>> SocketGate::Start(
    const SocketAddress& server, uint64_t seed) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto gate = std::unique_ptr<SocketGate>(
      new SocketGate(*std::move(folder), server, seed));
  absl::Status status = gate->Admit();
  if (!status.ok()) return status;
  gate->thread_ = std::thread([gate = gate.get()] { gate->Run(); });
  return gate;
}

SocketGate::SocketGate(TempDir folder, const SocketAddress& server,
                       uint64_t seed)
    : folder_(std::move(folder)),
      server_(server),
      address_(server),
      wake_up_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      random_(seed) {
  if (absl::StartsWith(server.host, "/")) {
    address_.host = folder_.path();
  } else {
    address_.port = FindFreePort();
  }
}

SocketGate::~SocketGate() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    CloseListener();
  }
  Wake();
  if (thread_.joinable()) thread_.join();
  close(wake_up_);
}

void SocketGate::Wake() const { eventfd_write(wake_up_, 1); }

absl::Status SocketGate::Admit() {
  const NativeAddress address(address_);
  const int listener = OpenSocket(address, SOCK_NONBLOCK);
  if (listener < 0) return SystemError("socket");
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(listener, address.get(), address.length) != 0 ||
      listen(listener, kBacklog) != 0) {
    absl::Status status = SystemError("the gate can't listen");
    close(listener);
    return status;
  }
  {
    MutexLock lock(&mutex_);
    CloseListener();
    listener_ = listener;
  }
  Wake();
  return absl::OkStatus();
}

void SocketGate::Refuse() {
  MutexLock lock(&mutex_);
  CloseListener();
  Wake();
}

void SocketGate::CloseListener() {
  if (listener_ < 0) return;
  // The thread's poll may hold it open for a while.
  shutdown(listener_, SHUT_RDWR);
  close(listener_);
  listener_ = -1;
  if (absl::StartsWith(address_.host, "/")) {
    unlink(NativeAddress::SocketPath(address_).c_str());
  }
}

void SocketGate::SetFlow(const GateFlow& flow) {
  MutexLock lock(&mutex_);
  flow_ = flow;
  Wake();
}

void SocketGate::SetCuts(const GateCuts& cuts) {
  MutexLock lock(&mutex_);
  cuts_ = cuts;
  ScheduleCut(absl::Now());
  Wake();
}

void SocketGate::CutNextCommit(CommitCut how) {
  MutexLock lock(&mutex_);
  next_commit_cut_ = how;
}

int SocketGate::CutAll(absl::Duration apart) {
  MutexLock lock(&mutex_);
  std::vector<GateLink*> links;
  for (const std::unique_ptr<GateLink>& link : links_) {
    if (!link->cut() && !link->is_cancel_request()) links.push_back(link.get());
  }
  std::shuffle(links.begin(), links.end(), random_);
  absl::Time due = absl::Now();
  for (GateLink* const link : links) {
    // The system's sleep takes longer than that.
    while (absl::Now() < due) {
    }
    Cut(*link);
    due += apart;
  }
  Wake();
  return static_cast<int>(links.size());
}

GateCounts SocketGate::counts() const {
  MutexLock lock(&mutex_);
  return counts_;
}

void SocketGate::Run() {
  std::vector<pollfd> polls;
  while (true) {
    timespec timeout = {};
    {
      MutexLock lock(&mutex_);
      if (stopped_) break;
      const absl::Time now = absl::Now();
      polls = MakePolls(now);
      timeout = absl::ToTimespec(std::clamp(
          NextWakeUp(now) - now, absl::ZeroDuration(), absl::Seconds(1)));
    }
    ppoll(polls.data(), polls.size(), &timeout, nullptr);
    eventfd_t ignored = 0;
    eventfd_read(wake_up_, &ignored);
    MutexLock lock(&mutex_);
    const absl::Time now = absl::Now();
    Forward(polls, now);
    CutDue(now);
    RemoveEnded();
    Accept();
  }
  MutexLock lock(&mutex_);
  links_.clear();
}

std::vector<pollfd> SocketGate::MakePolls(absl::Time now) const {
  std::vector<pollfd> polls = {{wake_up_, POLLIN, 0}, {listener_, POLLIN, 0}};
  for (const std::unique_ptr<GateLink>& link : links_) {
    polls.push_back(link->client_poll(flow_, now));
    polls.push_back(link->server_poll(flow_, now));
  }
  return polls;
}

absl::Time SocketGate::NextWakeUp(absl::Time now) const {
  absl::Time next = next_cut_;
  for (const std::unique_ptr<GateLink>& link : links_) {
    next = std::min(next, link->next_at(now));
  }
  return next;
}

void SocketGate::Forward(const std::vector<pollfd>& polls, absl::Time now) {
  // Links that came later stand behind those that were polled.
  for (size_t i = 0; i < links_.size() && 2 * i + 3 < polls.size(); ++i) {
    GateLink& link = *links_[i];
    const int64_t commits =
        link.Read(/*client=*/polls[2 * i + 2], /*server=*/polls[2 * i + 3]);
    counts_.commits += commits;
    if (commits > 0) {
      if (const std::optional<CommitCut> how = DrawCommitCut()) {
        std::uniform_real_distribution<double> share(0, 1);
        link.PlanCut(*how, now + kLongestCommit * share(random_));
      }
    }
    link.Write(flow_, now);
  }
}

std::optional<CommitCut> SocketGate::DrawCommitCut() {
  if (next_commit_cut_.has_value()) {
    return std::exchange(next_commit_cut_, std::nullopt);
  }
  std::uniform_real_distribution<double> share(0, 1);
  if (share(random_) >= cuts_.commit_share) return std::nullopt;
  constexpr CommitCut kAll[] = {CommitCut::kBeforeServer,
                                CommitCut::kAfterServer, CommitCut::kAtReply};
  return kAll[std::uniform_int_distribution<size_t>(0, 2)(random_)];
}

void SocketGate::ScheduleCut(absl::Time now) {
  next_cut_ = absl::InfiniteFuture();
  if (cuts_.mean_interval == absl::InfiniteDuration()) return;
  std::exponential_distribution<double> intervals(1);
  next_cut_ = now + cuts_.mean_interval * intervals(random_);
}

void SocketGate::CutDue(absl::Time now) {
  for (const std::unique_ptr<GateLink>& link : links_) {
    if (link->CutIsDue(now)) Cut(*link);
  }
  if (now < next_cut_) return;
  ScheduleCut(now);
  if (links_.empty()) return;
  std::uniform_int_distribution<size_t> any(0, links_.size() - 1);
  GateLink& link = *links_[any(random_)];
  if (!link.cut() && !link.is_cancel_request()) Cut(link);
}

void SocketGate::Cut(GateLink& link) {
  link.Cut();
  ++counts_.cuts;
  if (link.waits_for_commit()) {
    ++counts_.commit_cuts;
    if (link.keeps_back()) ++counts_.commits_kept_back;
  }
}

void SocketGate::RemoveEnded() {
  const auto ended = [this](const std::unique_ptr<GateLink>& link) {
    if (link->cut()) return true;
    if (link->state() == GateLink::State::kEndedByServer &&
        link->waits_for_commit()) {
      ++counts_.commit_losses;
    }
    return link->state() != GateLink::State::kOpen;
  };
  links_.erase(std::remove_if(links_.begin(), links_.end(), ended),
               links_.end());
}

void SocketGate::Accept() {
  while (listener_ >= 0) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = Connect(server_);
    if (server < 0) {
      close(client);
      continue;
    }
    SendAtOnce(client);
    ++counts_.connections;
    links_.push_back(std::make_unique<GateLink>(client, server));
  }
}

}  // namespace sluice::testing

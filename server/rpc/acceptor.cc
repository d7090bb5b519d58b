#include "server/rpc/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/time/clock.h"
#include "server/telemetry/log.h"

namespace sluice::rpc {
namespace {

// Between looks at the ends of connections, whose places newcomers need.
constexpr int kAcceptsPerTurn = 64;
constexpr int kEventsPerTurn = 64;
// When neither a descriptor nor memory can be had.
constexpr absl::Duration kPause = absl::Milliseconds(50);
constexpr absl::Duration kTellingInterval = absl::Seconds(1);

// What an event is of; else it is the id of a connection.
constexpr uint64_t kListener = 0;
constexpr uint64_t kWakeUp = UINT64_MAX;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Descriptor OpenReserve() {
  return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool Watch(const Descriptor& epoll, int descriptor, uint32_t events,
           uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(
    const std::string& address, uint16_t port, ConnectionTable& table) {
  absl::StatusOr<TcpListener> listener = ListenOnTcp(address, port);
  if (!listener.ok()) return listener.status();
  auto acceptor =
      std::unique_ptr<Acceptor>(new Acceptor(*std::move(listener), table));
  if (!acceptor->epoll_.is_open() || !acceptor->wake_up_.is_open() ||
      !acceptor->reserve_.is_open()) {
    return absl::UnavailableError("no descriptor for the acceptor");
  }
  return acceptor;
}

Acceptor::Acceptor(TcpListener listener, ConnectionTable& table)
    : table_(table),
      port_(listener.port),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_up_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      listener_(std::move(listener.descriptor)),
      reserve_(OpenReserve()) {}

void Acceptor::Start(std::unique_ptr<Target> target) {
  target_ = std::move(target);
  Watch(epoll_, wake_up_.get(), EPOLLIN, kWakeUp);
  Watch(epoll_, listener_.get(), EPOLLIN, kListener);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "sluice-accept");
    Run();
  });
}

void Acceptor::StopAccepting() {
  if (!thread_.joinable()) return;
  if (order_.load() == Order::kAccept) Give(Order::kStopAccepting);
  port_closed_.WaitForNotification();
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  Give(Order::kEnd);
  thread_.join();
  listener_.Close();
  target_.reset();
}

void Acceptor::Give(Order order) {
  order_.store(order);
  const uint64_t one = 1;
  // It can only fail when it is full, which wakes the thread up as well.
  [[maybe_unused]] const ssize_t written =
      write(wake_up_.get(), &one, sizeof(one));
}

void Acceptor::Run() {
  epoll_event events[kEventsPerTurn];
  while (order_.load() != Order::kEnd) {
    const int count = epoll_wait(epoll_.get(), events, kEventsPerTurn, -1);
    bool newcomers = false;
    for (int i = 0; i < count; ++i) {
      const uint64_t id = events[i].data.u64;
      if (id == kListener) {
        newcomers = true;
      } else if (id == kWakeUp) {
        TakeOrder();
      } else if ((events[i].events & EPOLLHUP) != 0) {
        Forget(id);
      }
    }
    if (newcomers && listener_.is_open()) AcceptSome();
  }
}

void Acceptor::TakeOrder() {
  uint64_t signals = 0;
  [[maybe_unused]] const ssize_t size =
      read(wake_up_.get(), &signals, sizeof(signals));
  if (order_.load() == Order::kAccept || !listener_.is_open()) return;
  listener_.Close();
  port_closed_.Notify();
}

void Acceptor::Forget(uint64_t id) {
  const Descriptor duplicate = table_.Remove(id);
  // gRPC may still have it open, and then it would not leave by being closed.
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, duplicate.get(), nullptr);
}

void Acceptor::AcceptSome() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    SocketAddress peer;
    Descriptor connection(accept4(listener_.get(), peer.get(), &peer.size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.is_open()) {
      HandOver(std::move(connection), peer.storage);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno == EMFILE || errno == ENFILE) {
      RefuseWithoutDescriptor();
    } else if (errno == ENOBUFS || errno == ENOMEM) {
      return absl::SleepFor(kPause);
    }
    // Else this one connection has failed already (accept(2)).
  }
}

void Acceptor::HandOver(Descriptor connection, const sockaddr_storage& peer) {
  absl::StatusOr<ConnectionTable::Entry> entry =
      table_.Add(connection.get(), peer);
  if (!entry.ok()) return TellRefusal(entry.status().message());
  const int on = 1;
  setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // EPOLLHUP alone, and once: data is gRPC's affair.
  if (!Watch(epoll_, entry->descriptor, EPOLLET, entry->id)) {
    table_.Remove(entry->id);
    return TellRefusal("it cannot be watched");
  }
  Target::NewConnectionParameters parameters;
  parameters.listener_fd = listener_.get();
  parameters.fd = connection.Release();
  target_->HandleNewConnection(&parameters);
}

void Acceptor::RefuseWithoutDescriptor() {
  TellRefusal("no descriptor is left");
  if (!reserve_.is_open()) {
    reserve_ = OpenReserve();
    if (!reserve_.is_open()) return absl::SleepFor(kPause);
  }
  reserve_.Close();
  Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)).Close();
  reserve_ = OpenReserve();
}

void Acceptor::TellRefusal(absl::string_view cause) {
  ++refusals_;
  const absl::Time now = absl::Now();
  if (now - last_telling_ < kTellingInterval) return;
  telemetry::Log(telemetry::LogLevel::kWarning, "connection_refused",
                 {{"cause", cause}, {"refused_since_last", refusals_}});
  last_telling_ = now;
  refusals_ = 0;
}

}  // namespace sluice::rpc

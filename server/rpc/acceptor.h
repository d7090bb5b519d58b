// Acceptor: accepts connections and hands them to gRPC, within caps that gRPC
// itself has not.

#ifndef SLUICE_SERVER_RPC_ACCEPTOR_H_
#define SLUICE_SERVER_RPC_ACCEPTOR_H_

#include <grpcpp/server_builder.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "server/base/descriptor.h"
#include "server/base/tcp_listener.h"
#include "server/rpc/connection_table.h"

namespace sluice::rpc {

// One thread, sluice-accept, which also sees the end of each connection. What
// comes beyond a cap is closed at once, and so is what comes when the process
// has no descriptor left.
// Threads: one at a time.
class Acceptor {
 public:
  // Where gRPC takes connections.
  using Target = grpc::experimental::ExternalConnectionAcceptor;

  // Binds the port, 0 for a free one; nothing is accepted yet.
  // Lifetime: `table` outlives it.
  // Errors: UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(
      const std::string& address, uint16_t port, ConnectionTable& table);
  ~Acceptor() { Stop(); }
  Acceptor(const Acceptor&) = delete;

  uint16_t port() const { return port_; }

  // Accepts from now on. The target's server runs until this is stopped.
  void Start(std::unique_ptr<Target> target);

  // Closes the port; by the end of this the target gets no more. Before its
  // server's Shutdown. Idempotent.
  void StopAccepting();

  // Ends the thread as well. Idempotent.
  void Stop();

 private:
  enum class Order { kAccept, kStopAccepting, kEnd };

  Acceptor(TcpListener listener, ConnectionTable& table);

  // All below on the thread.
  void Run();
  void TakeOrder();
  void Forget(uint64_t id);
  void AcceptSome();
  void HandOver(Descriptor connection, const sockaddr_storage& peer);
  void RefuseWithoutDescriptor();
  // At most a line a second.
  void TellRefusal(absl::string_view cause);

  void Give(Order order);

  ConnectionTable& table_;
  const uint16_t port_;
  const Descriptor epoll_;
  const Descriptor wake_up_;
  Descriptor listener_;
  // Given up for as long as it takes to close a newcomer.
  Descriptor reserve_;
  std::unique_ptr<Target> target_;
  std::atomic<Order> order_{Order::kAccept};
  absl::Notification port_closed_;
  std::thread thread_;
  absl::Time last_telling_ = absl::InfinitePast();
  uint64_t refusals_ = 0;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_ACCEPTOR_H_

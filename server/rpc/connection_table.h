// ConnectionTable: the connections that gRPC has, their caps, and how to close
// one of them.

#ifndef SLUICE_SERVER_RPC_CONNECTION_TABLE_H_
#define SLUICE_SERVER_RPC_CONNECTION_TABLE_H_

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/descriptor.h"
#include "server/base/mutex.h"

namespace sluice::rpc {

// Holds a duplicate of each connection's descriptor: gRPC tells nobody when it
// closes a connection, nor does it close one for us.
// Threads: any.
class ConnectionTable {
 public:
  struct Caps {
    size_t connections;
    size_t connections_per_address;
    // Of one connection, until it is closed.
    size_t invalid_tokens;
  };
  struct Entry {
    uint64_t id;
    // The duplicate; it is the table's.
    int descriptor;
  };

  explicit ConnectionTable(const Caps& caps) : caps_(caps) {}
  ConnectionTable(const ConnectionTable&) = delete;

  // Takes in a connection, whose descriptor stays the caller's.
  // Errors: RESOURCE_EXHAUSTED at a cap or without a descriptor,
  // INVALID_ARGUMENT for an address that is no IP address.
  absl::StatusOr<Entry> Add(int descriptor, const sockaddr_storage& peer);

  // Forgets one that gRPC is done with; gives its duplicate, which is not open
  // when there is no such connection.
  Descriptor Remove(uint64_t id);

  // Closes the connection of that peer, as gRPC's ServerContext::peer() names
  // it; its calls end as if the network had cut it.
  void CloseConnection(absl::string_view peer);

  // The same once it is called as often as the cap of invalid tokens says.
  void CountInvalidToken(absl::string_view peer);

  size_t size() const;

 private:
  struct Connection {
    Descriptor duplicate;
    std::string endpoint;
    std::string host;
    size_t invalid_tokens = 0;
  };

  Connection* Find(absl::string_view peer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Caps caps_;
  mutable Mutex mutex_;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_map<uint64_t, Connection> connections_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint64_t> ids_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_CONNECTION_TABLE_H_

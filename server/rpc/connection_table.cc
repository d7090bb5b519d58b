#include "server/rpc/connection_table.h"

#include <fcntl.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/rpc/peer_address.h"

namespace sluice::rpc {
namespace {

// Does not block, so it may be done under the lock, which keeps the descriptor
// from being closed and used anew meanwhile.
void Cut(const Descriptor& connection) {
  shutdown(connection.get(), SHUT_RDWR);
}

}  // namespace

absl::StatusOr<ConnectionTable::Entry> ConnectionTable::Add(
    int descriptor, const sockaddr_storage& peer) {
  std::optional<PeerAddress> address = PeerAddressOf(peer);
  if (!address.has_value()) {
    return absl::InvalidArgumentError("the peer has no IP address");
  }
  MutexLock lock(&mutex_);
  if (connections_.size() >= caps_.connections) {
    return absl::ResourceExhaustedError("max_connections");
  }
  const auto count = counts_.find(address->host);
  if (count != counts_.end() &&
      count->second >= caps_.connections_per_address) {
    return absl::ResourceExhaustedError("max_connections_per_address");
  }
  Descriptor duplicate(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!duplicate.is_open()) {
    return absl::ResourceExhaustedError("no descriptor is left");
  }
  // The one before is about to end, or is one to another address of ours:
  // each endpoint has one connection, so that it can be found.
  const auto former = ids_.find(address->endpoint);
  if (former != ids_.end()) Cut(connections_.at(former->second).duplicate);

  const Entry entry{next_id_++, duplicate.get()};
  ids_[address->endpoint] = entry.id;
  ++counts_[address->host];
  connections_.emplace(
      entry.id, Connection{std::move(duplicate), std::move(address->endpoint),
                           std::move(address->host)});
  return entry;
}

Descriptor ConnectionTable::Remove(uint64_t id) {
  MutexLock lock(&mutex_);
  const auto found = connections_.find(id);
  if (found == connections_.end()) return Descriptor();
  const auto named = ids_.find(found->second.endpoint);
  if (named != ids_.end() && named->second == id) ids_.erase(named);
  const auto count = counts_.find(found->second.host);
  if (--count->second == 0) counts_.erase(count);
  Descriptor duplicate = std::move(found->second.duplicate);
  connections_.erase(found);
  return duplicate;
}

ConnectionTable::Connection* ConnectionTable::Find(absl::string_view peer) {
  const std::optional<PeerAddress> address = ParsePeer(peer);
  if (!address.has_value()) return nullptr;
  const auto id = ids_.find(address->endpoint);
  if (id == ids_.end()) return nullptr;
  return &connections_.at(id->second);
}

void ConnectionTable::CloseConnection(absl::string_view peer) {
  MutexLock lock(&mutex_);
  const Connection* connection = Find(peer);
  if (connection != nullptr) Cut(connection->duplicate);
}

void ConnectionTable::CountInvalidToken(absl::string_view peer) {
  MutexLock lock(&mutex_);
  Connection* connection = Find(peer);
  if (connection == nullptr) return;
  if (++connection->invalid_tokens >= caps_.invalid_tokens) {
    Cut(connection->duplicate);
  }
}

size_t ConnectionTable::size() const {
  MutexLock lock(&mutex_);
  return connections_.size();
}

}  // namespace sluice::rpc

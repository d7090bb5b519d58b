#include "client/cli/instances.h"

#include "sluice/client/channel.h"

namespace sluice::cli {

absl::StatusOr<Instances> Instances::Open(const Options& options) {
  Instances instances;
  for (const std::string& address : options.addresses) {
    client::ClientOptions connection = options.connection;
    connection.address = address;
    const auto channel = client::OpenChannel(connection);
    if (!channel.ok()) return channel.status();
    instances.instances_.push_back(
        {address, client::Admin(*channel, connection)});
  }
  return instances;
}

}  // namespace sluice::cli

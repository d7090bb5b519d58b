// The connection to the gateway: mutual TLS by certificate files.

#ifndef SLUICE_CLIENT_CLI_CHANNEL_H_
#define SLUICE_CLIENT_CLI_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/channel.h"

namespace sluice::cli {

// Where the gateway is, and who we are. Files are PEM.
struct ChannelOptions {
  // "host:port", or any target that gRPC resolves.
  std::string address;
  // The certificates that the gateway's must descend from.
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  // The name that the gateway's certificate must have. Empty: the host of
  // `address`.
  std::string server_name;
};

// Makes a channel; it connects with its first call. Messages of up to 64 MiB
// are taken, whatever limits the server has been given.
// Errors: FAILED_PRECONDITION where a file can't be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(
    const ChannelOptions& options);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_CHANNEL_H_

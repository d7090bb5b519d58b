// The connection to the gateway: mutual TLS by certificate files.

#ifndef SLUICE_CLIENT_CHANNEL_H_
#define SLUICE_CLIENT_CHANNEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/channel.h"
#include "sluice/client/options.h"

namespace sluice::client {

// Makes a channel, which Client::Open does by itself: for who also makes calls
// by the stubs. It connects with its first call. Messages of up to 64 MiB are
// taken, whatever limits the server has been given. Files that change later
// count for connections that are made some seconds after; the key and its
// certificate should change at once.
// Errors: FAILED_PRECONDITION where a file can't be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ClientOptions& options);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CHANNEL_H_

#include "sluice/client/channel.h"

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace sluice::client {
namespace {

constexpr int kMaxReceiveBytes = 64 << 20;
// What may arrive of a stream ahead of its reader. gRPC would let it grow with
// the bandwidth that it measures: to tens of MiB from a gateway nearby.
constexpr int kReadAheadBytes = 4 << 20;

absl::Status ReadFile(const std::string& path, std::string& contents) {
  std::ifstream file(path, std::ios::binary);
  contents.assign(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad() || contents.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("can't read a certificate or key from \"", path, "\""));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ClientOptions& options) {
  grpc::SslCredentialsOptions tls;
  absl::Status status = ReadFile(options.ca_file, tls.pem_root_certs);
  status.Update(ReadFile(options.certificate_file, tls.pem_cert_chain));
  status.Update(ReadFile(options.key_file, tls.pem_private_key));
  if (!status.ok()) return status;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kReadAheadBytes);
  if (!options.server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.server_name);
  }
  return grpc::CreateCustomChannel(options.address, grpc::SslCredentials(tls),
                                   arguments);
}

}  // namespace sluice::client

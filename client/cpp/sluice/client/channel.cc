#include "sluice/client/channel.h"

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/support/channel_arguments.h"

namespace sluice::client {
namespace {

constexpr int kMaxReceiveBytes = 64 << 20;
// What may arrive of a stream ahead of its reader. gRPC would let it grow with
// the bandwidth that it measures: to tens of MiB from a gateway nearby.
constexpr int kReadAheadBytes = 4 << 20;

// How often the files are looked at.
constexpr unsigned int kRefreshSeconds = 5;

absl::Status CheckFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string contents(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad() || contents.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("can't read a certificate or key from \"", path, "\""));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ClientOptions& options) {
  absl::Status status = CheckFile(options.ca_file);
  status.Update(CheckFile(options.certificate_file));
  status.Update(CheckFile(options.key_file));
  if (!status.ok()) return status;
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          options.key_file, options.certificate_file, options.ca_file,
          kRefreshSeconds));
  tls.watch_root_certs();
  tls.watch_identity_key_cert_pairs();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kReadAheadBytes);
  if (!options.server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.server_name);
  }
  return grpc::CreateCustomChannel(
      options.address, grpc::experimental::TlsCredentials(tls), arguments);
}

}  // namespace sluice::client

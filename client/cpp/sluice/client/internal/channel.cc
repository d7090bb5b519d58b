#include "sluice/client/internal/channel.h"

#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace sluice::client::internal {
namespace {

constexpr int kMaxReceiveBytes = 64 << 20;

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
  if (!options.server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.server_name);
  }
  return grpc::CreateCustomChannel(options.address, grpc::SslCredentials(tls),
                                   arguments);
}

}  // namespace sluice::client::internal

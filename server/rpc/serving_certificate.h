// ServingCertificate: the certificate that the server shows and the CAs whose
// clients it lets in, replaced while it runs.

#ifndef SLUICE_SERVER_RPC_SERVING_CERTIFICATE_H_
#define SLUICE_SERVER_RPC_SERVING_CERTIFICATE_H_

#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/descriptor.h"
#include "server/base/reload.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::rpc {

// gRPC can follow files, but takes whatever is in them, a certificate and a key
// that do not fit as well. So it follows files in memory (memfd_create(2)),
// where only what has been checked gets to, and the pair as one file.
// Threads: one at a time.
class ServingCertificate {
 public:
  // Reads the files that the configuration names.
  // Errors: INVALID_ARGUMENT, UNAVAILABLE (no file in memory can be had).
  static absl::StatusOr<std::unique_ptr<ServingCertificate>> Load(
      const config::v1::Listener& config);
  ServingCertificate(const ServingCertificate&) = delete;

  // For mutual TLS: a client without a certificate of the CAs gets no
  // connection.
  const std::shared_ptr<grpc::ServerCredentials>& credentials() const {
    return credentials_;
  }

  // Reads the files again; what is new is shown to new connections within a
  // second.
  // Errors: as Load; what was before stays.
  absl::StatusOr<Reload> ReadAgain();

 private:
  struct Material {
    std::string chain;
    std::string key;
    std::string roots;

    bool operator==(const Material&) const = default;
  };

  explicit ServingCertificate(config::v1::Listener config)
      : config_(std::move(config)) {}

  absl::StatusOr<Material> ReadFiles() const;
  // Replaces what `file` has, in one step.
  absl::Status Publish(absl::string_view text, Descriptor& file);
  absl::Status Publish(const Material& material);
  absl::Status MakeCredentials();

  const config::v1::Listener config_;
  Material material_;
  // Certificate chain and private key.
  Descriptor pair_;
  Descriptor roots_;
  int64_t last_modification_ = 0;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_SERVING_CERTIFICATE_H_

#include "server/rpc/serving_certificate.h"

#include <fcntl.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/identity/certificate_pair.h"

namespace sluice::rpc {
namespace {

constexpr size_t kMostFileBytes = 1024 * 1024;
constexpr unsigned int kRefreshSeconds = 1;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || text.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  if (text.size() > kMostFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is too long"));
  }
  return text;
}

absl::Status Annotate(const absl::Status& status, absl::string_view path) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

// Opens the same file anew, from its beginning.
std::string PathOf(const Descriptor& file) {
  return absl::StrCat("/proc/self/fd/", file.get());
}

absl::Status ErrnoStatus(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(
      "cannot keep the certificate: ", what, ": ", std::strerror(errno)));
}

absl::StatusOr<Descriptor> MakeFile(absl::string_view text) {
  Descriptor file(memfd_create("sluice-certificate", MFD_CLOEXEC));
  if (!file.is_open()) return ErrnoStatus("memfd_create");
  if (fchmod(file.get(), S_IRUSR | S_IWUSR) != 0) return ErrnoStatus("fchmod");
  const ssize_t written = write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) return ErrnoStatus("write");
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServingCertificate>> ServingCertificate::Load(
    const config::v1::Listener& config) {
  auto certificate =
      std::unique_ptr<ServingCertificate>(new ServingCertificate(config));
  absl::StatusOr<Reload> read = certificate->ReadAgain();
  if (!read.ok()) return read.status();
  absl::Status made = certificate->MakeCredentials();
  if (!made.ok()) return made;
  return certificate;
}

absl::StatusOr<Reload> ServingCertificate::ReadAgain() {
  absl::StatusOr<Material> material = ReadFiles();
  if (!material.ok()) return material.status();
  if (*material == material_) return Reload::kUnchanged;
  absl::Status published = Publish(*material);
  if (!published.ok()) return published;
  material_ = *std::move(material);
  return Reload::kChanged;
}

absl::StatusOr<ServingCertificate::Material> ServingCertificate::ReadFiles()
    const {
  Material material;
  for (const auto& [path, text] :
       {std::pair{&config_.certificate_file(), &material.chain},
        std::pair{&config_.private_key_file(), &material.key},
        std::pair{&config_.client_ca_file(), &material.roots}}) {
    absl::StatusOr<std::string> read = ReadFile(*path);
    if (!read.ok()) return read.status();
    *text = *std::move(read);
  }
  absl::Status status = Annotate(
      identity::CheckCertificatePair(material.chain, material.key, absl::Now()),
      config_.certificate_file());
  if (status.ok()) {
    status = Annotate(identity::CheckCaBundle(material.roots),
                      config_.client_ca_file());
  }
  if (!status.ok()) return status;
  return material;
}

absl::Status ServingCertificate::Publish(const Material& material) {
  // gRPC takes two readings for one when no time of modification has changed
  // meanwhile, in seconds.
  last_modification_ =
      std::max(absl::ToUnixSeconds(absl::Now()), last_modification_ + 1);
  absl::Status status =
      Publish(absl::StrCat(material.chain, "\n", material.key), pair_);
  if (status.ok()) status = Publish(material.roots, roots_);
  return status;
}

absl::Status ServingCertificate::Publish(absl::string_view text,
                                         Descriptor& file) {
  absl::StatusOr<Descriptor> next = MakeFile(text);
  if (!next.ok()) return next.status();
  const timespec time{last_modification_, 0};
  const timespec times[] = {time, time};
  if (futimens(next->get(), times) != 0) return ErrnoStatus("futimens");
  if (!file.is_open()) {
    file = *std::move(next);
  } else if (dup3(next->get(), file.get(), O_CLOEXEC) < 0) {
    return ErrnoStatus("dup3");
  }
  return absl::OkStatus();
}

absl::Status ServingCertificate::MakeCredentials() {
  for (const Descriptor* file : {&pair_, &roots_}) {
    const Descriptor opened(open(PathOf(*file).c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened.is_open()) return ErrnoStatus(PathOf(*file));
  }
  auto provider =
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          PathOf(pair_), PathOf(pair_), PathOf(roots_), kRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  credentials_ = grpc::experimental::TlsServerCredentials(options);
  return absl::OkStatus();
}

}  // namespace sluice::rpc

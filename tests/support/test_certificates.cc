#include "tests/support/test_certificates.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/child_process.h"
#include "tests/support/file.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr char kOpenSsl[] = "/usr/bin/openssl";

}  // namespace

absl::Status TestCertificates::MakeCa(const std::string& name) {
  return Run({"ca", folder_, name});
}

absl::Status TestCertificates::MakeServer(const std::string& ca,
                                          const std::string& name,
                                          const std::string& alt_name) {
  return Run({"server", folder_, ca, name, alt_name});
}

absl::Status TestCertificates::MakeClient(const std::string& ca,
                                          const std::string& name,
                                          const std::string& spiffe_id) {
  return Run({"client", folder_, ca, name, spiffe_id});
}

absl::Status TestCertificates::MakeExpiredClient(const std::string& ca,
                                                 const std::string& name,
                                                 const std::string& spiffe_id) {
  return Run({"client", folder_, ca, name, spiffe_id},
             {"SLUICE_CERTIFICATE_DAYS=0"});
}

absl::Status TestCertificates::MakeOddClient(const std::string& ca,
                                             const std::string& name,
                                             const std::string& alt_names) {
  const std::string request = absl::StrCat(folder_, "/", name, ".csr");
  const std::string extensions = absl::StrCat(folder_, "/", name, ".ext");
  std::string text = "extendedKeyUsage = clientAuth\n";
  if (!alt_names.empty()) {
    absl::StrAppend(&text, "subjectAltName = ", alt_names, "\n");
  }
  absl::Status status = WriteFile(extensions, text, 0600);
  if (!status.ok()) return status;
  ChildCommand command;
  command.arguments = {kOpenSsl,
                       "req",
                       "-new",
                       "-newkey",
                       "ec",
                       "-pkeyopt",
                       "ec_paramgen_curve:P-256",
                       "-nodes",
                       "-subj",
                       "/CN=" + name,
                       "-keyout",
                       KeyPath(name),
                       "-out",
                       request};
  status = RunCommand(command).status();
  if (!status.ok()) return status;
  command.arguments = {kOpenSsl,
                       "x509",
                       "-req",
                       "-in",
                       request,
                       "-out",
                       CertificatePath(name),
                       "-CA",
                       CertificatePath(ca),
                       "-CAkey",
                       KeyPath(ca),
                       "-set_serial",
                       "1",
                       "-days",
                       "1",
                       "-extfile",
                       extensions};
  return RunCommand(command).status();
}

std::string TestCertificates::CertificatePath(absl::string_view name) const {
  return absl::StrCat(folder_, "/", name, ".crt");
}

std::string TestCertificates::KeyPath(absl::string_view name) const {
  return absl::StrCat(folder_, "/", name, ".key");
}

absl::Status TestCertificates::Run(std::vector<std::string> arguments,
                                   std::vector<std::string> environment) const {
  ChildCommand command;
  command.arguments = std::move(arguments);
  command.arguments.insert(command.arguments.begin(),
                           SourcePath("deploy/local/lib/certificates"));
  command.environment = std::move(environment);
  return RunCommand(command).status();
}

}  // namespace sluice::testing

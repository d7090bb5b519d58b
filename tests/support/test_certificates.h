// TestCertificates: CAs and certificates, good ones and odd ones.

#ifndef SLUICE_TESTS_SUPPORT_TEST_CERTIFICATES_H_
#define SLUICE_TESTS_SUPPORT_TEST_CERTIFICATES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::testing {

// Made by deploy/local/lib/certificates, as those of the local stack are.
class TestCertificates {
 public:
  // Lifetime: `folder` exists as long as it.
  explicit TestCertificates(std::string folder) : folder_(std::move(folder)) {}

  absl::Status MakeCa(const std::string& name);
  absl::Status MakeServer(const std::string& ca, const std::string& name,
                          const std::string& alt_name);
  absl::Status MakeClient(const std::string& ca, const std::string& name,
                          const std::string& spiffe_id);
  // A client's that has expired.
  absl::Status MakeExpiredClient(const std::string& ca, const std::string& name,
                                 const std::string& spiffe_id);
  // A client's with other names than one URI, as openssl's subjectAltName
  // takes them ("URI:a,URI:b", "DNS:a"); none when empty.
  absl::Status MakeOddClient(const std::string& ca, const std::string& name,
                             const std::string& alt_names);

  std::string CertificatePath(absl::string_view name) const;
  std::string KeyPath(absl::string_view name) const;

 private:
  absl::Status Run(std::vector<std::string> arguments,
                   std::vector<std::string> environment = {}) const;

  const std::string folder_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_TEST_CERTIFICATES_H_

// Client certificates that no decent CA would make.

#ifndef SLUICE_TESTS_SUPPORT_FORGED_CERTIFICATE_H_
#define SLUICE_TESTS_SUPPORT_FORGED_CERTIFICATE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/support/test_certificates.h"

namespace sluice::testing {

struct Forgery {
  // Name of the CA whose key signs; none: its own key does.
  std::string ca = "ca";
  // Name of the CA that it says has signed it; `ca` when empty.
  std::string pretended_ca;
  // As openssl's subjectAltName takes them; none when empty.
  std::string alt_names = "URI:spiffe://sluice.test/app/app";
  // As openssl's extendedKeyUsage takes them; none when empty.
  std::string usage = "clientAuth";
  // From now on.
  absl::Duration start = -absl::Hours(1);
  absl::Duration end = absl::Hours(1);
};

// Makes the files of `certificates` of that name.
absl::Status ForgeCertificate(const TestCertificates& certificates,
                              const std::string& name, const Forgery& forgery);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_FORGED_CERTIFICATE_H_

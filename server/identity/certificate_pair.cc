#include "server/identity/certificate_pair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace sluice::identity {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPointer = std::unique_ptr<BIO, Free>;
using CertificatePointer = std::unique_ptr<X509, Free>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Free>;

BioPointer Open(absl::string_view pem) {
  return BioPointer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Instead of a question at the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/,
                 void* /*context*/) {
  return -1;
}

// Errors: INVALID_ARGUMENT for a block that is cut off or no certificate, and
// for none at all.
absl::StatusOr<std::vector<CertificatePointer>> ReadCertificates(
    absl::string_view pem) {
  const BioPointer bio = Open(pem);
  std::vector<CertificatePointer> certificates;
  ERR_clear_error();
  for (;;) {
    CertificatePointer certificate(
        PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
    if (certificate == nullptr) break;
    certificates.push_back(std::move(certificate));
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::InvalidArgumentError(absl::StrCat(
        "certificate ", certificates.size() + 1, " cannot be read"));
  }
  if (certificates.empty()) {
    return absl::InvalidArgumentError("there is no certificate");
  }
  return certificates;
}

absl::Status CheckValidity(const X509& certificate, absl::Time now) {
  time_t seconds = absl::ToTimeT(now);
  if (X509_cmp_time(X509_get0_notBefore(&certificate), &seconds) >= 0) {
    return absl::InvalidArgumentError("the certificate is not valid yet");
  }
  if (X509_cmp_time(X509_get0_notAfter(&certificate), &seconds) <= 0) {
    return absl::InvalidArgumentError("the certificate has expired");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCertificatePair(absl::string_view chain_pem,
                                  absl::string_view key_pem, absl::Time now) {
  absl::StatusOr<std::vector<CertificatePointer>> chain =
      ReadCertificates(chain_pem);
  if (!chain.ok()) return chain.status();
  const X509& leaf = *chain->front();
  absl::Status valid = CheckValidity(leaf, now);
  if (!valid.ok()) return valid;
  const KeyPointer key(PEM_read_bio_PrivateKey(Open(key_pem).get(), nullptr,
                                               NoPassphrase, nullptr));
  const bool fits =
      key != nullptr && X509_check_private_key(&leaf, key.get()) == 1;
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError("the private key cannot be read");
  }
  if (!fits) {
    return absl::InvalidArgumentError(
        "the private key is not that of the certificate");
  }
  return absl::OkStatus();
}

absl::Status CheckCaBundle(absl::string_view pem) {
  return ReadCertificates(pem).status();
}

}  // namespace sluice::identity

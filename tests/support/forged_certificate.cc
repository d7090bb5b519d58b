#include "tests/support/forged_certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "tests/support/file.h"

namespace sluice::testing {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_EXTENSION* extension) const {
    X509_EXTENSION_free(extension);
  }
};
template <typename T>
using Pointer = std::unique_ptr<T, Free>;

Pointer<BIO> Open(const std::string& path) {
  return Pointer<BIO>(BIO_new_file(path.c_str(), "r"));
}

std::string TextOf(BIO* bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio, &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

void AddExtension(X509& certificate, int kind, const std::string& value) {
  if (value.empty()) return;
  const Pointer<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  X509_add_ext(&certificate, extension.get(), -1);
}

}  // namespace

absl::Status ForgeCertificate(const TestCertificates& certificates,
                              const std::string& name, const Forgery& forgery) {
  const Pointer<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Pointer<X509> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 77);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()),
                  absl::ToInt64Seconds(forgery.start));
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()),
                  absl::ToInt64Seconds(forgery.end));
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key.get());
  AddExtension(*certificate, NID_subject_alt_name, forgery.alt_names);
  AddExtension(*certificate, NID_ext_key_usage, forgery.usage);

  const EVP_PKEY* signer = key.get();
  Pointer<EVP_PKEY> ca_key;
  X509_set_issuer_name(certificate.get(),
                       X509_get_subject_name(certificate.get()));
  const std::string issuer =
      forgery.pretended_ca.empty() ? forgery.ca : forgery.pretended_ca;
  if (!issuer.empty()) {
    const Pointer<X509> ca(
        PEM_read_bio_X509(Open(certificates.CertificatePath(issuer)).get(),
                          nullptr, nullptr, nullptr));
    if (ca == nullptr) return absl::NotFoundError(issuer);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(ca.get()));
  }
  if (!forgery.ca.empty()) {
    ca_key.reset(
        PEM_read_bio_PrivateKey(Open(certificates.KeyPath(forgery.ca)).get(),
                                nullptr, nullptr, nullptr));
    if (ca_key == nullptr) return absl::NotFoundError(forgery.ca);
    signer = ca_key.get();
  }
  if (X509_sign(certificate.get(), const_cast<EVP_PKEY*>(signer),
                EVP_sha256()) == 0) {
    return absl::InternalError("cannot sign");
  }

  const Pointer<BIO> text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(text.get(), certificate.get());
  absl::Status status =
      WriteFile(certificates.CertificatePath(name), TextOf(text.get()), 0600);
  const Pointer<BIO> key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0,
                                nullptr, nullptr);
  status.Update(
      WriteFile(certificates.KeyPath(name), TextOf(key_text.get()), 0600));
  return status;
}

}  // namespace sluice::testing

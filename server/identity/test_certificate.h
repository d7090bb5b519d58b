// Certificates for tests, as no CA should make them.

#ifndef SLUICE_SERVER_IDENTITY_TEST_CERTIFICATE_H_
#define SLUICE_SERVER_IDENTITY_TEST_CERTIFICATE_H_

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::identity {

// Signed by its own key, since nobody checks here who signed it.
class TestCertificate {
 public:
  TestCertificate() : certificate_(X509_new()), key_(Key()) {
    X509_set_version(certificate_, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
  }
  TestCertificate(const TestCertificate&) = delete;
  ~TestCertificate() {
    GENERAL_NAMES_free(names_);
    X509_free(certificate_);
  }

  // `type` is one of MBSTRING_UTF8, V_ASN1_BMPSTRING and the like.
  TestCertificate& CommonName(const std::string& name,
                              int type = MBSTRING_UTF8) {
    EXPECT_EQ(X509_NAME_add_entry_by_NID(
                  X509_get_subject_name(certificate_), NID_commonName, type,
                  reinterpret_cast<const unsigned char*>(name.data()),
                  static_cast<int>(name.size()), -1, 0),
              1);
    return *this;
  }

  TestCertificate& Uri(const std::string& uri) { return Name(GEN_URI, uri); }
  TestCertificate& Dns(const std::string& name) { return Name(GEN_DNS, name); }

  // Any further extension, as its DER.
  TestCertificate& Extension(int nid, const std::string& der) {
    ASN1_OCTET_STRING* data = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(data,
                          reinterpret_cast<const unsigned char*>(der.data()),
                          static_cast<int>(der.size()));
    X509_EXTENSION* extension =
        X509_EXTENSION_create_by_NID(nullptr, nid, 0, data);
    EXPECT_EQ(X509_add_ext(certificate_, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(data);
    return *this;
  }
  TestCertificate& Ca() {
    return Extension(NID_basic_constraints,
                     std::string("\x30\x03\x01\x01\xff", 5));
  }

  std::string Der() {
    Sign();
    unsigned char* data = nullptr;
    const int size = i2d_X509(certificate_, &data);
    std::string der(reinterpret_cast<const char*>(data),
                    static_cast<size_t>(size));
    OPENSSL_free(data);
    return der;
  }

  std::string Pem() { return ToPem("CERTIFICATE", Der()); }

  static std::string ToPem(const char* name, const std::string& der) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio(bio, name, "",
                  reinterpret_cast<const unsigned char*>(der.data()),
                  static_cast<long>(der.size()));
    char* data = nullptr;
    const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &data));
    std::string pem(data, size);
    BIO_free(bio);
    return pem;
  }

 private:
  static EVP_PKEY* Key() {
    static EVP_PKEY* const kKey =
        EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    return kKey;
  }

  TestCertificate& Name(int type, const std::string& text) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_IA5STRING* string = ASN1_IA5STRING_new();
    ASN1_STRING_set(string, text.data(), static_cast<int>(text.size()));
    GENERAL_NAME_set0_value(name, type, string);
    sk_GENERAL_NAME_push(names_, name);
    return *this;
  }

  void Sign() {
    if (sk_GENERAL_NAME_num(names_) > 0) {
      EXPECT_EQ(X509_add1_ext_i2d(certificate_, NID_subject_alt_name, names_, 0,
                                  X509V3_ADD_REPLACE),
                1);
    }
    EXPECT_GT(X509_sign(certificate_, key_, nullptr), 0);
  }

  X509* const certificate_;
  EVP_PKEY* const key_;
  GENERAL_NAMES* names_ = sk_GENERAL_NAME_new_null();
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TEST_CERTIFICATE_H_

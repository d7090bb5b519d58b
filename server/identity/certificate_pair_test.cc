#include "server/identity/certificate_pair.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sluice::identity {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

std::string TextOf(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);  // NOLINT
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

// A certificate for itself, valid from now for two days, and its key.
class OwnCertificate {
 public:
  OwnCertificate() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509_gmtime_adj(X509_getm_notBefore(certificate_), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 2 * 24 * 3600);
    X509_set_pubkey(certificate_, key_);
    X509_sign(certificate_, key_, EVP_sha256());
  }
  OwnCertificate(const OwnCertificate&) = delete;
  ~OwnCertificate() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }

  std::string Chain() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate_);
    return TextOf(bio);
  }
  std::string Key() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key_, nullptr, nullptr, 0, nullptr,
                                  nullptr);
    return TextOf(bio);
  }
  std::string LockedKey() const {
    std::string passphrase = "secret";
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(
        bio, key_, EVP_aes_256_cbc(), passphrase.data(),
        static_cast<int>(passphrase.size()), nullptr, nullptr);
    return TextOf(bio);
  }

 private:
  EVP_PKEY* const key_;
  X509* const certificate_;
};

class CertificatePairTest : public ::testing::Test {
 protected:
  static std::string FaultOf(const std::string& chain, const std::string& key,
                             absl::Duration from_now = kDay) {
    return std::string(
        CheckCertificatePair(chain, key, absl::Now() + from_now).message());
  }

  const OwnCertificate own_;
  const OwnCertificate other_;
};

TEST_F(CertificatePairTest, TakesACertificateWithItsKey) {
  EXPECT_EQ(FaultOf(own_.Chain(), own_.Key()), "");
  EXPECT_EQ(FaultOf(own_.Chain() + other_.Chain(), own_.Key()), "");
}

TEST_F(CertificatePairTest, RefusesTheKeyOfAnotherCertificate) {
  EXPECT_EQ(FaultOf(own_.Chain(), other_.Key()),
            "the private key is not that of the certificate");
  EXPECT_EQ(FaultOf(other_.Chain() + own_.Chain(), own_.Key()),
            "the private key is not that of the certificate");
}

TEST_F(CertificatePairTest, RefusesWhatIsNotValidNow) {
  EXPECT_EQ(FaultOf(own_.Chain(), own_.Key(), 3 * kDay),
            "the certificate has expired");
  EXPECT_EQ(FaultOf(own_.Chain(), own_.Key(), -kDay),
            "the certificate is not valid yet");
}

TEST_F(CertificatePairTest, RefusesAHalfWrittenCertificate) {
  const std::string chain = own_.Chain();
  EXPECT_EQ(FaultOf(chain.substr(0, chain.size() / 2), own_.Key()),
            "certificate 1 cannot be read");
  EXPECT_EQ(FaultOf(chain + chain.substr(0, chain.size() - 10), own_.Key()),
            "certificate 2 cannot be read");
  EXPECT_EQ(FaultOf("", own_.Key()), "there is no certificate");
}

TEST_F(CertificatePairTest, RefusesAKeyThatCannotBeRead) {
  const std::string key = own_.Key();
  for (const std::string& bad : {std::string(), key.substr(0, key.size() / 2),
                                 own_.LockedKey(), own_.Chain()}) {
    EXPECT_EQ(FaultOf(own_.Chain(), bad), "the private key cannot be read");
  }
}

TEST_F(CertificatePairTest, TakesABundleOfSeveralCas) {
  EXPECT_TRUE(CheckCaBundle(own_.Chain() + other_.Chain()).ok());
  EXPECT_TRUE(CheckCaBundle(absl::StrCat("# a\n", own_.Chain(), "\n# b\n",
                                         other_.Chain()))
                  .ok());
}

TEST_F(CertificatePairTest, RefusesABundleWithOneThatCannotBeRead) {
  const std::string chain = own_.Chain();
  EXPECT_FALSE(CheckCaBundle("").ok());
  EXPECT_FALSE(CheckCaBundle(own_.Key()).ok());
  std::string damaged = other_.Chain();
  damaged[damaged.size() / 2] = '!';
  EXPECT_FALSE(CheckCaBundle(chain + damaged).ok());
  EXPECT_FALSE(CheckCaBundle(damaged + chain).ok());
}

}  // namespace
}  // namespace sluice::identity

#include "server/identity/signing_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"
#include "server/identity/openssl_errors.h"

namespace sluice::identity {
namespace {

constexpr size_t kPublicKeyBytes = 32;
constexpr char kAlgorithm[] = "ED25519";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// For what fails only when there is no memory, or no OpenSSL to speak of.
void Require(bool done) {
  if (!done) std::abort();
}

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// In place of OpenSSL's, which asks at the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

std::string PublicKeyOf(const EVP_PKEY* key) {
  std::string bytes(kPublicKeyBytes, '\0');
  size_t size = bytes.size();
  Require(EVP_PKEY_get_raw_public_key(
              key, reinterpret_cast<unsigned char*>(bytes.data()), &size) ==
              1 &&
          size == kPublicKeyBytes);
  return bytes;
}

// RFC 7638, section 3: the required members in alphabetical order.
std::string ThumbprintOf(absl::string_view public_key) {
  return EncodeBase64Url(
      Sha256(absl::StrCat(R"({"crv":"Ed25519","kty":"OKP","x":")",
                          EncodeBase64Url(public_key), R"("})")));
}

std::string TokenHeaderOf(absl::string_view key_id) {
  return EncodeBase64Url(absl::StrCat(R"({"alg":"EdDSA","kid":")", key_id,
                                      R"(","typ":"at+jwt"})"));
}

}  // namespace

SigningKey::SigningKey(Key key)
    : key_(std::move(key)),
      public_key_(PublicKeyOf(key_.get())),
      id_(ThumbprintOf(public_key_)),
      token_header_(TokenHeaderOf(id_)) {}

SigningKey SigningKey::Generate() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, kAlgorithm), EVP_PKEY_free);
  Require(key != nullptr);
  return SigningKey(std::move(key));
}

absl::StatusOr<SigningKey> SigningKey::ParsePem(absl::string_view pem) {
  const OpensslErrors errors;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Require(bio != nullptr);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr),
          EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_is_a(key.get(), kAlgorithm) != 1) {
    return absl::InvalidArgumentError(
        "it is no Ed25519 private key in PEM without a password");
  }
  return SigningKey(std::move(key));
}

std::string SigningKey::Sign(absl::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  Require(context != nullptr &&
          EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                             key_.get()) == 1 &&
          EVP_DigestSign(context.get(),
                         reinterpret_cast<unsigned char*>(signature.data()),
                         &size, Bytes(message), message.size()) == 1 &&
          size == kSignatureBytes);
  return signature;
}

bool SigningKey::Verifies(absl::string_view message,
                          absl::string_view signature) const {
  const OpensslErrors errors;
  const Context context(EVP_MD_CTX_new());
  Require(context != nullptr &&
          EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                               key_.get()) == 1);
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                          Bytes(message), message.size()) == 1;
}

std::string SigningKey::ToPem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  Require(bio != nullptr &&
          PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr,
                                        0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio.get(), &data));
  return std::string(data, size);
}

}  // namespace sluice::identity

#include "server/identity/digest.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace sluice::identity {
namespace {

const EVP_MD* Sha256Algorithm() {
  // Never freed: looking it up takes as long as a short digest.
  static const EVP_MD* const kAlgorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kAlgorithm;
}

}  // namespace

std::string Sha256(absl::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  unsigned int size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(),
                              reinterpret_cast<unsigned char*>(digest.data()),
                              &size, Sha256Algorithm(), nullptr);
  // Only a lack of memory, or an OpenSSL without SHA-256, gets here.
  if (done != 1 || size != kSha256Bytes) std::abort();
  return digest;
}

}  // namespace sluice::identity

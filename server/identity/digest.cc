#include "server/identity/digest.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace sluice::identity {

std::string Sha256(absl::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  unsigned int size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(),
                              reinterpret_cast<unsigned char*>(digest.data()),
                              &size, EVP_sha256(), nullptr);
  // Only a lack of memory, or an OpenSSL without SHA-256, gets here.
  if (done != 1 || size != kSha256Bytes) std::abort();
  return digest;
}

}  // namespace sluice::identity

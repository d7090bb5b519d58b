// Digests of bytes.

#ifndef SLUICE_SERVER_IDENTITY_DIGEST_H_
#define SLUICE_SERVER_IDENTITY_DIGEST_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::identity {

inline constexpr size_t kSha256Bytes = 32;

// SHA-256 (FIPS 180-4): 32 bytes.
std::string Sha256(absl::string_view bytes);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_DIGEST_H_

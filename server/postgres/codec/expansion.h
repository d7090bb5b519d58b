// Expansion: bounds what values grow to when they are decoded.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_EXPANSION_H_
#define SLUICE_SERVER_POSTGRES_CODEC_EXPANSION_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/optimization.h"
#include "absl/status/status.h"

namespace sluice::postgres {

// Ten bytes can say 1e131000, and four that a composite of a thousand fields
// is NULL. Shared by the columns of a result.
class Expansion {
 public:
  explicit Expansion(int64_t max_bytes) : max_bytes_(max_bytes) {}
  Expansion(const Expansion&) = delete;
  Expansion& operator=(const Expansion&) = delete;

  // Counts a value that took `sent_bytes` and is `decoded_bytes` long.
  void Count(size_t decoded_bytes, size_t sent_bytes) {
    if (ABSL_PREDICT_FALSE(decoded_bytes > sent_bytes)) {
      bytes_ += static_cast<int64_t>(decoded_bytes - sent_bytes);
    }
  }

  int64_t bytes() const { return bytes_; }
  void Clear() { bytes_ = 0; }

  // Errors: RESOURCE_EXHAUSTED (BYTE_LIMIT) once more than the bound was
  // counted.
  absl::Status Check() const {
    return ABSL_PREDICT_TRUE(bytes_ <= max_bytes_) ? absl::OkStatus() : Error();
  }

 private:
  absl::Status Error() const;

  const int64_t max_bytes_;
  int64_t bytes_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_EXPANSION_H_

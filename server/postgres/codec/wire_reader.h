// Reads binary structures from a buffer and never beyond its end.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_WIRE_READER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_WIRE_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/base/optimization.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/big_endian.h"

namespace sluice::postgres {

// A cursor over bytes. Lifetime: the bytes outlive it and what it hands out.
class WireReader {
 public:
  explicit WireReader(absl::string_view bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  size_t remaining_bytes() const { return static_cast<size_t>(end_ - next_); }

  // False, with nothing read, when fewer bytes than an Int's are left.
  template <typename Int>
  bool Read(Int& value) {
    if (ABSL_PREDICT_FALSE(remaining_bytes() < sizeof(Int))) return false;
    value = LoadBigEndian<Int>(next_);
    next_ += sizeof(Int);
    return true;
  }

  // False, with nothing read, when fewer than `byte_count` bytes are left or
  // it is negative.
  bool ReadBytes(int32_t byte_count, absl::string_view& bytes) {
    if (ABSL_PREDICT_FALSE(byte_count < 0 ||
                           remaining_bytes() <
                               static_cast<size_t>(byte_count))) {
      return false;
    }
    bytes = absl::string_view(next_, static_cast<size_t>(byte_count));
    next_ += byte_count;
    return true;
  }

  // Bytes up to a NUL, which is read too. False, with nothing read, when none
  // is left.
  bool ReadCString(absl::string_view& bytes) {
    const void* end = std::memchr(next_, '\0', remaining_bytes());
    if (end == nullptr) return false;
    const auto* const nul = static_cast<const char*>(end);
    bytes = absl::string_view(next_, static_cast<size_t>(nul - next_));
    next_ = nul + 1;
    return true;
  }

 private:
  const char* next_;
  const char* const end_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_WIRE_READER_H_

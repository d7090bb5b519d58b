// Integers of any width in network byte order, as the protocol and the binary
// formats of types have them.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_BIG_ENDIAN_H_
#define SLUICE_SERVER_POSTGRES_CODEC_BIG_ENDIAN_H_

#include <cstdint>
#include <string>
#include <type_traits>

#include "server/base/endian.h"

namespace sluice::postgres {

// Reads sizeof(Int) bytes.
template <typename Int>
Int LoadBigEndian(const char* bytes) {
  static_assert(std::is_integral_v<Int>);
  if constexpr (sizeof(Int) == 1) {
    return static_cast<Int>(*bytes);
  } else if constexpr (sizeof(Int) == 2) {
    return static_cast<Int>(LoadBig16(bytes));
  } else if constexpr (sizeof(Int) == 4) {
    return static_cast<Int>(LoadBig32(bytes));
  } else {
    return static_cast<Int>(LoadBig64(bytes));
  }
}

// Writes sizeof(Int) bytes.
template <typename Int>
void StoreBigEndian(Int value, char* bytes) {
  static_assert(std::is_integral_v<Int>);
  if constexpr (sizeof(Int) == 1) {
    *bytes = static_cast<char>(value);
  } else if constexpr (sizeof(Int) == 2) {
    StoreBig16(static_cast<uint16_t>(value), bytes);
  } else if constexpr (sizeof(Int) == 4) {
    StoreBig32(static_cast<uint32_t>(value), bytes);
  } else {
    StoreBig64(static_cast<uint64_t>(value), bytes);
  }
}

template <typename Int>
void AppendBigEndian(Int value, std::string& out) {
  char bytes[sizeof(Int)];
  StoreBigEndian(value, bytes);
  out.append(bytes, sizeof(bytes));
}

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_BIG_ENDIAN_H_

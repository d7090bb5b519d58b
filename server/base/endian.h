// Big-endian (network order) integers in byte buffers.

#ifndef SLUICE_SERVER_BASE_ENDIAN_H_
#define SLUICE_SERVER_BASE_ENDIAN_H_

#include <endian.h>

#include <cstdint>
#include <cstring>

namespace sluice {

inline uint16_t LoadBig16(const char* bytes) {
  uint16_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return be16toh(value);
}

inline uint32_t LoadBig32(const char* bytes) {
  uint32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return be32toh(value);
}

inline uint64_t LoadBig64(const char* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return be64toh(value);
}

inline void StoreBig16(uint16_t value, char* bytes) {
  value = htobe16(value);
  std::memcpy(bytes, &value, sizeof(value));
}

inline void StoreBig32(uint32_t value, char* bytes) {
  value = htobe32(value);
  std::memcpy(bytes, &value, sizeof(value));
}

inline void StoreBig64(uint64_t value, char* bytes) {
  value = htobe64(value);
  std::memcpy(bytes, &value, sizeof(value));
}

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_ENDIAN_H_

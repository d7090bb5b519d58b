// FuzzInput: the bytes of a fuzzer as a source of decisions.

#ifndef SLUICE_TESTS_FUZZ_FUZZ_INPUT_H_
#define SLUICE_TESTS_FUZZ_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::fuzz {

// Numbers are little-endian; 0 where the input has ended.
class FuzzInput {
 public:
  FuzzInput(const uint8_t* bytes, size_t byte_count)
      : rest_(reinterpret_cast<const char*>(bytes), byte_count) {}

  bool has_ended() const { return rest_.empty(); }

  uint8_t TakeByte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte;
  }

  uint16_t TakeUint16() {
    const uint8_t low = TakeByte();
    return static_cast<uint16_t>(low | TakeByte() << 8);
  }

  // Fewer where the input ends.
  absl::string_view TakeBytes(size_t byte_count) {
    const absl::string_view bytes =
        rest_.substr(0, std::min(byte_count, rest_.size()));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }

  absl::string_view TakeRest() { return TakeBytes(rest_.size()); }

 private:
  absl::string_view rest_;
};

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FUZZ_INPUT_H_

// The binary format of inet and cidr: four bytes (family, bits of the network,
// whether it is a cidr, count of the address's bytes), then the address.

#include "server/postgres/codec/network_text.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

constexpr uint8_t kFamily4 = 2;
constexpr uint8_t kFamily6 = 3;
constexpr size_t kAddress4Bytes = 4;
constexpr size_t kAddress6Bytes = 16;
constexpr size_t kWordCount = kAddress6Bytes / 2;

enum class NetworkType : uint8_t { kInet = 0, kCidr = 1 };

void AppendAddress4(absl::string_view address, std::string& text) {
  for (size_t i = 0; i < kAddress4Bytes; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ".", static_cast<uint8_t>(address[i]));
  }
}

uint16_t WordAt(absl::string_view address, size_t index) {
  return LoadBigEndian<uint16_t>(address.data() + 2 * index);
}

struct Run {
  size_t start = 0;
  size_t length = 0;
};

// The first of the longest runs of zero words, of two at least.
Run LongestZeroRun(absl::string_view address) {
  Run longest;
  Run run;
  for (size_t i = 0; i < kWordCount; ++i) {
    if (WordAt(address, i) != 0) {
      run = {i + 1, 0};
      continue;
    }
    ++run.length;
    if (run.length > longest.length) longest = run;
  }
  return longest.length < 2 ? Run{} : longest;
}

// ::1.2.3.4 and ::ffff:1.2.3.4.
bool EmbedsAddress4(absl::string_view address, Run zeros) {
  return zeros.start == 0 &&
         (zeros.length == 6 ||
          (zeros.length == 5 && WordAt(address, 5) == 0xFFFF));
}

void AppendAddress6(absl::string_view address, std::string& text) {
  const Run zeros = LongestZeroRun(address);
  const size_t zeros_end = zeros.start + zeros.length;
  for (size_t i = 0; i < kWordCount; ++i) {
    if (zeros.length != 0 && i >= zeros.start && i < zeros_end) {
      if (i == zeros.start) text.push_back(':');
      continue;
    }
    if (i != 0) text.push_back(':');
    if (i == kWordCount - 2 && EmbedsAddress4(address, zeros)) {
      return AppendAddress4(address.substr(kAddress6Bytes - kAddress4Bytes),
                            text);
    }
    absl::StrAppend(&text, absl::Hex(WordAt(address, i)));
  }
  if (zeros.length != 0 && zeros_end == kWordCount) text.push_back(':');
}

bool AppendNetwork(NetworkType type, absl::string_view binary,
                   std::string& text) {
  WireReader reader(binary);
  uint8_t family;
  uint8_t bits;
  uint8_t is_cidr;
  uint8_t byte_count;
  if (!reader.Read(family) || !reader.Read(bits) || !reader.Read(is_cidr) ||
      !reader.Read(byte_count) || is_cidr != static_cast<uint8_t>(type) ||
      (family != kFamily4 && family != kFamily6)) {
    return false;
  }
  const size_t expected = family == kFamily4 ? kAddress4Bytes : kAddress6Bytes;
  absl::string_view address;
  if (byte_count != expected || bits > 8 * expected ||
      !reader.ReadBytes(byte_count, address) || reader.remaining_bytes() != 0) {
    return false;
  }
  if (family == kFamily4) {
    AppendAddress4(address, text);
  } else {
    AppendAddress6(address, text);
  }
  if (type == NetworkType::kCidr || bits != 8 * expected) {
    absl::StrAppend(&text, "/", bits);
  }
  return true;
}

bool AppendHexBytes(size_t expected, absl::string_view binary,
                    std::string& text) {
  constexpr char kDigits[] = "0123456789abcdef";
  if (binary.size() != expected) return false;
  for (size_t i = 0; i < expected; ++i) {
    const auto byte = static_cast<uint8_t>(binary[i]);
    if (i != 0) text.push_back(':');
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0xF]);
  }
  return true;
}

}  // namespace

bool AppendInet(absl::string_view binary, std::string& text) {
  return AppendNetwork(NetworkType::kInet, binary, text);
}

bool AppendCidr(absl::string_view binary, std::string& text) {
  return AppendNetwork(NetworkType::kCidr, binary, text);
}

bool AppendMacaddr(absl::string_view binary, std::string& text) {
  return AppendHexBytes(6, binary, text);
}

bool AppendMacaddr8(absl::string_view binary, std::string& text) {
  return AppendHexBytes(8, binary, text);
}

}  // namespace sluice::postgres

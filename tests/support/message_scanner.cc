#include "tests/support/message_scanner.h"

#include <algorithm>

namespace sluice::testing {
namespace {

constexpr uint32_t kLengthBytes = 4;

uint32_t ReadUint32(absl::string_view bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

}  // namespace

void MessageScanner::Feed(absl::string_view bytes) {
  while (!bytes.empty()) {
    if (header_.size() < header_bytes()) {
      const size_t taken =
          std::min(bytes.size(), header_bytes() - header_.size());
      header_.append(bytes.data(), taken);
      bytes.remove_prefix(taken);
      if (header_.size() == header_bytes()) ReadHeader();
    } else {
      const auto taken =
          static_cast<size_t>(std::min<uint64_t>(bytes.size(), missing_bytes_));
      body_.append(bytes.data(), std::min(taken, kKeptBytes - body_.size()));
      bytes.remove_prefix(taken);
      missing_bytes_ -= taken;
    }
    if (header_.size() == header_bytes() && missing_bytes_ == 0) {
      const char type = untyped_ ? '\0' : header_[0];
      untyped_ = false;
      visitor_(type, body_);
      header_.clear();
      body_.clear();
    }
  }
}

void MessageScanner::ReadHeader() {
  const uint32_t length = ReadUint32(
      absl::string_view(header_).substr(header_.size() - kLengthBytes));
  missing_bytes_ = length > kLengthBytes ? length - kLengthBytes : 0;
}

}  // namespace sluice::testing

// Frames of HTTP/2 (RFC 9113), written and read by hand.

#ifndef SLUICE_TESTS_SUPPORT_HTTP2_FRAMES_H_
#define SLUICE_TESTS_SUPPORT_HTTP2_FRAMES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::testing {

enum class FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr uint8_t kEndStream = 0x1;
inline constexpr uint8_t kEndHeaders = 0x4;

struct Frame {
  FrameType type;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string Encode(const Frame& frame);
// Literals alone (RFC 7541, 6.2.2).
std::string EncodeHeaders(const Headers& headers);
// What a client sends first: the preface and its settings, all defaults.
std::string Http2Preface();
// The whole frames that `bytes` begin with.
std::vector<Frame> DecodeFrames(absl::string_view bytes);

// A call of grpc.health.v1, the server's own health, on that stream.
std::string HealthCall(uint32_t stream, const Headers& more = {});
// Whether such a call was answered with SERVING.
bool IsAnswered(absl::string_view received, uint32_t stream);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_HTTP2_FRAMES_H_

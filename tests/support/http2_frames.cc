#include "tests/support/http2_frames.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::testing {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// A HealthCheckResponse of SERVING, behind gRPC's five bytes of length.
constexpr absl::string_view kServing("\x00\x00\x00\x00\x02\x08\x01", 7);

std::string BigEndian(uint32_t number, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) {
    text.push_back(static_cast<char>(number >> (8 * i)));
  }
  return text;
}

uint32_t ReadBigEndian(absl::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes)
    number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

// An integer with a prefix of seven bits, whose eighth says "not Huffman".
std::string EncodeText(absl::string_view text) {
  constexpr size_t kPrefixMost = 127;
  std::string encoded;
  if (text.size() < kPrefixMost) {
    encoded.push_back(static_cast<char>(text.size()));
  } else {
    encoded.push_back(static_cast<char>(kPrefixMost));
    size_t rest = text.size() - kPrefixMost;
    for (; rest >= 128; rest /= 128) {
      encoded.push_back(static_cast<char>(rest % 128 + 128));
    }
    encoded.push_back(static_cast<char>(rest));
  }
  return absl::StrCat(encoded, text);
}

}  // namespace

std::string Encode(const Frame& frame) {
  return absl::StrCat(BigEndian(static_cast<uint32_t>(frame.payload.size()), 3),
                      BigEndian(static_cast<uint32_t>(frame.type), 1),
                      BigEndian(frame.flags, 1), BigEndian(frame.stream, 4),
                      frame.payload);
}

std::string EncodeHeaders(const Headers& headers) {
  std::string block;
  for (const auto& [name, value] : headers) {
    block.push_back('\0');
    absl::StrAppend(&block, EncodeText(name), EncodeText(value));
  }
  return block;
}

std::string Http2Preface() {
  return absl::StrCat(kPreface, Encode({FrameType::kSettings}));
}

std::vector<Frame> DecodeFrames(absl::string_view bytes) {
  std::vector<Frame> frames;
  while (bytes.size() >= kFrameHeaderBytes) {
    const size_t size = ReadBigEndian(bytes.substr(0, 3));
    if (bytes.size() < kFrameHeaderBytes + size) break;
    Frame frame;
    frame.type = static_cast<FrameType>(bytes[3]);
    frame.flags = static_cast<uint8_t>(bytes[4]);
    frame.stream = ReadBigEndian(bytes.substr(5, 4));
    frame.payload = std::string(bytes.substr(kFrameHeaderBytes, size));
    frames.push_back(std::move(frame));
    bytes.remove_prefix(kFrameHeaderBytes + size);
  }
  return frames;
}

std::string HealthCall(uint32_t stream, const Headers& more) {
  Headers headers = {{":method", "POST"},
                     {":scheme", "https"},
                     {":path", "/grpc.health.v1.Health/Check"},
                     {":authority", "gateway.sluice.internal"},
                     {"te", "trailers"},
                     {"content-type", "application/grpc"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return absl::StrCat(
      Encode(
          {FrameType::kHeaders, kEndHeaders, stream, EncodeHeaders(headers)}),
      Encode({FrameType::kData, kEndStream, stream, std::string(5, '\0')}));
}

bool IsAnswered(absl::string_view received, uint32_t stream) {
  const std::vector<Frame> frames = DecodeFrames(received);
  return std::any_of(frames.begin(), frames.end(), [stream](const Frame& f) {
    return f.type == FrameType::kData && f.stream == stream &&
           absl::string_view(f.payload) == kServing;
  });
}

}  // namespace sluice::testing

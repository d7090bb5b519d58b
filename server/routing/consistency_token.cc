#include "server/routing/consistency_token.h"

#include <cstddef>

#include "server/base/endian.h"
#include "server/base/error.h"

namespace sluice::routing {
namespace {

constexpr char kVersion = 1;
constexpr size_t kSystemAt = 1;
constexpr size_t kTimelineAt = kSystemAt + sizeof(uint64_t);
constexpr size_t kLsnAt = kTimelineAt + sizeof(uint32_t);
constexpr size_t kBytes = kLsnAt + sizeof(uint64_t);

absl::Status InvalidToken() {
  return MakeError(
      absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_INVALID_REQUEST,
      "options.consistency.at_least is no consistency token",
      {{"field", "options.consistency.at_least"}, {"executed", "no"}});
}

}  // namespace

std::string EncodeToken(const ConsistencyToken& token) {
  std::string bytes(kBytes, kVersion);
  StoreBig64(token.system_identifier, bytes.data() + kSystemAt);
  StoreBig32(token.timeline, bytes.data() + kTimelineAt);
  StoreBig64(token.lsn, bytes.data() + kLsnAt);
  return bytes;
}

absl::StatusOr<ConsistencyToken> ParseToken(absl::string_view bytes) {
  if (bytes.size() != kBytes || bytes[0] != kVersion) return InvalidToken();
  ConsistencyToken token;
  token.system_identifier = LoadBig64(bytes.data() + kSystemAt);
  token.timeline = LoadBig32(bytes.data() + kTimelineAt);
  token.lsn = LoadBig64(bytes.data() + kLsnAt);
  if (token.system_identifier == 0 || token.timeline == 0 || token.lsn == 0) {
    return InvalidToken();
  }
  return token;
}

}  // namespace sluice::routing

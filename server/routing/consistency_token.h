// ConsistencyToken: a position in a cluster's history that a later read must
// have reached.

#ifndef SLUICE_SERVER_ROUTING_CONSISTENCY_TOKEN_H_
#define SLUICE_SERVER_ROUTING_CONSISTENCY_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::routing {

struct ConsistencyToken {
  bool operator==(const ConsistencyToken&) const = default;

  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  // All WAL before it is in what the read sees.
  uint64_t lsn = 0;
};

// At most 64 bytes, which callers pass on as they are; they may forge one and
// make nothing but their own reads wait.
std::string EncodeToken(const ConsistencyToken& token);

// Errors: INVALID_ARGUMENT (INVALID_REQUEST, field
// `options.consistency.at_least`) for anything else.
absl::StatusOr<ConsistencyToken> ParseToken(absl::string_view bytes);

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_CONSISTENCY_TOKEN_H_

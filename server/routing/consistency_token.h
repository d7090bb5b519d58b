// ConsistencyToken: a position in a cluster's history that a later read must
// have reached.

#ifndef SLUICE_SERVER_ROUTING_CONSISTENCY_TOKEN_H_
#define SLUICE_SERVER_ROUTING_CONSISTENCY_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::routing {

// Invariant, of one that is encoded: no field is 0.
struct ConsistencyToken {
  bool operator==(const ConsistencyToken&) const = default;

  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  // All WAL before it is in what the read sees.
  uint64_t lsn = 0;
};

// 21 bytes: the version 1, then the fields in their order, big-endian; so of
// two tokens with the same first 9 bytes the greater one, byte by byte, is the
// later one, and that much clients may know. Callers pass them on as they are;
// they may forge one and make nothing but their own reads wait.
std::string EncodeToken(const ConsistencyToken& token);

// Takes what EncodeToken makes, and nothing else.
// Errors: INVALID_ARGUMENT (INVALID_REQUEST, field
// `options.consistency.at_least`) for anything else.
absl::StatusOr<ConsistencyToken> ParseToken(absl::string_view bytes);

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_CONSISTENCY_TOKEN_H_

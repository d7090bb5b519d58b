// The keys of outcome references, from the files that the configuration names.

#ifndef SLUICE_SERVER_GATEWAY_OUTCOME_KEYS_H_
#define SLUICE_SERVER_GATEWAY_OUTCOME_KEYS_H_

#include "absl/status/statusor.h"
#include "server/identity/sealer.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// A sealer with the keys of `outcome.key_files`, with a key of its own when
// there are none. Reads the files.
// Errors: INVALID_ARGUMENT with the path of the field: a file that cannot be
// read, that does not hold one key, or whose key another one holds.
absl::StatusOr<identity::Sealer> MakeSealer(const config::v1::Outcome& outcome);

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_OUTCOME_KEYS_H_

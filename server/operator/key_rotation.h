// The rotation of signing keys.

#ifndef SLUICE_SERVER_OPERATOR_KEY_ROTATION_H_
#define SLUICE_SERVER_OPERATOR_KEY_ROTATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::operators {

// How long a retired key stays: the longest time of a token (15 minutes), the
// widest skew of clocks (1 minute), and a minute in which instances notice.
inline constexpr absl::Duration kRetiredKeyTime = absl::Minutes(17);

struct KeyRotation {
  // Whether the keys are rotated; if not, when they can be.
  bool done = false;
  absl::Time ready_time;
  // What was changed, a line each.
  std::vector<std::string> changes;
};

// Activates the key that has been prepared for the longest time, once that is
// at least `overlap`: until then an instance may not know it, and would refuse
// what others sign. The keys that were active are retired, those that were
// retired kRetiredKeyTime ago deleted, and the next key is prepared. Without a
// prepared key it makes one, and is not done.
// Whenever it is broken off, the folder has an active key, if it had one, and
// the next rotation makes up for the rest.
// Errors: as ReadSigningKeys and GenerateSigningKey.
absl::StatusOr<KeyRotation> RotateKeys(const std::string& folder,
                                       absl::Duration overlap, absl::Time now);

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_KEY_ROTATION_H_

// How the control database is reached and followed.

#ifndef SLUICE_SERVER_CONTROL_CONTROL_SETTINGS_H_
#define SLUICE_SERVER_CONTROL_CONTROL_SETTINGS_H_

#include <vector>

#include "absl/time/time.h"
#include "server/postgres/connection_settings.h"

namespace sluice::control {

struct ControlSettings {
  // Its primary, then replicas to fall back to, in turn. At least one.
  std::vector<postgres::ConnectionSettings> entries;
  absl::Duration poll_interval = absl::Seconds(1);
  absl::Duration max_staleness = absl::Seconds(10);
  // How far the clocks of instances and of the control database may be apart.
  absl::Duration clock_skew = absl::Seconds(5);
  // The longest time that a token is valid.
  absl::Duration max_ttl = absl::Minutes(15);
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_CONTROL_SETTINGS_H_

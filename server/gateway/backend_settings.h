// From the configuration to the settings of connections and pools.

#ifndef SLUICE_SERVER_GATEWAY_BACKEND_SETTINGS_H_
#define SLUICE_SERVER_GATEWAY_BACKEND_SETTINGS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "server/execution/served_database.h"
#include "server/gateway/cluster_watches.h"
#include "server/postgres/connection_settings.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// Pairs of threads that the configuration asks for.
size_t WorkerPairsOf(const config::v1::Config& config);

// Names the instance to people, by its host: "sluice/HOST".
std::string InstanceName();
// Tells the instances of the gateway that run apart, those of one host too, in
// pg_stat_activity: another one for each run.
const std::string& ApplicationName();

// How pgbouncer's entries are connected to, but for the entry's name. Reads the
// password file.
// Errors: INVALID_ARGUMENT when that cannot be read or is empty.
absl::StatusOr<postgres::ConnectionSettings> BackendConnectionOf(
    const config::v1::Config& config);

// The databases as one of the workers serves them: it gets its share of each
// pool. Their clusters are those of `watches`.
execution::ServedPlaces ServedPlacesOf(
    const config::v1::Config& config,
    const postgres::ConnectionSettings& backend, const ClusterWatches& watches);

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_BACKEND_SETTINGS_H_

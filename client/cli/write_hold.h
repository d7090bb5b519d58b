// Holds the writes to a cluster on all instances of the gateway, or on none.

#ifndef SLUICE_CLIENT_CLI_WRITE_HOLD_H_
#define SLUICE_CLIENT_CLI_WRITE_HOLD_H_

#include "absl/status/status.h"
#include "client/cli/instance_report.h"
#include "client/cli/instances.h"
#include "client/cli/options.h"

namespace sluice::cli {

// Whether an instance may hold writes that answered so when it was asked to
// hold them, and when it was asked to release them.
bool MayHoldWrites(const absl::Status& held, const absl::Status& released);

// Returns when no instance has a write in progress. Where one can't be reached,
// refuses, or has writes that do not end in time, all are released again, and
// the report says which it was, and which may hold writes all the same.
ServiceReport HoldOnAll(const Instances& instances, const Options& options);

// Releases every instance that it can.
ServiceReport ReleaseOnAll(const Instances& instances, const Options& options);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_WRITE_HOLD_H_

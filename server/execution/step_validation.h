// What is wrong with the steps of a RunTransaction by themselves.

#ifndef SLUICE_SERVER_EXECUTION_STEP_VALIDATION_H_
#define SLUICE_SERVER_EXECUTION_STEP_VALIDATION_H_

#include <cstddef>

#include "absl/status/status.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// How often the step runs. Of a step that CheckSteps has passed.
size_t RunCountOf(const v1::Step& step);

// Errors: INVALID_ARGUMENT (INVALID_REQUEST, STATEMENT_TOO_LARGE,
// PARAMETER_COLUMNS_RAGGED), with the metadata `step`.
absl::Status CheckSteps(const v1::RunTransactionRequest& request,
                        const config::v1::Limits& limits);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_STEP_VALIDATION_H_

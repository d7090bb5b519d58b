// Describes one statement: what it takes and gives, and its plan.

#ifndef SLUICE_SERVER_EXECUTION_DESCRIPTION_H_
#define SLUICE_SERVER_EXECUTION_DESCRIPTION_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/task.h"
#include "server/execution/placement.h"
#include "server/policy/permit.h"
#include "server/policy/statement_class.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

// One Describe, and where its outcome goes.
// Lifetime: everything referred to outlives the run.
struct DescribeWork {
  DescribeWork(const policy::Permit& permit, const v1::DescribeRequest& request,
               Deadline deadline, Cancellation& cancellation,
               v1::DescribeResponse* response)
      : permit(permit),
        request(request),
        deadline(deadline),
        cancellation(cancellation),
        response(response) {}

  const std::string& sql() const { return request.statement().sql(); }

  const policy::Permit& permit;
  const v1::DescribeRequest& request;
  const Deadline deadline;
  Cancellation& cancellation;
  v1::DescribeResponse* const response;
};

struct DescribeLimits {
  size_t max_parameter_bytes = 0;
  int64_t max_plan_bytes = 0;
  postgres::DetailPolicy detail_policy = postgres::DetailPolicy::kOmit;
};

// Fills the response, on a read-only connection. Nothing is executed: the plan
// is that of EXPLAIN without ANALYZE.
// Errors: docs/errors.md.
Task<absl::Status> DescribeAdmitted(const DescribeWork& work,
                                    const policy::StatementFacts& facts,
                                    const DescribeLimits& limits,
                                    const GrantedDatabase& database);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_DESCRIPTION_H_

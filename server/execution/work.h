// Work: one statement of one caller, and where its outcome goes.

#ifndef SLUICE_SERVER_EXECUTION_WORK_H_
#define SLUICE_SERVER_EXECUTION_WORK_H_

#include <string>

#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/execution/audit_scope.h"
#include "server/execution/result_sink.h"
#include "server/policy/permit.h"
#include "server/postgres/connection.h"
#include "server/postgres/fair_share.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

struct OnceCall;

// Lifetime: everything referred to outlives the run.
struct Work {
  Work(const policy::Permit& permit, postgres::Access access,
       const std::string& database, const std::string& sql,
       const google::protobuf::RepeatedPtrField<v1::Value>& parameters,
       const v1::RequestOptions& options, Deadline deadline,
       Cancellation& cancellation, ResultSink& sink,
       v1::ExecutionSummary* summary)
      : permit(permit),
        access(access),
        database(database),
        sql(sql),
        parameters(parameters),
        options(options),
        deadline(deadline),
        cancellation(cancellation),
        sink(sink),
        summary(summary) {}

  // Whose it is, and what they may do.
  const policy::Permit& permit;
  // kReadOnly: PostgreSQL refuses to write; kReadWrite: on the primary.
  const postgres::Access access;
  const std::string& database;
  const std::string& sql;
  const google::protobuf::RepeatedPtrField<v1::Value>& parameters;
  const v1::RequestOptions& options;
  const Deadline deadline;
  Cancellation& cancellation;
  ResultSink& sink;
  v1::ExecutionSummary* const summary;
  // Of what may write: whether it runs as a read where it is proved to be one.
  v1::ReadRouting read_routing = v1::READ_ROUTING_PRIMARY;
  // Of what may write alone: what makes it happen once, if anything, and whom
  // the audit log names.
  const OnceCall* once = nullptr;
  const AuditScope* audit = nullptr;
  // How long it holds its connection.
  postgres::HoldTime time = postgres::HoldTime::kShort;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_WORK_H_

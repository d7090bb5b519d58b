// Admission: what is known of work that may run.

#ifndef SLUICE_SERVER_EXECUTION_ADMISSION_H_
#define SLUICE_SERVER_EXECUTION_ADMISSION_H_

#include "server/execution/placement.h"
#include "server/policy/statement_class.h"
#include "server/postgres/connection.h"
#include "server/routing/read_need.h"

namespace sluice::execution {

struct Admission {
  policy::StatementFacts facts;
  GrantedDatabase database;
  postgres::Access access = postgres::Access::kReadOnly;
  // Of a read.
  routing::ReadNeed read_need;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_ADMISSION_H_

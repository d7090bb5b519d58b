// MarkSession: tells a connection what a statement may do to its session.

#ifndef SLUICE_SERVER_EXECUTION_SESSION_MARK_H_
#define SLUICE_SERVER_EXECUTION_SESSION_MARK_H_

#include "server/policy/statement_class.h"
#include "server/postgres/connection.h"

namespace sluice::execution {

// To be called for a statement that is being sent or was, after it was
// prepared and before what comes behind it is.
inline void MarkSession(const policy::StatementFacts& facts,
                        postgres::Connection& connection) {
  if (facts.may_change_session) connection.MarkSessionChanged();
  if (facts.outlasts_reset) connection.GiveUpReuse();
}

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_SESSION_MARK_H_

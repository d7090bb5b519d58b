// The command `policy explain`.

#ifndef SLUICE_SERVER_OPERATOR_POLICY_EXPLAIN_H_
#define SLUICE_SERVER_OPERATOR_POLICY_EXPLAIN_H_

#include "server/operator/command.h"

namespace sluice::operators {

Command PolicyExplainCommand();

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_POLICY_EXPLAIN_H_

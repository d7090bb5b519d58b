// The command `policy check`.

#ifndef SLUICE_SERVER_OPERATOR_POLICY_CHECK_H_
#define SLUICE_SERVER_OPERATOR_POLICY_CHECK_H_

#include "server/operator/command.h"

namespace sluice::operators {

Command PolicyCheckCommand();

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_POLICY_CHECK_H_

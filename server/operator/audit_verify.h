// The command `audit verify`.

#ifndef SLUICE_SERVER_OPERATOR_AUDIT_VERIFY_H_
#define SLUICE_SERVER_OPERATOR_AUDIT_VERIFY_H_

#include "server/operator/command.h"

namespace sluice::operators {

Command AuditVerifyCommand();

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_AUDIT_VERIFY_H_

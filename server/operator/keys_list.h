// The command `keys list`.

#ifndef SLUICE_SERVER_OPERATOR_KEYS_LIST_H_
#define SLUICE_SERVER_OPERATOR_KEYS_LIST_H_

#include "server/operator/command.h"

namespace sluice::operators {

Command KeysListCommand();

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_KEYS_LIST_H_

// The command `keys rotate`.

#ifndef SLUICE_SERVER_OPERATOR_KEYS_ROTATE_H_
#define SLUICE_SERVER_OPERATOR_KEYS_ROTATE_H_

#include "server/operator/command.h"

namespace sluice::operators {

Command KeysRotateCommand();

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_KEYS_ROTATE_H_

// The command `keys generate`.

#ifndef SLUICE_SERVER_OPERATOR_KEYS_GENERATE_H_
#define SLUICE_SERVER_OPERATOR_KEYS_GENERATE_H_

#include "server/operator/command.h"

namespace sluice::operators {

Command KeysGenerateCommand();

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_KEYS_GENERATE_H_

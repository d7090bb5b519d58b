// \d NAME.

#ifndef SLUICE_CLIENT_CLI_SHELL_RELATION_DESCRIPTION_H_
#define SLUICE_CLIENT_CLI_SHELL_RELATION_DESCRIPTION_H_

#include "absl/strings/string_view.h"
#include "client/cli/shell/shell_session.h"

namespace sluice::cli {

enum class Detail {
  kNormal,
  // With the definitions of views.
  kFull,
};

// Prints the columns, indexes, constraints, triggers and partitions of every
// relation that `pattern` means. Gives an exit status.
int DescribeRelations(ShellSession& session, absl::string_view pattern,
                      Detail detail);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_RELATION_DESCRIPTION_H_

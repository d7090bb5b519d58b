// ProvisionRun: sluice-provision as it is shipped.

#ifndef SLUICE_TESTS_SUPPORT_PROVISION_RUN_H_
#define SLUICE_TESTS_SUPPORT_PROVISION_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

// One run of the program; it ends before the test at the latest.
class ProvisionRun {
 public:
  // Starts `sluice-provision schema SCHEMA ARGUMENTS...`. `environment` is
  // "NAME=value" each. A failure of the test when it can't be started.
  explicit ProvisionRun(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment = {},
                        const std::string& schema = "served");

  // Its exit code, once it has ended; -1 when it does not.
  int ExitCode();
  // What it has written to both of its outputs.
  std::string Output() const;

 private:
  const TempDir folder_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_PROVISION_RUN_H_

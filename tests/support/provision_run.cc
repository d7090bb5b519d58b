#include "tests/support/provision_run.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "tests/support/file.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kRunLimit = absl::Seconds(30);

}  // namespace

ProvisionRun::ProvisionRun(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment,
                           const std::string& schema)
    : folder_(TempDir::Make().value()) {
  ChildCommand command;
  command.arguments = {BuildPath("server/provision/sluice-provision"), "schema",
                       schema};
  command.arguments.insert(command.arguments.end(), arguments.begin(),
                           arguments.end());
  command.environment = environment;
  command.log_file = folder_.Path("output");
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) {
    ADD_FAILURE() << process.status();
    return;
  }
  process_ = *std::move(process);
}

int ProvisionRun::ExitCode() {
  return process_ == nullptr ? -1 : process_->AwaitExit(kRunLimit).value_or(-1);
}

std::string ProvisionRun::Output() const {
  return ReadFile(folder_.Path("output"));
}

}  // namespace sluice::testing

#include "server/operator/policy_check.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/operator/judged_policy.h"

namespace sluice::operators {
namespace {

constexpr absl::string_view kUsage =
    "Usage: sluice policy check FILE [--config FILE]\n"
    "\n"
    "Says whether a gateway would take the policy, and what is wrong with it:\n"
    "every fault, with the path of the field and its line.\n"
    "\n"
    "  --config FILE  the gateway's configuration: its databases, their\n"
    "                 entries, its trust domain and the times of its tokens\n"
    "                 are then looked at too, and no other file of it\n"
    "\n"
    "Exit codes: 0 valid; 1 not valid, or it can't be read; 2 a wrong command\n"
    "line.\n";

absl::Status Check(const Arguments& arguments, std::ostream& output) {
  const std::string config = arguments.ValueOf("--config");
  const absl::StatusOr<JudgedPolicy> judged =
      JudgePolicy(arguments.operands().front(), config);
  if (!judged.ok()) return judged.status();
  size_t grants = 0;
  for (const policy::App& app : judged->policy->apps()) {
    grants += app.grants.size();
  }
  output << absl::StrCat(
      judged->file, " is valid; apps: ", judged->policy->apps().size(),
      ", grants: ", grants, ", digest: ", judged->policy->digest(), "\n");
  if (config.empty()) {
    output << "Without --config its databases count as served.\n";
  }
  return absl::OkStatus();
}

}  // namespace

Command PolicyCheckCommand() {
  return {.name = "policy check",
          .summary = "says whether a policy is valid",
          .usage = kUsage,
          .min_operands = 1,
          .max_operands = 1,
          .options = {{"--config", OptionValue::kNeeded}},
          .run = Check};
}

}  // namespace sluice::operators

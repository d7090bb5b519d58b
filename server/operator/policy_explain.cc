#include "server/operator/policy_explain.h"

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/operator/judged_policy.h"

namespace sluice::operators {
namespace {

constexpr absl::string_view kUsage =
    "Usage: sluice policy explain APP DATABASE [--policy FILE] [--config "
    "FILE]\n"
    "\n"
    "Says what an app may do in a database: under which roles, by which\n"
    "entries of pgbouncer, on which channels, within which limits of its own;\n"
    "or why it may do nothing there.\n"
    "\n"
    "  --policy FILE  the policy. Default: the one that the configuration\n"
    "                 names\n"
    "  --config FILE  the gateway's configuration. Without it databases count\n"
    "                 as served, by entries of the default name\n"
    "\n"
    "One of the two is needed. Exit codes: 0 it may do something there; 1 it\n"
    "may do nothing, or the policy is not valid; 2 a wrong command line.\n";

using policy::App;
using policy::Grant;

std::string Quoted(absl::string_view name) {
  return absl::StrCat("\"", name, "\"");
}

std::string ListOf(const std::set<std::string>& names) {
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

absl::Status NoSuchApp(const std::string& name, const JudgedPolicy& judged) {
  std::set<std::string> known;
  for (const App& app : judged.policy->apps()) known.insert(app.name);
  return absl::NotFoundError(
      absl::StrCat("no app ", Quoted(name), " in ", judged.file,
                   ": its certificates are refused (APP_NOT_ALLOWED); apps: ",
                   ListOf(known)));
}

// Null if the configuration does not have it.
const config::v1::Database* FindDatabase(const config::v1::Config& config,
                                         absl::string_view name) {
  const auto found = absl::c_find_if(
      config.databases(), [name](const config::v1::Database& database) {
        return database.name() == name;
      });
  return found == config.databases().end() ? nullptr : &*found;
}

absl::Status MayDoNothing(const App& app, const std::string& database,
                          const JudgedPolicy& judged) {
  const bool served = FindDatabase(judged.config, database) != nullptr;
  std::set<std::string> granted;
  for (const Grant& grant : app.grants) granted.insert(grant.database);
  return absl::NotFoundError(
      absl::StrCat(served ? "no grant of " : "no such database: no grant of ",
                   Quoted(app.name), " is for ", Quoted(database),
                   ": its calls there are refused (UNKNOWN_DATABASE); it has "
                   "grants for: ",
                   ListOf(granted)));
}

void PrintGrant(const Grant& grant, const config::v1::Database& database,
                std::ostream& output) {
  output << absl::StrCat("  ", policy::RightNames(grant.rights), ": role ",
                         grant.role, ", entry ",
                         policy::EntryFor(database, grant.role), "\n");
  if (grant.rights.Has(policy::Right::kListen)) {
    output << absl::StrCat(
        "    channels: ",
        grant.channels.empty() ? "none" : absl::StrJoin(grant.channels, ", "),
        "\n");
  }
  for (const auto& [name, value] : grant.settings) {
    output << absl::StrCat("    setting: ", name, " = ", Quoted(value), "\n");
  }
}

template <typename Number>
void PrintLimit(absl::string_view name, Number limit, std::ostream& output) {
  if (limit == std::numeric_limits<Number>::max()) return;
  output << absl::StrCat("  ", name, ": ", limit, "\n");
}

void PrintLimit(absl::string_view name, absl::Duration limit,
                std::ostream& output) {
  if (limit == absl::InfiniteDuration()) return;
  output << absl::StrCat("  ", name, ": ", absl::FormatDuration(limit), "\n");
}

void PrintLimits(const policy::AppLimits& limits, std::ostream& output) {
  output << "limits, besides those of the server:\n";
  PrintLimit("max_calls", limits.max_calls, output);
  PrintLimit("max_open_transactions", limits.max_open_transactions, output);
  if (limits.max_calls_per_second != 0) {
    output << absl::StrCat(
        "  max_calls_per_second: ", limits.max_calls_per_second, ", at once ",
        limits.burst_calls, "\n");
  }
  PrintLimit("max_statement_time", limits.max_statement_time, output);
  PrintLimit("max_transaction_time", limits.max_transaction_time, output);
  PrintLimit("max_rows", limits.max_rows, output);
  PrintLimit("max_result_bytes", limits.max_result_bytes, output);
  PrintLimit("max_stream_rows", limits.max_stream_rows, output);
  PrintLimit("max_stream_bytes", limits.max_stream_bytes, output);
}

void PrintApp(const App& app, const config::v1::Database& database,
              std::ostream& output) {
  output << absl::StrCat("app ", app.name, " in database ", database.name(),
                         ":\n");
  for (const Grant& grant : app.grants) {
    if (grant.database == database.name()) PrintGrant(grant, database, output);
  }
  const policy::Rights rest =
      policy::Rights::All().Without(app.RightsIn(database.name()));
  if (!rest.empty()) {
    output << absl::StrCat(
        "  not granted (ACCESS_DENIED): ", policy::RightNames(rest), "\n");
  }
  PrintLimits(app.limits, output);
  output << absl::StrCat(
      "tokens: valid for ", absl::FormatDuration(app.default_ttl),
      ", or as asked for up to ", absl::FormatDuration(app.max_ttl), "\n",
      "admin: ", app.admin ? "yes" : "no", "\n");
}

absl::Status Explain(const Arguments& arguments, std::ostream& output) {
  if (!arguments.Has("--policy") && !arguments.Has("--config")) {
    return WrongUse("--policy or --config is needed");
  }
  const absl::StatusOr<JudgedPolicy> judged =
      JudgePolicy(arguments.ValueOf("--policy"), arguments.ValueOf("--config"));
  if (!judged.ok()) return judged.status();
  const std::string& name = arguments.operands()[0];
  const std::string& database = arguments.operands()[1];
  const App* app = judged->policy->FindAppByName(name);
  if (app == nullptr) return NoSuchApp(name, *judged);
  if (!app->MayUse(database)) return MayDoNothing(*app, database, *judged);
  PrintApp(*app, *FindDatabase(judged->config, database), output);
  return absl::OkStatus();
}

}  // namespace

Command PolicyExplainCommand() {
  return {.name = "policy explain",
          .summary = "says what an app may do in a database",
          .usage = kUsage,
          .min_operands = 2,
          .max_operands = 2,
          .options = {{"--policy", OptionValue::kNeeded},
                      {"--config", OptionValue::kNeeded}},
          .run = Explain};
}

}  // namespace sluice::operators

// sluice-provision: what databases need for the gateway.

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/provision/connection_string.h"
#include "server/provision/database_schema.h"
#include "server/provision/database_session.h"
#include "server/provision/options.h"
#include "server/provision/schema_plans.h"

namespace sluice::provision {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

void Print(const std::string& line) { std::printf("%s\n", line.c_str()); }

void Complain(const absl::Status& status) {
  std::fprintf(stderr, "sluice-provision: %s\n",
               std::string(status.message()).c_str());
}

int Fail(const absl::Status& status) {
  Complain(status);
  return kExitFailed;
}

int FailUsage(const absl::Status& status) {
  Complain(status);
  std::fputs("Try: sluice-provision --help\n", stderr);
  return kExitUsage;
}

// What --check says of a schema, by what this program would make of it.
struct Target {
  explicit Target(const SchemaPlan& plan)
      : schema(plan.schema), newest_version(plan.newest_version()) {}
  std::string schema;
  int newest_version;
};

std::string Describe(const SchemaState& state, const Target& target) {
  const std::string subject =
      absl::StrCat(state.database, ": schema ", target.schema);
  if (state.presence != SchemaState::Presence::kMade) {
    return absl::StrCat(subject, " is missing");
  }
  if (state.version < target.newest_version) {
    return absl::StrCat(subject, " is at version ", state.version, " of ",
                        target.newest_version);
  }
  return absl::StrCat(subject, " is at version ", state.version,
                      ", up to date");
}

int Check(DatabaseSchema& schema, const Options& options,
          const Target& target) {
  const absl::StatusOr<SchemaState> state = schema.Read();
  if (!state.ok()) return Fail(state.status());
  const absl::StatusOr<std::vector<std::string>> without =
      schema.FindRolesWithoutRights(options.grant_to);
  if (!without.ok()) return Fail(without.status());
  Print(Describe(*state, target));
  for (const std::string& role : *without) {
    Print(absl::StrCat("role ", role, " may not use schema ", target.schema));
  }
  return state->version == target.newest_version && without->empty()
             ? kExitOk
             : kExitFailed;
}

int DryRun(DatabaseSchema& schema, const Options& options) {
  const absl::StatusOr<std::string> script =
      schema.MakeScript(options.grant_to);
  if (!script.ok()) return Fail(script.status());
  std::fputs(script->c_str(), stdout);
  return kExitOk;
}

int Provision(const Options& options) {
  const absl::StatusOr<std::string> conninfo =
      MakeConnectionString(options.connect);
  if (!conninfo.ok()) return FailUsage(conninfo.status());
  absl::StatusOr<DatabaseSession> session = DatabaseSession::Open(*conninfo);
  if (!session.ok()) return Fail(session.status());
  SchemaPlan plan = options.schema == Options::Schema::kControl
                        ? MakeControlPlan()
                        : MakeServedPlan();
  const Target target(plan);
  DatabaseSchema schema(*std::move(session), std::move(plan));
  switch (options.action) {
    case Options::Action::kCheck:
      return Check(schema, options, target);
    case Options::Action::kDryRun:
      return DryRun(schema, options);
    default:
      break;
  }
  const absl::Status status = schema.Apply(options.grant_to, Print);
  return status.ok() ? kExitOk : Fail(status);
}

int Main(const std::vector<std::string>& arguments) {
  const absl::StatusOr<Options> options = ParseOptions(arguments);
  if (!options.ok()) return FailUsage(options.status());
  switch (options->action) {
    case Options::Action::kHelp:
      std::fputs(kUsage, stdout);
      return kExitOk;
    case Options::Action::kVersion:
      std::puts("sluice-provision " SLUICE_VERSION);
      return kExitOk;
    default:
      return Provision(*options);
  }
}

}  // namespace
}  // namespace sluice::provision

int main(int argc, char** argv) {
  // Progress is seen as it happens.
  setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  return sluice::provision::Main({argv + 1, argv + argc});
}

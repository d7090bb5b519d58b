#include "server/provision/schema_plans.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/provision/embedded_files.h"

namespace sluice::provision {
namespace {

// "0001_requests.sql" is the version 1, called "requests".
Migration ParseMigration(const EmbeddedFile& file) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(
      absl::StripSuffix(file.name, ".sql"), absl::MaxSplits('_', 1));
  Migration migration;
  if (!absl::SimpleAtoi(parts.first, &migration.version)) std::abort();
  migration.name = std::string(parts.second);
  migration.sql = std::string(file.text);
  return migration;
}

SchemaPlan MakePlan(const std::string& schema, int lock_key,
                    const std::vector<EmbeddedFile>& files) {
  SchemaPlan plan;
  plan.schema = schema;
  plan.lock_key = lock_key;
  for (const EmbeddedFile& file : files) {
    plan.migrations.push_back(ParseMigration(file));
    // The files are numbered without a gap.
    if (plan.migrations.back().version != plan.newest_version()) std::abort();
  }
  plan.rights_sql = absl::StrReplaceAll(RightsFile(), {{"{schema}", schema}});
  return plan;
}

}  // namespace

SchemaPlan MakeServedPlan() {
  return MakePlan("sluice", /*lock_key=*/1, ServedFiles());
}

SchemaPlan MakeControlPlan() {
  return MakePlan("sluice_control", /*lock_key=*/2, ControlFiles());
}

}  // namespace sluice::provision

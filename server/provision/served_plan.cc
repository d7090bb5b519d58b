#include "server/provision/served_plan.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/provision/embedded_files.h"

namespace sluice::provision {
namespace {

constexpr absl::string_view kRightsFile = "rights.sql";

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

}  // namespace

SchemaPlan MakeServedPlan() {
  SchemaPlan plan;
  for (const EmbeddedFile& file : ServedFiles()) {
    if (file.name == kRightsFile) {
      plan.rights_sql = std::string(file.text);
      continue;
    }
    plan.migrations.push_back(ParseMigration(file));
    // The files are numbered without a gap.
    if (plan.migrations.back().version != plan.newest_version()) std::abort();
  }
  return plan;
}

}  // namespace sluice::provision

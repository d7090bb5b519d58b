#include "client/cli/shell/catalog_reader.h"

#include <utility>

#include "absl/time/clock.h"
#include "client/cli/output.h"
#include "client/cli/shell/catalog_queries.h"
#include "client/cli/shell/row_collector.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kMaxAge = absl::Seconds(30);
constexpr absl::Duration kTimeout = absl::Seconds(2);

// The rows of a relation follow each other, one for each column.
void AddRelation(const std::vector<std::string>& row,
                 CompletionCatalog& catalog) {
  auto& relations = catalog.relations;
  const bool is_new = relations.empty() || relations.back().name != row[2] ||
                      relations.back().schema != row[1];
  if (is_new) {
    relations.push_back(
        {.schema = row[1], .name = row[2], .is_visible = row[3] == "t"});
  }
  if (!row[4].empty()) relations.back().columns.push_back(row[4]);
}

CompletionCatalog MakeCatalog(
    const std::vector<std::vector<std::string>>& rows) {
  CompletionCatalog catalog;
  for (const std::vector<std::string>& row : rows) {
    if (row[0] == "schema") {
      catalog.schemas.push_back(row[2]);
    } else if (row[0] == "function") {
      catalog.functions.push_back(row[2]);
    } else if (row[0] == "type") {
      catalog.types.push_back(row[2]);
    } else {
      AddRelation(row, catalog);
    }
  }
  return catalog;
}

}  // namespace

const CompletionCatalog& CatalogReader::FetchCatalog(const Options& options) {
  if (absl::Now() - fetched_at_ > kMaxAge) Refresh(options);
  return catalog_;
}

void CatalogReader::Refresh(Options options) {
  // Also after a failure: a gateway that does not answer must not be asked at
  // every key.
  fetched_at_ = absl::Now();
  options.sql = std::string(CompletionNamesSql());
  options.parameters.clear();
  options.timeout = kTimeout;
  RowCollector rows;
  const FileOutput unused(/*descriptor=*/-1);
  const bool knows_names = caller_.Stream(options, rows, unused).ok();
  const auto capabilities = caller_.GetCapabilities(kTimeout);
  if (!knows_names) return;
  std::vector<std::string> databases = std::move(catalog_.databases);
  catalog_ = MakeCatalog(rows.rows());
  catalog_.databases = std::move(databases);
  if (!capabilities.ok()) return;
  catalog_.databases.clear();
  for (const v1::DatabaseCapability& database : capabilities->databases()) {
    catalog_.databases.push_back(database.name());
  }
}

}  // namespace sluice::cli

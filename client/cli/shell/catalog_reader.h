// The names of a database, fetched and kept for a while.

#ifndef SLUICE_CLIENT_CLI_SHELL_CATALOG_READER_H_
#define SLUICE_CLIENT_CLI_SHELL_CATALOG_READER_H_

#include "absl/time/time.h"
#include "client/cli/shell/completion_catalog.h"
#include "client/cli/statement_call.h"

namespace sluice::cli {

// Lifetime: `caller` outlives it.
class CatalogReader {
 public:
  explicit CatalogReader(StatementCaller& caller) : caller_(caller) {}

  // The names of the database of `options`: those at hand when they are less
  // than half a minute old, else fresh ones. What can't be fetched within two
  // seconds is left as it was.
  const CompletionCatalog& FetchCatalog(const Options& options);

  // After a statement that may have changed them.
  void Forget() { fetched_at_ = absl::InfinitePast(); }

 private:
  void Refresh(Options options);

  StatementCaller& caller_;
  CompletionCatalog catalog_;
  absl::Time fetched_at_ = absl::InfinitePast();
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_CATALOG_READER_H_

// Questions to PostgreSQL's catalogues.

#ifndef SLUICE_CLIENT_CLI_SHELL_CATALOG_QUERIES_H_
#define SLUICE_CLIENT_CLI_SHELL_CATALOG_QUERIES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace sluice::cli {

// The list behind a command. The parameters of `sql` are a NamePattern: $1 the
// schema, $2 the name, each empty for any.
struct CatalogList {
  std::string title;
  std::string sql;
};

// The list of `command`, such as "dt"; nothing where it is none.
absl::optional<CatalogList> FindCatalogList(absl::string_view command);

// The relations that a pattern ($1, $2) means: oid, title, whether it is a
// view.
std::string FindRelationsSql();

// The columns of the relation with oid $1, as \d shows them.
absl::string_view RelationColumnsSql();

// What stands below them: section, line.
absl::string_view RelationFooterSql();

// The definition of the view with oid $1.
absl::string_view ViewDefinitionSql();

// For completion, of everything in order: kind, schema, name, whether it is
// visible, column.
absl::string_view CompletionNamesSql();

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_CATALOG_QUERIES_H_

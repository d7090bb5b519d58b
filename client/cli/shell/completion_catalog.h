// The names that a database has, for completion.

#ifndef SLUICE_CLIENT_CLI_SHELL_COMPLETION_CATALOG_H_
#define SLUICE_CLIENT_CLI_SHELL_COMPLETION_CATALOG_H_

#include <string>
#include <vector>

namespace sluice::cli {

// Names as PostgreSQL holds them, without quotes.
struct CompletionCatalog {
  struct Relation {
    std::string schema;
    std::string name;
    // Whether it is found without its schema.
    bool is_visible = true;
    std::vector<std::string> columns;
  };
  std::vector<std::string> schemas;
  std::vector<Relation> relations;
  // Those that are found without a schema.
  std::vector<std::string> functions;
  std::vector<std::string> types;
  std::vector<std::string> databases;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_COMPLETION_CATALOG_H_

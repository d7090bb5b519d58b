#include "client/cli/shell/relation_description.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "client/cli/shell/catalog_queries.h"
#include "client/cli/shell/name_pattern.h"

namespace sluice::cli {
namespace {

// The lines below the columns, each section under its name.
int FetchFooter(ShellSession& session, const std::string& oid,
                std::string& footer) {
  RowCollector lines;
  const int status = session.FetchRows(RelationFooterSql(), {oid}, lines);
  absl::string_view section;
  for (const std::vector<std::string>& line : lines.rows()) {
    if (line[0] != section) absl::StrAppend(&footer, line[0], ":\n");
    section = line[0];
    absl::StrAppend(&footer, "    ", line[1], "\n");
  }
  return status;
}

int FetchDefinition(ShellSession& session, const std::string& oid,
                    std::string& footer) {
  RowCollector definition;
  const int status = session.FetchRows(ViewDefinitionSql(), {oid}, definition);
  for (const std::vector<std::string>& row : definition.rows()) {
    absl::StrAppend(&footer, "View definition:\n", row[0], "\n");
  }
  return status;
}

}  // namespace

int DescribeRelations(ShellSession& session, absl::string_view pattern,
                      Detail detail) {
  const NamePattern names = ParseNamePattern(pattern);
  RowCollector relations;
  int status = session.FetchRows(FindRelationsSql(), {names.schema, names.name},
                                 relations);
  if (status != kDone) return status;
  if (relations.rows().empty()) {
    std::cerr << "There is no relation \"" << pattern << "\".\n";
    return kCallFailed;
  }
  const std::unique_ptr<Output> output = session.OpenOutput();
  for (const std::vector<std::string>& relation : relations.rows()) {
    const std::string& oid = relation[0];
    Display display = session.display();
    display.title = relation[1];
    display.row_count = RowCount::kHidden;
    status = FetchFooter(session, oid, display.footer);
    if (status == kDone && detail == Detail::kFull && relation[2] == "t") {
      status = FetchDefinition(session, oid, display.footer);
    }
    if (status == kDone) {
      status = session.PrintRows(RelationColumnsSql(), {oid}, display, *output);
    }
    if (status != kDone || !output->is_open()) break;
  }
  return status;
}

}  // namespace sluice::cli

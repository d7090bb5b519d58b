// ReadParseTree: the class of a statement from libpg_query's parse tree.

#ifndef SLUICE_SERVER_POLICY_PARSE_TREE_H_
#define SLUICE_SERVER_POLICY_PARSE_TREE_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/policy/statement_class.h"

namespace sluice::policy {

struct ParsedText {
  int statement_count = 0;
  // Of the last statement.
  StatementClass statement_class = StatementClass::kOther;
  // Of the last statement: StatementFacts::explainable.
  bool explainable = false;
  // Of the last statement, by its kind: one of those that PostgreSQL refuses
  // in a transaction block.
  bool refused_in_block = false;
  // Of the last statement: as in StatementFacts.
  TransactionEffect transaction_effect = TransactionEffect::kUnknown;
  bool fetches_cursor = false;
  // Of the last statement, in bytes of the text, without semicolons around it;
  // a size of 0: up to the text's end.
  size_t begin = 0;
  size_t size = 0;
  // FunctionCalls::may_change_session.
  bool calls_unknown_function = false;
};

// Reads the tree in one pass without recursion, however deep it is. `json` is
// what pg_query_parse gives. None: it is no such tree.
absl::optional<ParsedText> ReadParseTree(absl::string_view json);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_PARSE_TREE_H_

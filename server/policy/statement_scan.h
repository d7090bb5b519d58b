// ScanStatement: the cautious answer about a text, from its tokens alone.

#ifndef SLUICE_SERVER_POLICY_STATEMENT_SCAN_H_
#define SLUICE_SERVER_POLICY_STATEMENT_SCAN_H_

#include <string>

#include "absl/types/optional.h"
#include "server/policy/statement_class.h"

namespace sluice::policy {

enum class StatementCount { kNone, kOne, kSeveral };

struct ScannedText {
  StatementCount count = StatementCount::kNone;
  // By the first keyword; none where it begins no command.
  absl::optional<StatementClass> statement_class;
  // By the first keyword: StatementFacts::explainable.
  bool explainable = false;
  // Set if the text has no tokens to judge, an open quote say. Of the rest only
  // the class may be known then, and only one that Execute refuses: the
  // server's scanner may know more, and take the text.
  absl::optional<SyntaxFault> fault;
};

// `sql` holds no NUL and passes ScansInBoundedTime. Takes about 80 ms per MiB,
// and little stack.
ScannedText ScanStatement(const std::string& sql);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_STATEMENT_SCAN_H_

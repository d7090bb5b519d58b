#include "server/policy/statement_class.h"

namespace sluice::policy {

absl::string_view StatementClassName(StatementClass statement_class) {
  switch (statement_class) {
    case StatementClass::kRead:
      return "read";
    case StatementClass::kWrite:
      return "write";
    case StatementClass::kDdl:
      return "ddl";
    case StatementClass::kCopy:
      return "copy";
    case StatementClass::kListen:
      return "listen";
    case StatementClass::kTransaction:
      return "transaction";
    case StatementClass::kSession:
      return "session";
    case StatementClass::kProcedure:
      return "procedure";
    case StatementClass::kMaintenance:
      return "maintenance";
    case StatementClass::kOther:
      return "other";
    case StatementClass::kUnparsable:
      return "unparsable";
  }
  return "invalid";
}

}  // namespace sluice::policy

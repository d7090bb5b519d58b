#include "server/policy/statement_class.h"

#include "absl/strings/str_cat.h"

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

std::string Fingerprint::ToString() const {
  const absl::AlphaNum digits(absl::Hex(value, absl::kZeroPad16));
  switch (of) {
    case Of::kNone:
      return "";
    case Of::kTree:
      return absl::StrCat(digits);
    case Of::kText:
      return absl::StrCat("text:", digits);
    case Of::kWithheld:
      return "withheld";
  }
  return "";
}

}  // namespace sluice::policy

#include "server/policy/rights.h"

#include "absl/strings/str_cat.h"

namespace sluice::policy {

absl::string_view RightName(Right right) {
  switch (right) {
    case Right::kRead:
      return "read";
    case Right::kWrite:
      return "write";
    case Right::kDdl:
      return "ddl";
    case Right::kCopy:
      return "copy";
    case Right::kListen:
      return "listen";
  }
  return "invalid";
}

std::string RightNames(Rights rights) {
  std::string names;
  for (const Right right : kAllRights) {
    if (!rights.Has(right)) continue;
    absl::StrAppend(&names, names.empty() ? "" : ", ", RightName(right));
  }
  return names;
}

}  // namespace sluice::policy

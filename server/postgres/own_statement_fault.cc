#include "server/postgres/own_statement_fault.h"

#include <string>

#include "server/base/error.h"

namespace sluice::postgres {
namespace {

std::string SqlstateOf(const absl::Status& status) {
  return ErrorMetadataOf(status, "sqlstate");
}

}  // namespace

bool IsAboutClaimedRequest(const absl::Status& status) {
  return SqlstateOf(status) == "SL001";
}

bool IsAboutMissingFunction(const absl::Status& status) {
  const std::string sqlstate = SqlstateOf(status);
  return sqlstate == "3F000" || sqlstate == "42883" || sqlstate == "42501";
}

bool IsAboutFutureTransaction(const absl::Status& status) {
  return SqlstateOf(status) == "22023";
}

}  // namespace sluice::postgres

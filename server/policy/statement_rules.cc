#include "server/policy/statement_rules.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::policy {
namespace {

absl::Status NotAllowed(absl::string_view rpc, const StatementFacts& facts,
                        absl::string_view hint) {
  return MakeError(
      absl::StatusCode::kInvalidArgument,
      v1::ERROR_REASON_STATEMENT_NOT_ALLOWED,
      absl::StrCat(rpc, " does not take this class of statement (",
                   StatementClassName(facts.statement_class), ")", hint),
      {{"field", "statement.sql"}, {"executed", "no"}});
}

// As PostgreSQL would have answered.
absl::Status SyntaxError(const SyntaxFault& fault) {
  absl::Status status = MakeError(absl::StatusCode::kInvalidArgument,
                                  v1::ERROR_REASON_SYNTAX_ERROR, fault.message,
                                  {{"sqlstate", "42601"}, {"executed", "no"}});
  v1::PostgresDiagnostic diagnostic;
  diagnostic.set_sqlstate("42601");
  diagnostic.set_severity("ERROR");
  diagnostic.set_message(fault.message);
  diagnostic.set_position(fault.position);
  AttachDetail(status, diagnostic.GetDescriptor()->full_name(), diagnostic);
  return status;
}

// Why a statement that is no work of a transaction is refused in one.
absl::string_view RefusalInTransaction(const StatementFacts& facts) {
  switch (facts.statement_class) {
    case StatementClass::kCopy:
      return ": COPY has no place in a transaction of the gateway";
    case StatementClass::kListen:
      return ": LISTEN and UNLISTEN are of the session, which is not the "
             "caller's";
    case StatementClass::kOther:
      return "";
    default:
      break;
  }
  switch (facts.transaction_effect) {
    case TransactionEffect::kConfined:
    case TransactionEffect::kSetsLocally:
      return "";
    case TransactionEffect::kControls:
      return ": use the requests begin, commit, rollback, savepoint, "
             "rollback_to and release of Transact; RunTransaction begins and "
             "ends by itself";
    case TransactionEffect::kSetsCharacteristics:
      return ": use TransactionOptions";
    case TransactionEffect::kSetsReserved:
      return ": roles, the session's name, and the settings that answers are "
             "written with, are the gateway's";
    case TransactionEffect::kSetsSession:
      return ": use SET LOCAL, which ends with the transaction";
    case TransactionEffect::kPrepares:
      return ": send the statement itself with its parameters; the gateway "
             "prepares it";
    case TransactionEffect::kHolds:
      return ": declare the cursor without HOLD, so that it ends with the "
             "transaction";
    case TransactionEffect::kUnknown:
      return ": it is not known to end with the transaction";
  }
  return "";
}

}  // namespace

Right RightOf(const StatementFacts& facts) {
  switch (facts.statement_class) {
    case StatementClass::kRead:
    case StatementClass::kTransaction:
    case StatementClass::kSession:
      return Right::kRead;
    case StatementClass::kWrite:
    case StatementClass::kProcedure:
      return Right::kWrite;
    case StatementClass::kCopy:
      return Right::kCopy;
    case StatementClass::kListen:
      return Right::kListen;
    case StatementClass::kDdl:
    case StatementClass::kMaintenance:
    case StatementClass::kOther:
    case StatementClass::kUnparsable:
      break;
  }
  return Right::kDdl;
}

absl::Status CheckQuery(const StatementFacts& facts) {
  switch (facts.statement_class) {
    case StatementClass::kRead:
      return absl::OkStatus();
    case StatementClass::kUnparsable:
      return SyntaxError(facts.fault.value_or(SyntaxFault{"syntax error", 0}));
    case StatementClass::kWrite:
    case StatementClass::kDdl:
    case StatementClass::kProcedure:
    case StatementClass::kMaintenance:
      return NotAllowed("Query", facts, ": use Execute");
    default:
      return NotAllowed("Query", facts, "");
  }
}

absl::Status CheckExecute(const StatementFacts& facts) {
  switch (facts.statement_class) {
    case StatementClass::kRead:
    case StatementClass::kWrite:
    case StatementClass::kDdl:
    case StatementClass::kProcedure:
    case StatementClass::kMaintenance:
    case StatementClass::kUnparsable:
      return absl::OkStatus();
    default:
      return NotAllowed("Execute", facts, "");
  }
}

absl::Status CheckTransaction(const StatementFacts& facts) {
  switch (facts.statement_class) {
    case StatementClass::kSession:
    case StatementClass::kTransaction:
      if (facts.transaction_effect == TransactionEffect::kConfined ||
          facts.transaction_effect == TransactionEffect::kSetsLocally) {
        return absl::OkStatus();
      }
      break;
    default:
      if (CheckExecute(facts).ok()) return absl::OkStatus();
  }
  return NotAllowed("A transaction", facts, RefusalInTransaction(facts));
}

absl::Status CheckDescribe(const StatementFacts& facts) {
  return CheckExecute(facts).ok() ? absl::OkStatus()
                                  : NotAllowed("Describe", facts, "");
}

bool MayProveRead(const StatementFacts& facts) {
  return facts.statement_class == StatementClass::kRead &&
         facts.evidence == Evidence::kParsed && facts.explainable;
}

bool MayChangeSession(const StatementFacts& facts) {
  switch (facts.statement_class) {
    case StatementClass::kRead:
    case StatementClass::kWrite:
      return facts.calls_unknown_function;
    case StatementClass::kSession:
    case StatementClass::kTransaction:
      return facts.transaction_effect != TransactionEffect::kConfined ||
             facts.calls_unknown_function;
    default:
      return true;
  }
}

bool OutlastsReset(absl::string_view sql) {
  const std::string text = absl::AsciiStrToLower(sql);
  for (const absl::string_view words :
       {"dblink", "replication_origin_", "load '"}) {
    if (absl::StrContains(text, words)) return true;
  }
  return false;
}

}  // namespace sluice::policy

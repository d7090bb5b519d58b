#include "server/policy/parse_tree.h"

#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "nlohmann/json.hpp"
#include "server/policy/function_calls.h"

namespace sluice::policy {
namespace {

using Json = nlohmann::json;

struct ClassOfNode {
  absl::string_view node;
  StatementClass statement_class;
};

// What ClassOf does not tell by the node's name.
constexpr ClassOfNode kClassOfNode[] = {
    {"AlterSystemStmt", StatementClass::kOther},
    {"CallStmt", StatementClass::kProcedure},
    {"CheckPointStmt", StatementClass::kMaintenance},
    {"ClosePortalStmt", StatementClass::kSession},
    {"ClusterStmt", StatementClass::kMaintenance},
    {"CommentStmt", StatementClass::kDdl},
    {"CompositeTypeStmt", StatementClass::kDdl},
    {"ConstraintsSetStmt", StatementClass::kTransaction},
    {"CopyStmt", StatementClass::kCopy},
    {"DeallocateStmt", StatementClass::kSession},
    {"DeclareCursorStmt", StatementClass::kSession},
    {"DefineStmt", StatementClass::kDdl},
    {"DeleteStmt", StatementClass::kWrite},
    {"DiscardStmt", StatementClass::kSession},
    {"DoStmt", StatementClass::kProcedure},
    {"ExecuteStmt", StatementClass::kSession},
    {"FetchStmt", StatementClass::kSession},
    {"GrantRoleStmt", StatementClass::kDdl},
    {"GrantStmt", StatementClass::kDdl},
    {"ImportForeignSchemaStmt", StatementClass::kDdl},
    {"IndexStmt", StatementClass::kDdl},
    {"InsertStmt", StatementClass::kWrite},
    {"ListenStmt", StatementClass::kListen},
    {"LockStmt", StatementClass::kWrite},
    {"MergeStmt", StatementClass::kWrite},
    {"NotifyStmt", StatementClass::kWrite},
    {"PrepareStmt", StatementClass::kSession},
    {"ReassignOwnedStmt", StatementClass::kDdl},
    {"RefreshMatViewStmt", StatementClass::kDdl},
    {"ReindexStmt", StatementClass::kMaintenance},
    {"RenameStmt", StatementClass::kDdl},
    {"RuleStmt", StatementClass::kDdl},
    {"SecLabelStmt", StatementClass::kDdl},
    {"SelectStmt", StatementClass::kRead},
    {"TransactionStmt", StatementClass::kTransaction},
    {"TruncateStmt", StatementClass::kWrite},
    {"UnlistenStmt", StatementClass::kListen},
    {"UpdateStmt", StatementClass::kWrite},
    {"VacuumStmt", StatementClass::kMaintenance},
    {"VariableSetStmt", StatementClass::kSession},
    {"VariableShowStmt", StatementClass::kRead},
    {"ViewStmt", StatementClass::kDdl},
};

// Class by the kind of node alone.
StatementClass ClassOf(absl::string_view node) {
  const auto* row = absl::c_find_if(
      kClassOfNode, [node](const ClassOfNode& r) { return r.node == node; });
  if (row != std::end(kClassOfNode)) return row->statement_class;
  if (absl::StartsWith(node, "Create") || absl::StartsWith(node, "Alter") ||
      absl::StartsWith(node, "Drop")) {
    return StatementClass::kDdl;
  }
  return StatementClass::kOther;
}

// But for SELECT INTO, which is a SelectStmt too.
bool IsExplainable(absl::string_view node) {
  return node == "SelectStmt" || node == "InsertStmt" || node == "UpdateStmt" ||
         node == "DeleteStmt" || node == "MergeStmt";
}

// Statements that begin and end transactions of their own, in PostgreSQL 14 to
// 17; what has CONCURRENTLY is found by that. Whether CREATE SUBSCRIPTION does
// depends on its options.
constexpr absl::string_view kRefusedInBlock[] = {
    "AlterDatabaseStmt",      "AlterSubscriptionStmt", "AlterSystemStmt",
    "CreateSubscriptionStmt", "CreateTableSpaceStmt",  "CreatedbStmt",
    "DropSubscriptionStmt",   "DropTableSpaceStmt",    "DropdbStmt",
};

// What answers are written with, how texts and names are read, who reads them,
// and whose sessions they are.
constexpr absl::string_view kReservedSettings[] = {
    "application_name",
    "bytea_output",
    "client_encoding",
    "datestyle",
    "extra_float_digits",
    "intervalstyle",
    "role",
    "session_authorization",
    "standard_conforming_strings",
};

TransactionEffect EffectOfLocalSetting(const std::string& setting) {
  const std::string name = absl::AsciiStrToLower(setting);
  if (absl::StartsWith(name, "transaction") ||
      absl::StartsWith(name, "default_transaction_")) {
    return TransactionEffect::kSetsCharacteristics;
  }
  if (absl::c_linear_search(kReservedSettings, name)) {
    return TransactionEffect::kSetsReserved;
  }
  // Those of the user's own have a dot, and PostgreSQL itself reads none.
  return absl::StrContains(name, '.') ? TransactionEffect::kConfined
                                      : TransactionEffect::kSetsLocally;
}

// SET and RESET, by the fields of the tree.
TransactionEffect EffectOfSet(const std::string& setting, bool is_local) {
  if (setting == "TRANSACTION" || setting == "TRANSACTION SNAPSHOT" ||
      setting == "SESSION CHARACTERISTICS") {
    return TransactionEffect::kSetsCharacteristics;
  }
  if (is_local) return EffectOfLocalSetting(setting);
  return absl::StartsWith(absl::AsciiStrToLower(setting), "transaction_")
             ? TransactionEffect::kSetsCharacteristics
             : TransactionEffect::kSetsSession;
}

// Follows a tree of this shape:
//   {"stmts":[{"stmt":{"ExplainStmt":{"query":{"SelectStmt":{...}}}}}]}
// Names of nodes and fields are keys and whatever the text holds is a value,
// so no text can imitate a node.
class TreeReader : public nlohmann::json_sax<Json> {
 public:
  ParsedText Result() const {
    ParsedText result;
    result.statement_count = statement_count_;
    result.statement_class = class_;
    result.explainable = !makes_table_ && IsExplainable(node_);
    result.refused_in_block = absl::c_linear_search(kRefusedInBlock, node_) ||
                              (is_concurrent_ && node_ != "RefreshMatViewStmt");
    result.transaction_effect = Effect();
    result.fetches_cursor = node_ == "FetchStmt";
    result.begin = begin_;
    result.size = size_;
    result.calls_unknown_function = calls_.may_change_session();
    if (uses_prepared_ || uses_cursor_) {
      result.statement_class = StatementClass::kSession;
      return result;
    }
    // What a SELECT holds makes it less harmless than its kind says.
    if (class_ == StatementClass::kRead) {
      if (makes_table_) result.statement_class = StatementClass::kDdl;
      if (modifies_) result.statement_class = StatementClass::kWrite;
    }
    return result;
  }

  bool key(std::string& name) override {
    if (depth_ == kStatementDepth) {
      ++statement_count_;
      node_ = name;
      is_explain_ = name == "ExplainStmt";
      class_ = is_explain_ ? StatementClass::kOther : ClassOf(name);
      begin_ = 0;
      size_ = 0;
    } else if (depth_ == kFieldDepth) {
      field_ = name;
    } else if (depth_ == kExplainedDepth && is_explain_ && field_ == "query") {
      class_ = ClassOf(name);
    }
    if (name == "InsertStmt" || name == "UpdateStmt" || name == "DeleteStmt" ||
        name == "MergeStmt" || name == "lockingClause") {
      modifies_ = true;
    } else if (name == "intoClause") {
      makes_table_ = true;
    } else if (name == "ExecuteStmt") {
      uses_prepared_ = true;
    } else if (name == "CurrentOfExpr") {
      uses_cursor_ = true;
    }
    key_ = name;
    calls_.OnKey(name, depth_);
    return true;
  }

  bool start_object(size_t) override { return Begin(); }
  bool end_object() override { return End(); }
  bool start_array(size_t) override { return Begin(); }
  bool end_array() override { return End(); }
  bool null() override { return true; }
  bool boolean(bool value) override {
    calls_.OnBoolean(value, depth_);
    if (key_ == "concurrent") is_concurrent_ |= value;
    if (InField("is_local")) is_local_ = value;
    return true;
  }
  bool number_integer(number_integer_t value) override {
    return number_unsigned(static_cast<number_unsigned_t>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (InField("options")) holds_ = (value & kCursorHold) != 0;
    if (depth_ == kPlaceDepth && key_ == "stmt_location") begin_ = value;
    if (depth_ == kPlaceDepth && key_ == "stmt_len") size_ = value;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& value) override {
    calls_.OnString(value, depth_);
    if (InField("name")) name_ = value;
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  // Objects and arrays around a key: where a statement stands, its node, its
  // fields, and the node in the field `query` of an EXPLAIN.
  static constexpr int kPlaceDepth = 3;
  static constexpr int kStatementDepth = 4;
  static constexpr int kFieldDepth = 5;
  static constexpr int kExplainedDepth = 6;
  // CURSOR_OPT_HOLD of PostgreSQL's parsenodes.h.
  static constexpr number_unsigned_t kCursorHold = 0x20;

  bool Begin() {
    calls_.OnBegin(depth_);
    ++depth_;
    return true;
  }

  bool End() {
    --depth_;
    calls_.OnEnd(depth_);
    return true;
  }

  // Whether the value that comes now is that field of the statement's node.
  bool InField(absl::string_view field) const {
    return depth_ == kFieldDepth && field_ == field;
  }

  TransactionEffect Effect() const {
    if (uses_prepared_ || node_ == "PrepareStmt" || node_ == "DeallocateStmt") {
      return TransactionEffect::kPrepares;
    }
    if (node_ == "FetchStmt" || node_ == "ClosePortalStmt" ||
        node_ == "ConstraintsSetStmt" ||
        (uses_cursor_ && (class_ == StatementClass::kRead ||
                          class_ == StatementClass::kWrite))) {
      return TransactionEffect::kConfined;
    }
    if (node_ == "DeclareCursorStmt") {
      return holds_ ? TransactionEffect::kHolds : TransactionEffect::kConfined;
    }
    if (node_ == "TransactionStmt") return TransactionEffect::kControls;
    if (node_ == "VariableSetStmt") return EffectOfSet(name_, is_local_);
    return node_ == "DiscardStmt" ? TransactionEffect::kSetsSession
                                  : TransactionEffect::kUnknown;
  }

  int depth_ = 0;
  int statement_count_ = 0;
  // Of the last statement: its place in the text behind its node.
  std::string node_;
  size_t begin_ = 0;
  size_t size_ = 0;
  StatementClass class_ = StatementClass::kOther;
  bool is_explain_ = false;
  // The last key, and the last one that is a field of the statement's node.
  std::string key_;
  std::string field_;
  bool modifies_ = false;
  bool makes_table_ = false;
  // At any depth: CREATE TABLE AS EXECUTE.
  bool uses_prepared_ = false;
  bool uses_cursor_ = false;
  bool is_concurrent_ = false;
  // Fields of the last statement: `name` and `is_local` of a SET, `options` of
  // a DECLARE.
  std::string name_;
  bool is_local_ = false;
  bool holds_ = false;
  FunctionCalls calls_;
};

}  // namespace

absl::optional<ParsedText> ReadParseTree(absl::string_view json) {
  TreeReader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) {
    return absl::nullopt;
  }
  return reader.Result();
}

}  // namespace sluice::policy

#include "server/policy/function_calls.h"

#include "absl/strings/match.h"
#include "server/policy/harmless_functions.h"

namespace sluice::policy {
namespace {

// From the fields of a call to the value of a constant among its arguments:
//   "args":[{"A_Const":{"sval":{"sval":"x"}}}]
constexpr int kConstantDepth = 4;

}  // namespace

void FunctionCalls::OnKey(absl::string_view key, int depth) {
  key_ = std::string(key);
  if (depth == set_config_depth_) in_arguments_ = key == "args";
  if (key != "funcname") return;
  name_depth_ = depth;
  name_.clear();
}

void FunctionCalls::OnString(const std::string& value, int depth) {
  if (name_depth_ != kNowhere) {
    name_.push_back(value);
  } else if (in_arguments_ && argument_count_ == 1 && key_ == "sval" &&
             depth == set_config_depth_ + kConstantDepth) {
    setting_ = value;
  }
}

void FunctionCalls::OnBoolean(bool value, int depth) {
  if (in_arguments_ && argument_count_ == 3 && key_ == "boolval" &&
      depth == set_config_depth_ + kConstantDepth) {
    is_local_ = value;
  }
}

void FunctionCalls::OnBegin(int depth) {
  if (in_arguments_ && depth == set_config_depth_ + 1) ++argument_count_;
}

void FunctionCalls::OnEnd(int depth) {
  if (name_depth_ != kNowhere && depth == name_depth_) JudgeName();
  if (set_config_depth_ != kNowhere && depth < set_config_depth_) {
    JudgeSetConfig();
  }
}

void FunctionCalls::JudgeName() {
  const int depth = name_depth_;
  name_depth_ = kNowhere;
  const bool is_plain =
      name_.size() == 1 || (name_.size() == 2 && name_.front() == "pg_catalog");
  if (is_plain && IsHarmlessFunction(name_.back())) return;
  const bool is_within_another = set_config_depth_ != kNowhere;
  if (!is_plain || name_.back() != "set_config" || is_within_another) {
    may_change_session_ = true;
    return;
  }
  set_config_depth_ = depth;
  in_arguments_ = false;
  argument_count_ = 0;
  setting_.clear();
  is_local_ = false;
}

void FunctionCalls::JudgeSetConfig() {
  set_config_depth_ = kNowhere;
  in_arguments_ = false;
  if (!is_local_ || !absl::StrContains(setting_, '.')) {
    may_change_session_ = true;
  }
}

}  // namespace sluice::policy

// FunctionCalls: whether the functions that a statement names may change its
// session.

#ifndef SLUICE_SERVER_POLICY_FUNCTION_CALLS_H_
#define SLUICE_SERVER_POLICY_FUNCTION_CALLS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::policy {

// Follows the calls in libpg_query's parse tree, of this shape:
//   {"FuncCall":{"funcname":[{"String":{"sval":"set_config"}}],"args":[...]}}
// It is told what the reader of the tree comes by. `depth` counts the objects
// and arrays around it.
class FunctionCalls {
 public:
  void OnKey(absl::string_view key, int depth);
  void OnString(const std::string& value, int depth);
  void OnBoolean(bool value, int depth);
  // Of an object or array; `depth` is that of what is around it.
  void OnBegin(int depth);
  void OnEnd(int depth);

  // Whether there was a call of a function that is not known to leave the
  // session alone. set_config is known to where the text shows that it sets a
  // parameter with a dot in its name for the transaction alone.
  bool may_change_session() const { return may_change_session_; }

 private:
  void JudgeName();
  void JudgeSetConfig();

  static constexpr int kNowhere = -1;

  std::string key_;
  // Depth of the key `funcname`, while its parts come.
  int name_depth_ = kNowhere;
  std::vector<std::string> name_;
  // Depth of the fields of a call of set_config, while they come.
  int set_config_depth_ = kNowhere;
  bool in_arguments_ = false;
  int argument_count_ = 0;
  // Its arguments, where they are constants.
  std::string setting_;
  bool is_local_ = false;
  bool may_change_session_ = false;
};

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_FUNCTION_CALLS_H_

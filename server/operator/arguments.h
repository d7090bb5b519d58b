// Arguments: the options and operands of a command.

#ifndef SLUICE_SERVER_OPERATOR_ARGUMENTS_H_
#define SLUICE_SERVER_OPERATOR_ARGUMENTS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::operators {

enum class OptionValue { kNone, kNeeded };

struct OptionRule {
  // With its dashes: "--overlap".
  absl::string_view name;
  OptionValue value = OptionValue::kNone;
};

class Arguments {
 public:
  // Reads what follows the words of a command: operands, options as
  // "--name VALUE" or "--name=VALUE", each at most once, and "--", after which
  // all are operands.
  // Errors: WrongUse.
  static absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words,
                                         const std::vector<OptionRule>& rules);

  const std::vector<std::string>& operands() const { return operands_; }
  bool Has(absl::string_view option) const;
  // `value_otherwise` if the option is not given.
  std::string ValueOf(absl::string_view option,
                      absl::string_view value_otherwise = "") const;

 private:
  Arguments() = default;

  std::vector<std::string> operands_;
  std::map<std::string, std::string, std::less<>> options_;
};

}  // namespace sluice::operators

#endif  // SLUICE_SERVER_OPERATOR_ARGUMENTS_H_

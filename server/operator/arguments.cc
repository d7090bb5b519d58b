#include "server/operator/arguments.h"

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/operator/command.h"

namespace sluice::operators {

absl::StatusOr<Arguments> Arguments::Parse(
    const std::vector<std::string>& words,
    const std::vector<OptionRule>& rules) {
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      arguments.operands_.insert(arguments.operands_.end(),
                                 words.begin() + static_cast<long>(i) + 1,
                                 words.end());
      break;
    }
    if (!absl::StartsWith(word, "-") || word == "-") {
      arguments.operands_.push_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto rule = absl::c_find_if(
        rules, [&name](const OptionRule& known) { return known.name == name; });
    if (rule == rules.end()) {
      return WrongUse(absl::StrCat("there is no option ", name));
    }
    const bool has_value = equals != word.npos;
    std::string value = has_value ? word.substr(equals + 1) : "";
    if (rule->value == OptionValue::kNone && has_value) {
      return WrongUse(absl::StrCat(name, " takes no value"));
    }
    if (rule->value == OptionValue::kNeeded && !has_value) {
      if (i + 1 < words.size()) value = words[++i];
    }
    if (rule->value == OptionValue::kNeeded && value.empty()) {
      return WrongUse(absl::StrCat(name, " needs a value"));
    }
    if (!arguments.options_.emplace(name, value).second) {
      return WrongUse(absl::StrCat(name, " is there twice"));
    }
  }
  return arguments;
}

bool Arguments::Has(absl::string_view option) const {
  return options_.contains(std::string(option));
}

std::string Arguments::ValueOf(absl::string_view option,
                               absl::string_view value_otherwise) const {
  const auto found = options_.find(std::string(option));
  return found == options_.end() ? std::string(value_otherwise) : found->second;
}

}  // namespace sluice::operators

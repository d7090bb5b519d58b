#include "client/cli/instance_report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/error_report.h"

namespace sluice::cli {
namespace {

std::string Heading(const std::string& address) {
  return absl::StrCat("Instance at ", address, ":\n");
}

}  // namespace

ServiceReport ReportOf(const absl::StatusOr<std::string>& answer) {
  if (answer.ok()) return {.text = *answer, .errors = ""};
  return {.text = "", .errors = DescribeError(answer.status(), /*sql=*/"")};
}

void InstanceReport::AddAnswer(const std::string& address,
                               absl::string_view answer) {
  if (!has_many_) {
    absl::StrAppend(&report_.text, answer);
  } else if (format_ == Format::kJson) {
    AddJson(address, "answer", answer);
  } else {
    absl::StrAppend(&report_.text, Heading(address), answer, "\n");
  }
}

void InstanceReport::AddError(const std::string& address,
                              const absl::Status& status) {
  absl::StrAppend(&report_.errors, has_many_ ? Heading(address) : "",
                  DescribeError(status, /*sql=*/""));
  if (has_many_ && format_ == Format::kJson) {
    AddJson(address, "error", FormatJsonText(status.ToString()));
  }
}

void InstanceReport::AddJson(const std::string& address, absl::string_view name,
                             absl::string_view value) {
  absl::ConsumeSuffix(&value, "\n");
  absl::StrAppend(&report_.text, report_.text.empty() ? "[\n" : ",\n",
                  "{\"address\": ", FormatJsonText(address), ", \"", name,
                  "\": ", value, "}");
}

void InstanceReport::AddRemark(absl::string_view remark) {
  if (has_many_ && format_ != Format::kJson) {
    absl::StrAppend(&report_.text, remark);
  }
}

ServiceReport InstanceReport::Finish() && {
  if (has_many_ && format_ == Format::kJson) report_.text.append("\n]\n");
  return std::move(report_);
}

}  // namespace sluice::cli

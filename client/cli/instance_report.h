// InstanceReport: what instances of the gateway answered, as it is printed.

#ifndef SLUICE_CLIENT_CLI_INSTANCE_REPORT_H_
#define SLUICE_CLIENT_CLI_INSTANCE_REPORT_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/display.h"
#include "client/cli/message_json.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

// What a command about services came to.
struct ServiceReport {
  // For standard output.
  std::string text;
  // For standard error; empty where all went well.
  std::string errors;
};

// The report of a call of one instance.
ServiceReport ReportOf(const absl::StatusOr<std::string>& answer);

// One answer is told as it is; several stand each below its address, or as
// JSON in an array of {"address", "answer"}, or "error" where there is none.
class InstanceReport {
 public:
  // `instance_count`: how many are asked.
  InstanceReport(Format format, size_t instance_count)
      : format_(format), has_many_(instance_count > 1) {}

  template <typename Response, typename Describe>
  void Add(const std::string& address, const absl::StatusOr<Response>& response,
           Describe describe) {
    if (!response.ok()) return AddError(address, response.status());
    AddAnswer(address, format_ == Format::kJson ? FormatMessage(*response)
                                                : describe(*response));
  }
  void AddError(const std::string& address, const absl::Status& status);
  // A line for people, behind the answers, if several were asked.
  void AddRemark(absl::string_view remark);

  ServiceReport Finish() &&;

 private:
  void AddAnswer(const std::string& address, absl::string_view answer);
  void AddJson(const std::string& address, absl::string_view name,
               absl::string_view value);

  const Format format_;
  const bool has_many_;
  ServiceReport report_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_INSTANCE_REPORT_H_

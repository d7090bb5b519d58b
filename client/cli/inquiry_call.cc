#include "client/cli/inquiry_call.h"

#include "client/cli/inquiry_text.h"
#include "client/cli/option_statement.h"

namespace sluice::cli {
namespace {

v1::ExplainMode ExplainModeOf(const Options& options) {
  if (!options.explain) return v1::EXPLAIN_MODE_NONE;
  return options.display.format == Format::kJson ? v1::EXPLAIN_MODE_JSON
                                                 : v1::EXPLAIN_MODE_TEXT;
}

}  // namespace

absl::StatusOr<std::string> Inquire(const client::Client& client,
                                    const Options& options) {
  if (options.command == Command::kDescribe) {
    const absl::StatusOr<v1::DescribeResponse> description =
        client.Describe(MakeStatement(options), ExplainModeOf(options),
                        {.timeout = options.timeout});
    if (!description.ok()) return description.status();
    return FormatDescription(*description, options.display.format);
  }
  const absl::StatusOr<v1::GetCapabilitiesResponse> capabilities =
      client.GetCapabilities({.timeout = options.timeout});
  if (!capabilities.ok()) return capabilities.status();
  return FormatCapabilities(*capabilities, options.display.format);
}

}  // namespace sluice::cli

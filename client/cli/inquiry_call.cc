#include "client/cli/inquiry_call.h"

#include "absl/time/clock.h"
#include "client/cli/inquiry_text.h"
#include "grpcpp/client_context.h"

namespace sluice::cli {
namespace {

v1::DescribeRequest MakeRequest(const Options& options) {
  v1::DescribeRequest request;
  request.set_database(options.database);
  request.mutable_statement()->set_sql(options.sql);
  request.mutable_parameters()->Add(options.parameters.begin(),
                                    options.parameters.end());
  if (options.explain) {
    request.set_explain(options.display.format == Format::kJson
                            ? v1::EXPLAIN_MODE_JSON
                            : v1::EXPLAIN_MODE_TEXT);
  }
  return request;
}

}  // namespace

Answer Inquire(v1::Database::StubInterface& stub, const Options& options) {
  grpc::ClientContext context;
  if (options.timeout != absl::InfiniteDuration()) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
  }
  Answer answer;
  if (options.command == Command::kDescribe) {
    v1::DescribeResponse response;
    answer.status = stub.Describe(&context, MakeRequest(options), &response);
    if (answer.status.ok()) {
      answer.text = FormatDescription(response, options.display.format);
    }
    return answer;
  }
  v1::GetCapabilitiesResponse response;
  answer.status = stub.GetCapabilities(&context, {}, &response);
  if (answer.status.ok()) {
    answer.text = FormatCapabilities(response, options.display.format);
  }
  return answer;
}

}  // namespace sluice::cli

#include "client/cli/service_call.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/instances.h"
#include "client/cli/message_json.h"
#include "client/cli/service_text.h"
#include "client/cli/topology_differences.h"
#include "client/cli/write_hold.h"
#include "grpcpp/channel.h"
#include "sluice/client/admin.h"
#include "sluice/client/channel.h"
#include "sluice/client/tokens.h"

namespace sluice::cli {
namespace {

// How long an instance has to answer where the command line says nothing, and
// where it is asked again each second.
constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr absl::Duration kTurnPatience = absl::Seconds(2);

// The answer as `describe` tells it, or as JSON.
template <typename Response, typename Describe>
absl::StatusOr<std::string> Tell(const absl::StatusOr<Response>& response,
                                 const Options& options, Describe describe) {
  if (!response.ok()) return response.status();
  if (options.display.format == Format::kJson) return FormatMessage(*response);
  return describe(*response);
}

absl::StatusOr<std::string> TellIssued(const client::Tokens& tokens,
                                       const Options& options) {
  const auto issued = tokens.Issue(options.token, {.timeout = options.timeout});
  if (issued.ok() && options.prints_raw) {
    return absl::StrCat(issued->token(), "\n");
  }
  return Tell(issued, options, DescribeIssued);
}

absl::StatusOr<std::string> TellRevoked(
    const std::shared_ptr<grpc::Channel>& channel, const Options& options) {
  const client::CallOptions call = {.timeout = options.timeout};
  if (options.revocation.target_case() ==
      v1::RevokeTokensRequest::TARGET_NOT_SET) {
    return Tell(client::Tokens(channel, options.connection)
                    .Revoke(options.operand, call),
                options, [](const v1::RevokeTokenResponse& revocation) {
                  return DescribeRevocation(revocation);
                });
  }
  return Tell(client::Admin(channel, options.connection)
                  .RevokeTokens(options.revocation, call),
              options, [](const v1::RevokeTokensResponse& revocation) {
                return DescribeRevocation(revocation);
              });
}

// Asks each instance by `call`, and tells what each has answered.
template <typename Call, typename Describe>
ServiceReport AskAll(const Instances& instances, const Options& options,
                     const Call& call, Describe describe) {
  const auto answers = instances.Ask(call);
  InstanceReport report(options.display.format, instances.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    report.Add(instances.address(i), answers[i], describe);
  }
  return std::move(report).Finish();
}

ServiceReport ReportTopology(const Instances& instances,
                             const Options& options) {
  const auto answers = instances.Ask([&](const client::Admin& admin) {
    return admin.GetTopology(options.operand, {.timeout = options.timeout});
  });
  InstanceReport report(options.display.format, instances.size());
  std::vector<InstanceView> views;
  for (size_t i = 0; i < answers.size(); ++i) {
    report.Add(instances.address(i), answers[i], DescribeTopology);
    if (answers[i].ok()) views.push_back({instances.address(i), *answers[i]});
  }
  if (views.size() > 1) report.AddRemark(DescribeDifferences(views));
  return std::move(report).Finish();
}

ServiceReport ReportInstances(const Instances& instances,
                              const Options& options) {
  const client::CallOptions call = {.timeout = options.timeout};
  v1::ListActivityRequest activity = options.activity;
  activity.set_database(options.database);
  using client::Admin;
  switch (options.command) {
    case Command::kAdminReload:
      return AskAll(
          instances, options,
          [&](const Admin& admin) { return admin.ReloadConfig(call); },
          DescribeReload);
    case Command::kAdminActivity:
      return AskAll(
          instances, options,
          [&](const Admin& admin) {
            return admin.ListActivity(activity, call);
          },
          [](const v1::ListActivityResponse& response) {
            return DescribeActivity(response, absl::Now());
          });
    case Command::kAdminCancel:
      return AskAll(
          instances, options,
          [&](const Admin& admin) {
            return admin.CancelActivity(options.operand, call);
          },
          DescribeCancellation);
    case Command::kAdminHold:
      return HoldOnAll(instances, options);
    case Command::kAdminRelease:
      return ReleaseOnAll(instances, options);
    case Command::kTopology:
      return ReportTopology(instances, options);
    default:
      return AskAll(
          instances, options,
          [&](const Admin& admin) { return admin.GetVersion(call); },
          DescribeVersion);
  }
}

absl::StatusOr<std::string> TellOfTokens(
    const std::shared_ptr<grpc::Channel>& channel, const Options& options) {
  const client::Tokens tokens(channel, options.connection);
  switch (options.command) {
    case Command::kTokenIssue:
      return TellIssued(tokens, options);
    case Command::kTokenInspect:
      return Tell(
          tokens.Introspect(options.operand, {.timeout = options.timeout}),
          options, DescribeToken);
    default:
      return TellRevoked(channel, options);
  }
}

// The options of a command that asks instances: one that is silent must not
// keep the others from being told.
Options WithPatience(Options options) {
  // A hold has its own time.
  if (options.timeout == absl::InfiniteDuration() &&
      options.command != Command::kAdminHold) {
    options.timeout = options.watches ? kTurnPatience : kPatience;
  }
  return options;
}

bool IsAboutTokens(Command command) {
  return command == Command::kTokenIssue || command == Command::kTokenInspect ||
         command == Command::kTokenRevoke;
}

}  // namespace

bool IsServiceCommand(Command command) {
  switch (command) {
    case Command::kTokenIssue:
    case Command::kTokenInspect:
    case Command::kTokenRevoke:
    case Command::kAdminVersion:
    case Command::kAdminReload:
    case Command::kAdminActivity:
    case Command::kAdminCancel:
    case Command::kAdminHold:
    case Command::kAdminRelease:
    case Command::kTopology:
      return true;
    default:
      return false;
  }
}

ServiceReport CallService(const Options& options) {
  if (IsAboutTokens(options.command)) {
    const auto channel = client::OpenChannel(options.connection);
    return ReportOf(channel.ok() ? TellOfTokens(*channel, options)
                                 : channel.status());
  }
  const absl::StatusOr<Instances> instances = Instances::Open(options);
  if (!instances.ok()) return ReportOf(instances.status());
  return ReportInstances(*instances, WithPatience(options));
}

absl::Status WatchService(const Options& options,
                          absl::FunctionRef<bool(const ServiceReport&)> show) {
  constexpr absl::Duration kInterval = absl::Seconds(1);
  const absl::StatusOr<Instances> instances = Instances::Open(options);
  if (!instances.ok()) return instances.status();
  const Options patient = WithPatience(options);
  while (show(ReportInstances(*instances, patient))) absl::SleepFor(kInterval);
  return absl::OkStatus();
}

}  // namespace sluice::cli

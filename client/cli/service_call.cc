#include "client/cli/service_call.h"

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/message_json.h"
#include "client/cli/service_text.h"
#include "grpcpp/channel.h"
#include "sluice/client/admin.h"
#include "sluice/client/channel.h"
#include "sluice/client/tokens.h"

namespace sluice::cli {
namespace {

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

absl::StatusOr<std::string> TellOfInstance(const client::Admin& admin,
                                           const Options& options) {
  const client::CallOptions call = {.timeout = options.timeout};
  v1::ListActivityRequest activity = options.activity;
  activity.set_database(options.database);
  switch (options.command) {
    case Command::kAdminReload:
      return Tell(admin.ReloadConfig(call), options, DescribeReload);
    case Command::kAdminActivity:
      return Tell(admin.ListActivity(activity, call), options,
                  [](const v1::ListActivityResponse& response) {
                    return DescribeActivity(response, absl::Now());
                  });
    case Command::kAdminCancel:
      return Tell(admin.CancelActivity(options.operand, call), options,
                  DescribeCancellation);
    case Command::kAdminHold: {
      v1::HoldWritesRequest hold;
      hold.set_cluster(options.operand);
      return Tell(admin.HoldWrites(hold, call), options, DescribeHold);
    }
    case Command::kAdminRelease:
      return Tell(admin.ReleaseWrites(options.operand, call), options,
                  DescribeRelease);
    case Command::kTopology:
      return Tell(admin.GetTopology(options.operand, call), options,
                  DescribeTopology);
    default:
      return Tell(admin.GetVersion(call), options, DescribeVersion);
  }
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

absl::StatusOr<std::string> CallService(const Options& options) {
  const auto channel = client::OpenChannel(options.connection);
  if (!channel.ok()) return channel.status();
  switch (options.command) {
    case Command::kTokenIssue:
      return TellIssued(client::Tokens(*channel, options.connection), options);
    case Command::kTokenInspect:
      return Tell(
          client::Tokens(*channel, options.connection)
              .Introspect(options.operand, {.timeout = options.timeout}),
          options, DescribeToken);
    case Command::kTokenRevoke:
      return TellRevoked(*channel, options);
    default:
      return TellOfInstance(client::Admin(*channel, options.connection),
                            options);
  }
}

absl::Status WatchService(
    const Options& options,
    absl::FunctionRef<bool(const absl::StatusOr<std::string>&)> show) {
  constexpr absl::Duration kInterval = absl::Seconds(1);
  const auto channel = client::OpenChannel(options.connection);
  if (!channel.ok()) return channel.status();
  const client::Admin admin(*channel, options.connection);
  while (show(TellOfInstance(admin, options))) absl::SleepFor(kInterval);
  return absl::OkStatus();
}

}  // namespace sluice::cli

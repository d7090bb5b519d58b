#include "client/cli/write_hold.h"

#include <algorithm>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/service_text.h"
#include "sluice/client/admin.h"
#include "sluice/client/error_details.h"

namespace sluice::cli {
namespace {

using HoldAnswer = absl::StatusOr<v1::HoldWritesResponse>;
using ReleaseAnswer = absl::StatusOr<v1::ReleaseWritesResponse>;

// The gateway's own, where the command line says nothing.
constexpr absl::Duration kDefaultHold = absl::Seconds(10);
constexpr absl::Duration kReleaseTimeout = absl::Seconds(5);

v1::HoldWritesRequest MakeRequest(const Options& options) {
  v1::HoldWritesRequest request;
  request.set_cluster(options.operand);
  if (options.hold_duration > absl::ZeroDuration()) {
    absl::Duration rest;
    request.mutable_duration()->set_seconds(
        absl::IDivDuration(options.hold_duration, absl::Seconds(1), &rest));
    request.mutable_duration()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  }
  return request;
}

// Of one instance; an answer with writes in progress is a failure.
HoldAnswer Hold(const client::Admin& admin, const Options& options,
                const std::stop_source& stop) {
  const absl::Duration duration = options.hold_duration > absl::ZeroDuration()
                                      ? options.hold_duration
                                      : kDefaultHold;
  // An answer that comes after the end of the hold is of no use.
  const absl::Duration timeout = std::min(options.timeout, duration);
  HoldAnswer answer = admin.HoldWrites(
      MakeRequest(options), {.timeout = timeout, .stop = stop.get_token()});
  if (answer.ok() && answer->writes_in_progress() > 0) {
    answer = absl::FailedPreconditionError(absl::StrCat(
        "writes that have not ended in time: ", answer->writes_in_progress()));
  }
  return answer;
}

std::vector<ReleaseAnswer> Release(const Instances& instances,
                                   const Options& options,
                                   absl::Duration timeout) {
  return instances.Ask([&](const client::Admin& admin) {
    return admin.ReleaseWrites(options.operand, {.timeout = timeout});
  });
}

// Whether the answer is one that ended the waiting of the others.
bool HasFailed(const HoldAnswer& answer) {
  return !answer.ok() && !absl::IsCancelled(answer.status());
}

// Whether an instance that answers so to a release has taken no hold either: it
// knows no such cluster, or the caller may do neither.
bool RefusesHoldsToo(const absl::Status& released) {
  return client::ErrorDetails::From(released).is_from_gateway() &&
         (absl::IsNotFound(released) || absl::IsPermissionDenied(released) ||
          absl::IsUnauthenticated(released));
}

// What became of the writes, once all were to be released.
std::string DescribeEnd(const Instances& instances,
                        const std::vector<HoldAnswer>& held,
                        const std::vector<ReleaseAnswer>& released) {
  std::string text;
  for (size_t i = 0; i < held.size(); ++i) {
    if (!MayHoldWrites(held[i].status(), released[i].status())) continue;
    absl::StrAppend(&text, "Instance at ", instances.address(i),
                    " may hold writes yet: it could not be released. They go "
                    "on by themselves at the end of the hold.\n");
  }
  return text.empty() ? "Writes are not held.\n" : text;
}

}  // namespace

bool MayHoldWrites(const absl::Status& held, const absl::Status& released) {
  if (released.ok() || RefusesHoldsToo(released)) return false;
  // Others are of gRPC, whose call may have arrived, or of writes in progress.
  const client::ErrorDetails refusal = client::ErrorDetails::From(held);
  return !refusal.is_from_gateway() ||
         refusal.executed() == client::Executed::kUnknown;
}

ServiceReport HoldOnAll(const Instances& instances, const Options& options) {
  // Ends the waiting of the others.
  const auto stop = std::make_unique<std::stop_source>();
  std::vector<HoldAnswer> answers =
      instances.Ask([&](const client::Admin& admin) {
        HoldAnswer answer = Hold(admin, options, *stop);
        if (!answer.ok()) stop->request_stop();
        return answer;
      });
  InstanceReport report(options.display.format, instances.size());
  if (!stop->stop_requested()) {
    for (size_t i = 0; i < answers.size(); ++i) {
      report.Add(instances.address(i), answers[i], DescribeHold);
    }
    return std::move(report).Finish();
  }
  const std::vector<ReleaseAnswer> released =
      Release(instances, options, std::min(options.timeout, kReleaseTimeout));
  for (size_t i = 0; i < answers.size(); ++i) {
    if (HasFailed(answers[i])) {
      report.AddError(instances.address(i), answers[i].status());
    }
  }
  ServiceReport done = std::move(report).Finish();
  done.errors += DescribeEnd(instances, answers, released);
  return done;
}

ServiceReport ReleaseOnAll(const Instances& instances, const Options& options) {
  const std::vector<ReleaseAnswer> answers =
      Release(instances, options, options.timeout);
  InstanceReport report(options.display.format, instances.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    report.Add(instances.address(i), answers[i], DescribeRelease);
  }
  return std::move(report).Finish();
}

}  // namespace sluice::cli

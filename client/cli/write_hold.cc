#include "client/cli/write_hold.h"

#include <algorithm>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/service_text.h"
#include "sluice/client/admin.h"

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

// Tells of those that hold writes yet.
void AddUnreleased(const Instances& instances,
                   const std::vector<HoldAnswer>& held,
                   const std::vector<ReleaseAnswer>& released,
                   ServiceReport& report) {
  for (size_t i = 0; i < held.size(); ++i) {
    if (released[i].ok() || HasFailed(held[i])) continue;
    absl::StrAppend(&report.errors, "Instance at ", instances.address(i),
                    " could not be released; its writes go on by themselves "
                    "at the end of the hold.\n");
  }
}

}  // namespace

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
  absl::StrAppend(&done.errors, "Writes are not held.\n");
  AddUnreleased(instances, answers, released, done);
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

#include "server/topology/consul_source.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/deadline.h"
#include "server/base/proto_duration.h"
#include "server/config/settings_file.h"
#include "server/topology/consul_answer.h"

namespace sluice::topology {
namespace {

// Besides the time that a query blocks, to which Consul adds up to a sixteenth.
constexpr absl::Duration kAnswerTime = absl::Seconds(5);
// Consul's documentation has clients limit their rate: its index may move with
// each check of any instance.
constexpr absl::Duration kPause = absl::Milliseconds(100);
// Where nothing makes the queries block.
constexpr absl::Duration kPollInterval = absl::Seconds(1);
constexpr absl::Duration kFirstBackoff = absl::Seconds(1);
constexpr absl::Duration kMaxBackoff = absl::Seconds(10);
constexpr uint64_t kMaxLastContactMilliseconds = 10'000;
constexpr size_t kMaxBytesTold = 100;

// Empty where there is none.
std::string HeaderOf(const HttpResponse& response, absl::string_view name) {
  const auto header = response.headers.find(name);
  return header == response.headers.end() ? std::string() : header->second;
}

absl::Status CheckFreshness(const HttpResponse& response) {
  if (HeaderOf(response, "x-consul-knownleader") == "false") {
    return absl::UnavailableError("Consul has no leader");
  }
  uint64_t milliseconds = 0;
  if (absl::SimpleAtoi(HeaderOf(response, "x-consul-lastcontact"),
                       &milliseconds) &&
      milliseconds > kMaxLastContactMilliseconds) {
    return absl::UnavailableError("Consul has lost contact with its leader");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadToken(const std::string& file) {
  const absl::StatusOr<std::string> text = config::ReadSettingsFile(file);
  if (!text.ok()) return text.status();
  std::string token(absl::StripSuffix(*text, "\n"));
  // Nothing that would end the header.
  if (token.empty() || !absl::c_all_of(token, absl::ascii_isgraph)) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, " has not one line of printable ASCII"));
  }
  return token;
}

absl::Status HttpFault(const HttpResponse& response) {
  return absl::UnavailableError(absl::StrCat(
      "Consul answers with status ", response.status, ": ",
      absl::CHexEscape(
          absl::StripAsciiWhitespace(response.body).substr(0, kMaxBytesTold))));
}

}  // namespace

ConsulSource::ConsulSource(const config::v1::ConsulDiscovery& settings)
    : settings_(settings),
      tags_(settings.tags().begin(), settings.tags().end()),
      wait_(FromProto(settings.wait())),
      backoff_(kFirstBackoff, kMaxBackoff) {}

SourceAnswer ConsulSource::Ask(const StopSignal& stop) {
  const SteadyTime begin = SteadyNow();
  absl::StatusOr<HttpResponse> response = Query(stop);
  absl::StatusOr<std::vector<NodeAddress>> nodes =
      response.ok() ? Read(*response) : response.status();
  if (!nodes.ok()) {
    index_ = 0;
    return {std::move(nodes), backoff_.Next()};
  }
  backoff_.Reset();
  const absl::Duration took = absl::FromChrono(SteadyNow() - begin);
  return {std::move(nodes), Advance(*response, took)};
}

absl::StatusOr<HttpResponse> ConsulSource::Query(const StopSignal& stop) {
  HttpRequest request;
  request.url =
      absl::StrCat("http://", settings_.address(), "/v1/health/service/",
                   EscapeForUrl(settings_.service()), "?passing=1");
  request.limit = kAnswerTime;
  if (!settings_.datacenter().empty()) {
    absl::StrAppend(&request.url, "&dc=", EscapeForUrl(settings_.datacenter()));
  }
  if (index_ != 0) {
    absl::StrAppend(&request.url, "&index=", index_,
                    "&wait=", absl::ToInt64Milliseconds(wait_), "ms");
    request.limit += wait_ + wait_ / 16;
  }
  if (!settings_.token_file().empty()) {
    absl::StatusOr<std::string> token = ReadToken(settings_.token_file());
    if (!token.ok()) return token.status();
    request.headers.push_back(absl::StrCat("X-Consul-Token: ", *token));
  }
  absl::StatusOr<HttpResponse> response = client_.Get(request, stop);
  if (response.ok()) return response;
  return absl::UnavailableError(absl::StrCat(
      "Consul at ", settings_.address(), ": ", response.status().message()));
}

absl::StatusOr<std::vector<NodeAddress>> ConsulSource::Read(
    const HttpResponse& response) {
  if (response.status != 200) return HttpFault(response);
  const absl::Status fresh = CheckFreshness(response);
  if (!fresh.ok()) return fresh;
  return ParseConsulAnswer(response.body, tags_);
}

absl::Duration ConsulSource::Advance(const HttpResponse& response,
                                     absl::Duration took) {
  uint64_t index = 0;
  if (!absl::SimpleAtoi(HeaderOf(response, "x-consul-index"), &index)) {
    index = 0;
  }
  const bool blocks = index > index_ || took >= kPollInterval;
  // Consul was restored from a snapshot, or began anew.
  index_ = index < index_ ? 0 : index;
  return blocks ? kPause : kPollInterval;
}

}  // namespace sluice::topology

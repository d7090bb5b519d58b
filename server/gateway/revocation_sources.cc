#include "server/gateway/revocation_sources.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_duration.h"

namespace sluice::gateway {
namespace {

// Longer than a pgbouncer that must open its connection first takes.
constexpr absl::Duration kFirstAnswerTime = absl::Seconds(5);

control::ControlSettings ControlSettingsOf(
    const config::v1::Config& config,
    const postgres::ConnectionSettings& backend) {
  const config::v1::Revocation& revocation = config.revocation();
  control::ControlSettings settings;
  const auto add = [&](const std::string& entry) {
    settings.entries.push_back(backend);
    settings.entries.back().database = entry;
  };
  if (!revocation.control_entry().empty()) add(revocation.control_entry());
  for (const std::string& entry : revocation.fallback_entries()) add(entry);
  settings.poll_interval = FromProto(revocation.poll_interval());
  settings.max_staleness = FromProto(revocation.max_staleness());
  settings.clock_skew = FromProto(config.tokens().clock_skew());
  settings.max_ttl = FromProto(config.tokens().max_ttl());
  return settings;
}

control::RevocationKind KindOf(rpc::Revocation::Target target) {
  switch (target) {
    case rpc::Revocation::Target::kToken:
      return control::RevocationKind::kToken;
    case rpc::Revocation::Target::kApp:
      return control::RevocationKind::kApp;
    case rpc::Revocation::Target::kCertificate:
      return control::RevocationKind::kCertificate;
    case rpc::Revocation::Target::kKey:
      return control::RevocationKind::kKey;
  }
  return control::RevocationKind::kToken;
}

control::Revocation ControlRevocationOf(const rpc::Revocation& revocation) {
  control::Revocation result;
  result.kind = KindOf(revocation.target);
  result.value = revocation.value;
  result.end_time = revocation.end_time;
  result.actor = revocation.author;
  result.reason = revocation.reason;
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RevocationSources>> RevocationSources::Make(
    const config::v1::Config& config,
    const postgres::ConnectionSettings& backend) {
  auto sources = std::unique_ptr<RevocationSources>(
      new RevocationSources(config, backend));
  absl::Status status = sources->ReadDenyList();
  if (!status.ok()) return status;
  return sources;
}

RevocationSources::RevocationSources(
    const config::v1::Config& config,
    const postgres::ConnectionSettings& backend)
    : deny_list_file_(config.revocation().deny_list_file()),
      control_settings_(ControlSettingsOf(config, backend)) {}

absl::Status RevocationSources::ReadDenyList() {
  if (deny_list_file_.empty()) return absl::OkStatus();
  std::ifstream file(deny_list_file_, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) {
    return absl::UnavailableError(absl::StrCat(
        "revocation.deny_list_file: cannot read ", deny_list_file_));
  }
  absl::StatusOr<identity::Revocations> list =
      identity::Revocations::ParseDenyList(text);
  if (!list.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(deny_list_file_, ": ", list.status().message()));
  }
  deny_list_text_ = std::move(text);
  deny_list_ = *std::move(list);
  return absl::OkStatus();
}

void RevocationSources::Start(control::RevocationUnion::Listener listener) {
  both_.emplace(std::move(listener));
  both_->SetDenyList(deny_list_);
  if (store() == nullptr) return;
  loop_.emplace("sluice-control");
  database_.emplace(*loop_, control_settings_,
                    [this](identity::Revocations revocations) {
                      both_->SetControlled(std::move(revocations));
                    });
  database_->AwaitFirstAnswer(kFirstAnswerTime);
}

void RevocationSources::Stop() {
  database_.reset();
  loop_.reset();
}

absl::StatusOr<Reload> RevocationSources::ReloadDenyList() {
  const std::string before = deny_list_text_;
  absl::Status status = ReadDenyList();
  if (!status.ok()) return status;
  if (deny_list_text_ == before) return Reload::kUnchanged;
  both_->SetDenyList(deny_list_);
  return Reload::kChanged;
}

Task<absl::StatusOr<absl::Time>> RevocationSources::Revoke(
    const rpc::Revocation& revocation, Deadline deadline) {
  const control::Revocation asked = ControlRevocationOf(revocation);
  Task<absl::StatusOr<absl::Time>> revoking =
      database_->Revoke(asked, deadline);
  absl::StatusOr<absl::Time> revoked = co_await std::move(revoking);
  co_return revoked;
}

absl::Duration RevocationSources::Age() const {
  return database_.has_value() ? database_->Age() : absl::InfiniteDuration();
}

}  // namespace sluice::gateway

#include "server/policy/policy.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/base/proto_duration.h"
#include "server/config/field_checks.h"
#include "server/config/policy_loader.h"
#include "server/identity/digest.h"
#include "server/policy/policy_validation.h"

namespace sluice::policy {
namespace {

Right RightOf(int access) {
  switch (access) {
    case config::v1::ACCESS_WRITE:
      return Right::kWrite;
    case config::v1::ACCESS_DDL:
      return Right::kDdl;
    case config::v1::ACCESS_COPY:
      return Right::kCopy;
    case config::v1::ACCESS_LISTEN:
      return Right::kListen;
    default:
      return Right::kRead;
  }
}

Grant MakeGrant(const config::v1::Grant& given) {
  Grant grant;
  grant.database = given.database();
  grant.role = given.role();
  for (const int access : given.access()) grant.rights.Add(RightOf(access));
  grant.channels.assign(given.channels().begin(), given.channels().end());
  grant.settings.insert(given.settings().begin(), given.settings().end());
  return grant;
}

// 0 stands for no limit.
template <typename Number>
Number OrNone(Number given) {
  return given == 0 ? std::numeric_limits<Number>::max() : given;
}

absl::Duration OrNone(const google::protobuf::Duration& given) {
  const absl::Duration duration = FromProto(given);
  return duration == absl::ZeroDuration() ? absl::InfiniteDuration() : duration;
}

uint32_t BurstOf(const config::v1::AppLimits& given) {
  if (given.burst_calls() != 0) return given.burst_calls();
  return static_cast<uint32_t>(
      std::clamp<double>(given.max_calls_per_second(), 1, UINT32_MAX));
}

AppLimits MakeLimits(const config::v1::AppLimits& given) {
  AppLimits limits;
  limits.max_calls = OrNone(given.max_calls());
  limits.max_open_transactions = OrNone(given.max_open_transactions());
  limits.max_calls_per_second = given.max_calls_per_second();
  limits.burst_calls = BurstOf(given);
  limits.max_statement_time = OrNone(given.max_statement_time());
  limits.max_transaction_time = OrNone(given.max_transaction_time());
  limits.max_rows = OrNone(given.max_rows());
  limits.max_result_bytes = OrNone(given.max_result_bytes());
  limits.max_stream_rows = OrNone(given.max_stream_rows());
  limits.max_stream_bytes = OrNone(given.max_stream_bytes());
  return limits;
}

App MakeApp(const config::v1::App& given, const config::v1::Tokens& tokens) {
  App app;
  app.name = given.name();
  for (const config::v1::Grant& grant : given.grants()) {
    app.grants.push_back(MakeGrant(grant));
  }
  app.limits = MakeLimits(given.limits());
  app.max_ttl =
      FromProto(given.tokens().has_max_ttl() ? given.tokens().max_ttl()
                                             : tokens.max_ttl());
  app.default_ttl = std::min(
      FromProto(given.tokens().has_default_ttl() ? given.tokens().default_ttl()
                                                 : tokens.default_ttl()),
      app.max_ttl);
  app.admin = given.admin();
  return app;
}

// Serialized with the entries of maps in their order.
std::string DigestOf(const config::v1::Policy& policy) {
  std::string canonical;
  {
    google::protobuf::io::StringOutputStream stream(&canonical);
    google::protobuf::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);
    policy.SerializeToCodedStream(&output);
  }
  return absl::BytesToHexString(identity::Sha256(canonical));
}

}  // namespace

bool App::MayUse(absl::string_view database) const {
  return absl::c_any_of(grants, [database](const Grant& grant) {
    return grant.database == database;
  });
}

Rights App::RightsIn(absl::string_view database) const {
  Rights rights;
  for (const Grant& grant : grants) {
    if (grant.database == database) rights.Add(grant.rights);
  }
  return rights;
}

std::string EntryFor(const config::v1::Database& database,
                     absl::string_view role) {
  return absl::StrReplaceAll(database.entry(), {{config::kRoleMark, role}});
}

absl::StatusOr<std::shared_ptr<const Policy>> Policy::Make(
    const config::v1::Policy& policy, const config::v1::Config& config,
    config::ConfigFaults faults) {
  ValidatePolicy(policy, config, faults);
  absl::Status status = faults.ToStatus();
  if (!status.ok()) return status;

  auto made = std::shared_ptr<Policy>(new Policy);
  for (const config::v1::App& app : policy.apps()) {
    made->apps_.push_back(MakeApp(app, config.tokens()));
  }
  for (int i = 0; i < policy.apps_size(); ++i) {
    const App& app = made->apps_[i];
    made->by_name_.emplace(app.name, &app);
    for (const std::string& id : policy.apps(i).spiffe_ids()) {
      made->by_identity_.emplace(id, &app);
    }
    for (const std::string& name : policy.apps(i).common_names()) {
      made->by_identity_.emplace(absl::StrCat("CN=", name), &app);
    }
  }
  made->digest_ = DigestOf(policy);
  return std::shared_ptr<const Policy>(std::move(made));
}

absl::StatusOr<std::shared_ptr<const Policy>> Policy::Load(
    const config::v1::Config& config) {
  absl::StatusOr<config::PolicyFile> file =
      config::LoadPolicy(config.policy_file());
  if (!file.ok()) return file.status();
  return Make(file->policy, config, std::move(file->faults));
}

const App* Policy::FindApp(absl::string_view identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? nullptr : found->second;
}

const App* Policy::FindAppByName(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace sluice::policy

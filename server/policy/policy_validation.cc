#include "server/policy/policy_validation.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/config/field_checks.h"
#include "server/identity/spiffe_id.h"
#include "server/policy/policy.h"

namespace sluice::policy {
namespace {

using config::Uniques;

// X.520: ub-common-name.
constexpr size_t kMaxCommonNameBytes = 64;
constexpr size_t kMaxSettingBytes = 1024;
// Calls per second.
constexpr double kMinRate = 0.001;
constexpr double kMaxRate = 1e6;

bool IsSettingCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
}

bool IsSettingPart(absl::string_view part) {
  return !part.empty() && !absl::ascii_isdigit(part.front()) &&
         absl::c_all_of(part, IsSettingCharacter);
}

// PostgreSQL takes names in any case for the same: one spelling will do.
bool IsSettingName(const std::string& name) {
  return name.size() <= config::kMaxNameBytes && absl::StrContains(name, '.') &&
         absl::c_all_of(absl::StrSplit(name, '.'), IsSettingPart);
}

class PolicyValidator {
 public:
  PolicyValidator(const config::v1::Config& config,
                  config::ConfigFaults& faults)
      : config_(config), checks_(faults) {
    for (const config::v1::Database& database : config.databases()) {
      databases_.emplace(database.name(), &database);
    }
  }

  void CheckApp(const std::string& path, const config::v1::App& app) {
    checks_.CheckAppName(path + ".name", app.name());
    checks_.CheckUnique(path + ".name", app.name(), names_);
    CheckIdentities(path, app);
    // The classes of statements that have a grant, by database.
    std::set<std::pair<std::string, int>> granted;
    for (int i = 0; i < app.grants_size(); ++i) {
      CheckGrant(absl::StrCat(path, ".grants[", i, "]"), app.grants(i),
                 granted);
    }
    CheckLimits(path + ".limits.", app.limits());
    CheckTokens(path + ".tokens.", app.tokens());
  }

 private:
  void CheckIdentities(const std::string& path, const config::v1::App& app) {
    if (app.spiffe_ids().empty() && app.common_names().empty()) {
      checks_.Add(path + ".spiffe_ids", "required");
    }
    for (int i = 0; i < app.spiffe_ids_size(); ++i) {
      const std::string item = absl::StrCat(path, ".spiffe_ids[", i, "]");
      CheckSpiffeId(item, app.spiffe_ids(i));
      checks_.CheckUnique(item, app.spiffe_ids(i), spiffe_ids_);
    }
    for (int i = 0; i < app.common_names_size(); ++i) {
      const std::string item = absl::StrCat(path, ".common_names[", i, "]");
      CheckCommonName(item, app.common_names(i));
      checks_.CheckUnique(item, app.common_names(i), common_names_);
    }
  }

  void CheckSpiffeId(const std::string& path, const std::string& text) {
    const std::string& trust_domain = config_.identity().trust_domain();
    absl::StatusOr<identity::SpiffeId> id = identity::SpiffeId::Parse(text);
    if (!id.ok()) {
      checks_.Add(path, id.status().message());
    } else if (id->trust_domain() != trust_domain) {
      checks_.Add(path,
                  absl::StrCat("it is not of the trust domain ", trust_domain));
    }
  }

  void CheckCommonName(const std::string& path, const std::string& name) {
    if (!config_.identity().allow_common_names()) {
      checks_.Add(path, "refused without identity.allow_common_names");
    } else if (name.empty() || name.size() > kMaxCommonNameBytes ||
               !absl::c_all_of(name, absl::ascii_isprint)) {
      checks_.Add(path, "expected 1 to 64 of printable ASCII");
    }
  }

  void CheckGrant(const std::string& path, const config::v1::Grant& grant,
                  std::set<std::pair<std::string, int>>& granted) {
    if (checks_.CheckGiven(path + ".role", grant.role())) {
      checks_.CheckName(path + ".role", grant.role());
    }
    if (checks_.CheckGiven(path + ".database", grant.database())) {
      CheckDatabase(path, grant);
    }
    if (grant.access().empty()) {
      checks_.Add(path + ".access", "at least one is required");
    }
    for (int i = 0; i < grant.access_size(); ++i) {
      if (!granted.emplace(grant.database(), grant.access(i)).second) {
        checks_.Add(absl::StrCat(path, ".access[", i, "]"),
                    "the app has it for this database already");
      }
    }
    CheckChannels(path, grant);
    CheckSettings(path + ".settings", grant);
  }

  void CheckDatabase(const std::string& path, const config::v1::Grant& grant) {
    const auto known = databases_.find(grant.database());
    if (known == databases_.end()) {
      checks_.Add(
          path + ".database",
          absl::StrCat("\"", grant.database(), "\" is not among `databases`"));
      return;
    }
    const config::v1::Database& database = *known->second;
    checks_.CheckName(path + ".role", EntryFor(database, grant.role()));
    if (absl::StrContains(database.entry(), config::kRoleMark)) return;
    const auto [one, is_first] =
        only_roles_.try_emplace(grant.database(), grant.role());
    if (!is_first && one->second != grant.role()) {
      checks_.Add(
          path + ".role",
          absl::StrCat("the entry of this database has no ", config::kRoleMark,
                       " and is for the role \"", one->second, "\" already"));
    }
  }

  void CheckChannels(const std::string& path, const config::v1::Grant& grant) {
    if (!grant.channels().empty() &&
        !absl::c_linear_search(grant.access(), config::v1::ACCESS_LISTEN)) {
      checks_.Add(path + ".channels", "has no use without access to listen");
    }
    Uniques channels;
    for (int i = 0; i < grant.channels_size(); ++i) {
      const std::string item = absl::StrCat(path, ".channels[", i, "]");
      if (checks_.CheckGiven(item, grant.channels(i))) {
        checks_.CheckName(item, grant.channels(i));
      }
      checks_.CheckUnique(item, grant.channels(i), channels);
    }
  }

  // They belong to the sessions of a pool, which apps share.
  void CheckSettings(const std::string& path, const config::v1::Grant& grant) {
    std::map<std::string, std::string> settings(grant.settings().begin(),
                                                grant.settings().end());
    for (const auto& [name, value] : settings) {
      const std::string item = absl::StrCat(path, ".", name);
      if (!IsSettingName(name)) {
        checks_.Add(item,
                    "expected a name of a-z, 0-9, '_' and at least one dot, "
                    "such as app.tenant");
      } else if (value.size() > kMaxSettingBytes ||
                 absl::StrContains(value, '\0')) {
        checks_.Add(item, "expected at most 1024 bytes without a zero byte");
      }
    }
    const auto [first, is_first] = settings_.try_emplace(
        std::pair(grant.database(), grant.role()), settings);
    if (!is_first && first->second != settings) {
      checks_.Add(path,
                  "another grant of this role in this database has others");
    }
  }

  void CheckLimits(const std::string& path,
                   const config::v1::AppLimits& limits) {
    const double rate = limits.max_calls_per_second();
    if (rate != 0 && !(rate >= kMinRate && rate <= kMaxRate)) {
      checks_.Add(path + "max_calls_per_second",
                  "expected 0, or 0.001 to 1000000");
    }
    if (limits.burst_calls() != 0 && limits.max_calls_per_second() == 0) {
      checks_.Add(path + "burst_calls",
                  "has no use without max_calls_per_second");
    }
    checks_.CheckNotNegative(path + "max_statement_time",
                             limits.max_statement_time());
    checks_.CheckNotNegative(path + "max_transaction_time",
                             limits.max_transaction_time());
    checks_.CheckRange(path + "max_rows", limits.max_rows(), 0, INT64_MAX);
    checks_.CheckRange(path + "max_result_bytes", limits.max_result_bytes(), 0,
                       INT64_MAX);
    checks_.CheckRange(path + "max_stream_rows", limits.max_stream_rows(), 0,
                       INT64_MAX);
    checks_.CheckRange(path + "max_stream_bytes", limits.max_stream_bytes(), 0,
                       INT64_MAX);
  }

  void CheckTokens(const std::string& path,
                   const config::v1::TokenRules& tokens) {
    const google::protobuf::Duration& most = config_.tokens().max_ttl();
    if (tokens.has_max_ttl()) {
      CheckTtl(path + "max_ttl", tokens.max_ttl());
      checks_.CheckAtMost(path + "max_ttl", tokens.max_ttl(), most,
                          "tokens.max_ttl of the configuration");
    }
    if (!tokens.has_default_ttl()) return;
    CheckTtl(path + "default_ttl", tokens.default_ttl());
    if (tokens.has_max_ttl()) {
      checks_.CheckAtMost(path + "default_ttl", tokens.default_ttl(),
                          tokens.max_ttl(), "max_ttl");
    } else {
      checks_.CheckAtMost(path + "default_ttl", tokens.default_ttl(), most,
                          "tokens.max_ttl of the configuration");
    }
  }

  // Times in tokens are whole seconds.
  void CheckTtl(const std::string& path,
                const google::protobuf::Duration& ttl) {
    if (ttl.seconds() < 1) checks_.Add(path, "expected 1s or more");
  }

  const config::v1::Config& config_;
  config::FieldChecks checks_;
  absl::flat_hash_map<std::string, const config::v1::Database*> databases_;
  Uniques names_;
  Uniques spiffe_ids_;
  Uniques common_names_;
  // By database, for those whose entry is for one role alone.
  absl::flat_hash_map<std::string, std::string> only_roles_;
  // By database and role.
  std::map<std::pair<std::string, std::string>,
           std::map<std::string, std::string>>
      settings_;
};

}  // namespace

void ValidatePolicy(const config::v1::Policy& policy,
                    const config::v1::Config& config,
                    config::ConfigFaults& faults) {
  PolicyValidator validator(config, faults);
  for (int i = 0; i < policy.apps_size(); ++i) {
    validator.CheckApp(absl::StrCat("apps[", i, "]"), policy.apps(i));
  }
}

}  // namespace sluice::policy

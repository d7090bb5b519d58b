#include "server/config/config_validation.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/host_port.h"
#include "server/config/cluster_validation.h"
#include "server/config/field_checks.h"

namespace sluice::config {
namespace {

using google::protobuf::Duration;

constexpr uint32_t kMaxPort = 65535;
constexpr int64_t kMiB = 1024 * 1024;
// A token of the longest, and what gRPC itself sends.
constexpr uint32_t kMinMetadataBytes = 8192;
constexpr size_t kMaxTokenNameBytes = 255;

Duration Seconds(int64_t seconds) {
  Duration duration;
  duration.set_seconds(seconds);
  return duration;
}

bool IsLoopback(const std::string& text) {
  in_addr address;
  if (inet_pton(AF_INET, text.c_str(), &address) == 1) {
    return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  in6_addr address6;
  return inet_pton(AF_INET6, text.c_str(), &address6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&address6);
}

// libpq takes lists with commas, and "@..." for a Unix socket without TLS.
bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':';
}

class Validator : public FieldChecks {
 public:
  using FieldChecks::FieldChecks;

  void CheckListener(const v1::Listener& listener) {
    if (!IsIpAddress(listener.address())) {
      Add("listener.address", "expected an IP address");
    }
    CheckRange("listener.port", listener.port(), 0, kMaxPort);
    CheckFile("listener.certificate_file", listener.certificate_file());
    CheckFile("listener.private_key_file", listener.private_key_file());
    CheckFile("listener.client_ca_file", listener.client_ca_file());
    CheckConnectionLimits(listener);
  }

  void CheckConnectionLimits(const v1::Listener& listener) {
    CheckPositive("listener.handshake_timeout", listener.handshake_timeout());
    CheckRange("listener.max_connections", listener.max_connections(), 1,
               UINT32_MAX);
    CheckRange("listener.max_connections_per_address",
               listener.max_connections_per_address(), 1, UINT32_MAX);
    // gRPC takes these as int.
    CheckRange("listener.max_calls_per_connection",
               listener.max_calls_per_connection(), 1, INT32_MAX);
    CheckRange("listener.max_metadata_bytes", listener.max_metadata_bytes(),
               kMinMetadataBytes, INT32_MAX);
    CheckPositive("listener.max_connection_age", listener.max_connection_age());
    CheckPositive("listener.max_connection_age_grace",
                  listener.max_connection_age_grace());
    CheckPositive("listener.min_ping_interval", listener.min_ping_interval());
    CheckRange("listener.max_invalid_tokens", listener.max_invalid_tokens(), 1,
               UINT32_MAX);
  }

  void CheckIdentity(const v1::Config& config) {
    CheckGiven("identity.trust_domain", config.identity().trust_domain());
    CheckFile("policy_file", config.policy_file());
  }

  void CheckBackend(const v1::Backend& backend) {
    CheckRange("backend.port", backend.port(), 1, kMaxPort);
    CheckGiven("backend.user", backend.user());
    CheckSecretFile("backend.password_file", backend.password_file());
    if (!CheckGiven("backend.host", backend.host())) return;
    if (absl::StartsWith(backend.host(), "/")) {
      CheckNoTls(backend);
    } else {
      CheckTls(backend);
    }
  }

  void CheckDatabases(const v1::Config& config) {
    if (config.databases().empty()) {
      Add("databases", "at least one is required");
    }
    Uniques names;
    for (int i = 0; i < config.databases_size(); ++i) {
      const v1::Database& database = config.databases(i);
      const std::string path = absl::StrCat("databases[", i, "].");
      if (CheckGiven(path + "name", database.name())) {
        CheckName(path + "name", database.name());
      }
      CheckUnique(path + "name", database.name(), names);
    }
  }

  void CheckPool(const v1::Pool& pool) {
    CheckRange("pool.max_connections", pool.max_connections(), 1, 10'000);
    if (pool.min_connections() > pool.max_connections()) {
      Add("pool.min_connections", "more than pool.max_connections");
    }
    CheckRange("pool.max_waiters", pool.max_waiters(), 0, UINT32_MAX);
    CheckPositive("pool.idle_timeout", pool.idle_timeout());
    CheckPositive("pool.max_lifetime", pool.max_lifetime());
    CheckPositive("pool.connect_timeout", pool.connect_timeout());
    CheckRange("pool.max_opening", pool.max_opening(), 1, 10'000);
    CheckRange("pool.max_prepared_statements", pool.max_prepared_statements(),
               1, UINT32_MAX);
  }

  void CheckLimits(const v1::Limits& limits) {
    CheckPositive("limits.default_deadline", limits.default_deadline());
    CheckPositive("limits.max_deadline", limits.max_deadline());
    CheckRange("limits.max_rows", limits.max_rows(), 1, INT64_MAX);
    CheckRange("limits.max_result_bytes", limits.max_result_bytes(), 1,
               2048 * kMiB);
    CheckRange("limits.max_statement_bytes", limits.max_statement_bytes(), 1,
               64 * kMiB);
    CheckRange("limits.max_parameter_bytes", limits.max_parameter_bytes(), 1,
               512 * kMiB);
    CheckRange("limits.max_calls", limits.max_calls(), 1, UINT32_MAX);
    CheckStreamLimits(limits);
    CheckTransactionLimits(limits);
  }

  void CheckTransactionLimits(const v1::Limits& limits) {
    CheckPositive("limits.max_transaction_idle", limits.max_transaction_idle());
    CheckPositive("limits.max_transaction_statement",
                  limits.max_transaction_statement());
    CheckPositive("limits.max_transaction_time", limits.max_transaction_time());
    CheckRange("limits.max_steps", limits.max_steps(), 1, 100'000);
    CheckRange("limits.max_parameter_rows", limits.max_parameter_rows(), 1,
               10'000'000);
  }

  void CheckStreamLimits(const v1::Limits& limits) {
    CheckPositive("limits.max_stream_deadline", limits.max_stream_deadline());
    CheckPositive("limits.max_stream_stall", limits.max_stream_stall());
    CheckRange("limits.max_stream_rows", limits.max_stream_rows(), 0,
               INT64_MAX);
    CheckRange("limits.max_stream_bytes", limits.max_stream_bytes(), 0,
               INT64_MAX);
    CheckRange("limits.max_value_bytes", limits.max_value_bytes(), 1,
               1024 * kMiB);
    CheckRange("limits.default_value_bytes", limits.default_value_bytes(), 1,
               limits.max_value_bytes());
  }

  void CheckOutcome(const v1::Outcome& outcome) {
    Uniques files;
    for (int i = 0; i < outcome.key_files_size(); ++i) {
      const std::string path = absl::StrCat("outcome.key_files[", i, "]");
      CheckSecretFile(path, outcome.key_files(i));
      CheckUnique(path, outcome.key_files(i), files);
    }
  }

  void CheckConcurrency(const v1::Config& config) {
    if (config.concurrency().worker_pairs() > config.pool().max_connections()) {
      Add("concurrency.worker_pairs", "more than pool.max_connections");
    }
  }

  void CheckTokens(const v1::Tokens& tokens) {
    if (CheckGiven("tokens.key_folder", tokens.key_folder())) {
      CheckFolder("tokens.key_folder", tokens.key_folder());
    }
    CheckTokenName("tokens.issuer", tokens.issuer());
    CheckTokenName("tokens.audience", tokens.audience());
    CheckTtl("tokens.default_ttl", tokens.default_ttl());
    CheckAtMost("tokens.default_ttl", tokens.default_ttl(), tokens.max_ttl(),
                "tokens.max_ttl");
    CheckTtl("tokens.max_ttl", tokens.max_ttl());
    CheckAtMost("tokens.max_ttl", tokens.max_ttl(), Seconds(15 * 60), "15m");
    CheckTtl("tokens.max_session", tokens.max_session());
    CheckAtMost("tokens.max_session", tokens.max_session(), Seconds(12 * 3600),
                "12h");
    CheckNotNegative("tokens.clock_skew", tokens.clock_skew());
    CheckAtMost("tokens.clock_skew", tokens.clock_skew(), Seconds(60), "60s");
    CheckRange("tokens.max_cached", tokens.max_cached(), 1, UINT32_MAX);
  }

  void CheckRevocation(const v1::Revocation& revocation) {
    CheckName("revocation.control_entry", revocation.control_entry());
    Uniques entries = {revocation.control_entry()};
    for (int i = 0; i < revocation.fallback_entries_size(); ++i) {
      const std::string path =
          absl::StrCat("revocation.fallback_entries[", i, "]");
      const std::string& entry = revocation.fallback_entries(i);
      if (CheckGiven(path, entry)) CheckName(path, entry);
      CheckUnique(path, entry, entries);
    }
    if (revocation.control_entry().empty() &&
        !revocation.fallback_entries().empty()) {
      Add("revocation.control_entry", "required with fallback_entries");
    }
    CheckPositive("revocation.poll_interval", revocation.poll_interval());
    CheckPositive("revocation.max_staleness", revocation.max_staleness());
    CheckAtMost("revocation.poll_interval", revocation.poll_interval(),
                revocation.max_staleness(), "revocation.max_staleness");
    if (!revocation.deny_list_file().empty()) {
      CheckFile("revocation.deny_list_file", revocation.deny_list_file());
    }
  }

  void CheckAudit(const v1::Audit& audit) {
    if (!audit.folder().empty()) CheckNewFolder("audit.folder", audit.folder());
    CheckRange("audit.max_file_bytes", audit.max_file_bytes(), 1, INT64_MAX);
  }

  void CheckAdminListener(const v1::AdminListener& listener) {
    CheckRange("admin_listener.port", listener.port(), 0, kMaxPort);
    if (!IsLoopback(listener.address())) {
      Add("admin_listener.address", "expected a loopback address");
    }
  }

 private:
  // What tokens and their readers compare byte for byte.
  void CheckTokenName(const std::string& path, const std::string& name) {
    if (name.empty() || name.size() > kMaxTokenNameBytes ||
        !absl::c_all_of(name, absl::ascii_isgraph)) {
      Add(path, "expected 1 to 255 of printable ASCII without spaces");
    }
  }

  // Times in tokens are whole seconds.
  void CheckTtl(const std::string& path, const Duration& duration) {
    if (duration.seconds() < 1) Add(path, "expected 1s or more");
  }

  void CheckNoTls(const v1::Backend& backend) {
    for (const auto& [path, value] :
         {std::pair{"backend.hostaddr", backend.hostaddr()},
          std::pair{"backend.ca_file", backend.ca_file()}}) {
      if (!value.empty()) {
        Add(path, "has no use when backend.host is a Unix socket");
      }
    }
  }

  void CheckTls(const v1::Backend& backend) {
    if (!absl::c_all_of(backend.host(), IsHostCharacter)) {
      Add("backend.host", "expected an absolute path or one host name");
    }
    if (CheckGiven("backend.hostaddr", backend.hostaddr()) &&
        !IsIpAddress(backend.hostaddr())) {
      Add("backend.hostaddr", "expected an IP address");
    }
    CheckFile("backend.ca_file", backend.ca_file());
  }
};

}  // namespace

void ValidateConfig(const v1::Config& config, ConfigFaults& faults) {
  Validator validator(faults);
  validator.CheckListener(config.listener());
  validator.CheckIdentity(config);
  validator.CheckBackend(config.backend());
  validator.CheckDatabases(config);
  ValidateClusters(config, faults);
  validator.CheckPool(config.pool());
  validator.CheckLimits(config.limits());
  validator.CheckConcurrency(config);
  validator.CheckOutcome(config.outcome());
  validator.CheckTokens(config.tokens());
  validator.CheckRevocation(config.revocation());
  validator.CheckAudit(config.audit());
  validator.CheckAdminListener(config.admin_listener());
}

}  // namespace sluice::config

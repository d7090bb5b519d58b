#include "server/config/config_validation.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::config {
namespace {

using google::protobuf::Duration;
using google::protobuf::RepeatedPtrField;

constexpr uint32_t kMaxPort = 65535;
constexpr int64_t kMiB = 1024 * 1024;
// PostgreSQL's limit of names, NAMEDATALEN - 1.
constexpr size_t kMaxNameBytes = 63;

bool IsIpAddress(const std::string& text) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address) == 1;
}

bool IsAppNameCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' ||
         c == '_';
}

// libpq takes lists with commas, and "@..." for a Unix socket without TLS.
bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':';
}

// Values of one field of many messages, such as the names of all apps.
using Uniques = absl::flat_hash_set<std::string>;

class Validator {
 public:
  explicit Validator(ConfigFaults& faults) : faults_(faults) {}

  void CheckListener(const v1::Listener& listener) {
    if (!IsIpAddress(listener.address())) {
      faults_.Add("listener.address", "expected an IP address");
    }
    CheckRange("listener.port", listener.port(), 0, kMaxPort);
    CheckFile("listener.certificate_file", listener.certificate_file());
    CheckFile("listener.private_key_file", listener.private_key_file());
    CheckFile("listener.client_ca_file", listener.client_ca_file());
  }

  void CheckApps(const v1::Config& config) {
    CheckGiven("identity.trust_domain", config.identity().trust_domain());
    const std::string front =
        absl::StrCat("spiffe://", config.identity().trust_domain(), "/");
    Uniques names;
    Uniques ids;
    for (int i = 0; i < config.apps_size(); ++i) {
      const v1::AppEntry& app = config.apps(i);
      const std::string path = absl::StrCat("apps[", i, "].");
      CheckAppName(path + "name", app.name());
      CheckUnique(path + "name", app.name(), names);
      if (CheckGiven(path + "spiffe_id", app.spiffe_id()) &&
          !absl::StartsWith(app.spiffe_id(), front)) {
        faults_.Add(path + "spiffe_id",
                    absl::StrCat("expected ", front, "..."));
      }
      CheckUnique(path + "spiffe_id", app.spiffe_id(), ids);
      CheckGrants(path + "databases", app, config.databases());
    }
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
      faults_.Add("databases", "at least one is required");
    }
    Uniques names;
    for (int i = 0; i < config.databases_size(); ++i) {
      const v1::Database& database = config.databases(i);
      const std::string path = absl::StrCat("databases[", i, "].");
      if (CheckGiven(path + "name", database.name())) {
        CheckName(path + "name", database.name());
        CheckName(path + "entry", database.entry());
      }
      CheckUnique(path + "name", database.name(), names);
    }
  }

  void CheckPool(const v1::Pool& pool) {
    CheckRange("pool.max_connections", pool.max_connections(), 1, 10'000);
    if (pool.min_connections() > pool.max_connections()) {
      faults_.Add("pool.min_connections", "more than pool.max_connections");
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
      faults_.Add("concurrency.worker_pairs", "more than pool.max_connections");
    }
  }

 private:
  bool CheckGiven(const std::string& path, const std::string& value) {
    if (value.empty()) faults_.Add(path, "required");
    return !value.empty();
  }

  void CheckRange(const std::string& path, int64_t value, int64_t least,
                  int64_t most) {
    if (value >= least && value <= most) return;
    const std::string range = most == INT64_MAX || most == UINT32_MAX
                                  ? absl::StrCat("at least ", least)
                                  : absl::StrCat(least, " to ", most);
    faults_.Add(path, absl::StrCat("expected ", range, ", not ", value));
  }

  void CheckPositive(const std::string& path, const Duration& duration) {
    if (duration.seconds() < 0 || duration.nanos() < 0 ||
        (duration.seconds() == 0 && duration.nanos() == 0)) {
      faults_.Add(path, "expected more than 0s");
    }
  }

  // An empty value is reported as missing already.
  void CheckUnique(const std::string& path, const std::string& value,
                   Uniques& values) {
    if (!value.empty() && !values.insert(value).second) {
      faults_.Add(path, absl::StrCat("\"", value, "\" is not unique"));
    }
  }

  void CheckAppName(const std::string& path, const std::string& name) {
    if (!CheckGiven(path, name)) return;
    if (name.size() > kMaxNameBytes ||
        !absl::c_all_of(name, IsAppNameCharacter)) {
      faults_.Add(path, "expected 1 to 63 of a-z, 0-9, '-' and '_'");
    }
  }

  void CheckName(const std::string& path, const std::string& name) {
    if (name.size() > kMaxNameBytes ||
        absl::c_any_of(name, absl::ascii_iscntrl)) {
      faults_.Add(path, "expected 1 to 63 bytes without a control character");
    }
  }

  void CheckGrants(const std::string& path, const v1::AppEntry& app,
                   const RepeatedPtrField<v1::Database>& databases) {
    Uniques granted;
    for (int i = 0; i < app.databases_size(); ++i) {
      const std::string& name = app.databases(i);
      const std::string item_path = absl::StrCat(path, "[", i, "]");
      CheckUnique(item_path, name, granted);
      if (!absl::c_any_of(databases, [&name](const v1::Database& database) {
            return database.name() == name;
          })) {
        faults_.Add(item_path,
                    absl::StrCat("\"", name, "\" is not among `databases`"));
      }
    }
  }

  void CheckNoTls(const v1::Backend& backend) {
    for (const auto& [path, value] :
         {std::pair{"backend.hostaddr", backend.hostaddr()},
          std::pair{"backend.ca_file", backend.ca_file()}}) {
      if (!value.empty()) {
        faults_.Add(path, "has no use when backend.host is a Unix socket");
      }
    }
  }

  void CheckTls(const v1::Backend& backend) {
    if (!absl::c_all_of(backend.host(), IsHostCharacter)) {
      faults_.Add("backend.host", "expected an absolute path or one host name");
    }
    if (CheckGiven("backend.hostaddr", backend.hostaddr()) &&
        !IsIpAddress(backend.hostaddr())) {
      faults_.Add("backend.hostaddr", "expected an IP address");
    }
    CheckFile("backend.ca_file", backend.ca_file());
  }

  // Whether the file can be read; its status goes to `status`.
  bool CheckFile(const std::string& path, const std::string& file,
                 struct stat* status = nullptr) {
    if (!CheckGiven(path, file)) return false;
    struct stat own_status;
    if (status == nullptr) status = &own_status;
    const int descriptor =
        open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 || fstat(descriptor, status) != 0) {
      faults_.Add(
          path, absl::StrCat("can't read ", file, ": ", std::strerror(errno)));
      if (descriptor >= 0) close(descriptor);
      return false;
    }
    close(descriptor);
    if (S_ISREG(status->st_mode)) return true;
    faults_.Add(path, absl::StrCat(file, " is no regular file"));
    return false;
  }

  void CheckSecretFile(const std::string& path, const std::string& file) {
    struct stat status;
    if (CheckFile(path, file, &status) && (status.st_mode & S_IRWXO) != 0) {
      faults_.Add(path, absl::StrCat(file,
                                     " is open to others than its owner and "
                                     "group; take that away (chmod o=)"));
    }
  }

  ConfigFaults& faults_;
};

}  // namespace

void ValidateConfig(const v1::Config& config, ConfigFaults& faults) {
  Validator validator(faults);
  validator.CheckListener(config.listener());
  validator.CheckApps(config);
  validator.CheckBackend(config.backend());
  validator.CheckDatabases(config);
  validator.CheckPool(config.pool());
  validator.CheckLimits(config.limits());
  validator.CheckConcurrency(config);
  validator.CheckOutcome(config.outcome());
}

}  // namespace sluice::config

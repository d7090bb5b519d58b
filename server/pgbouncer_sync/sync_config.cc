#include "server/pgbouncer_sync/sync_config.h"

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "server/base/proto_duration.h"
#include "server/config/field_checks.h"
#include "server/config/settings_file.h"
#include "server/config/yaml_reader.h"
#include "server/pgbouncer/host_syntax.h"
#include "server/pgbouncer_sync/trusted_path.h"

namespace sluice::pgbouncer_sync {
namespace {

using config::ConfigFaults;
using config::FieldChecks;
using config::Uniques;
using config::v1::PgbouncerSync;
using config::v1::SyncedCluster;
using config::v1::SyncedDatabase;
using config::v1::SyncedProbe;

constexpr uint32_t kPgbouncerPort = 6432;
constexpr char kPostgresPort[] = "5432";
constexpr uint32_t kPoolSize = 20;
constexpr uint32_t kProbePoolSize = 4;
constexpr absl::Duration kInterval = absl::Milliseconds(500);
constexpr absl::Duration kDeparture = absl::Minutes(10);

std::string PathOf(int cluster) {
  return absl::StrCat("clusters[", cluster, "].");
}

void FillProbe(const std::string& path, const ConfigFaults& faults,
               SyncedProbe& probe) {
  if (!faults.IsGiven(path + "entry")) probe.set_entry("probe.{node}");
  if (!faults.IsGiven(path + "database")) probe.set_database("postgres");
  if (!faults.IsGiven(path + "pool_size")) probe.set_pool_size(kProbePoolSize);
}

void FillCluster(const std::string& path, const ConfigFaults& faults,
                 SyncedCluster& cluster) {
  if (!faults.IsGiven(path + "ports")) cluster.add_ports(kPostgresPort);
  if (!faults.IsGiven(path + "entry")) {
    cluster.set_entry("{database}.{role}.{node}");
  }
  if (!faults.IsGiven(path + "pool_size")) cluster.set_pool_size(kPoolSize);
  if (!faults.IsGiven(path + "max_departure")) {
    ToProto(kDeparture, cluster.mutable_max_departure());
  }
  if (cluster.has_probe()) {
    FillProbe(path + "probe.", faults, *cluster.mutable_probe());
  }
}

void FillDefaults(const ConfigFaults& faults, PgbouncerSync& sync) {
  if (!faults.IsGiven("interval")) {
    ToProto(kInterval, sync.mutable_interval());
  }
  if (!faults.IsGiven("console.port")) {
    sync.mutable_console()->set_port(kPgbouncerPort);
  }
  for (int i = 0; i < sync.clusters_size(); ++i) {
    FillCluster(PathOf(i), faults, *sync.mutable_clusters(i));
  }
}

bool IsNameByte(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
}

// Adds what is wrong with the settings.
class Validation {
 public:
  explicit Validation(ConfigFaults& faults) : checks_(faults) {}

  void Check(const PgbouncerSync& sync) {
    checks_.CheckGiven("gateway_user", sync.gateway_user());
    CheckDuration("interval", sync.interval(), absl::Milliseconds(100),
                  absl::Seconds(10));
    checks_.CheckGiven("console.socket_folder", sync.console().socket_folder());
    if (!sync.console().socket_folder().empty() &&
        !absl::StartsWith(sync.console().socket_folder(), "/")) {
      checks_.Add("console.socket_folder", "expected an absolute path");
    }
    checks_.CheckRange("console.port", sync.console().port(), 1, 65535);
    if (sync.clusters().empty()) {
      checks_.Add("clusters", "at least one is required");
    }
    for (int i = 0; i < sync.clusters_size(); ++i) {
      CheckCluster(PathOf(i), sync.clusters(i));
    }
  }

 private:
  void CheckCluster(const std::string& path, const SyncedCluster& cluster) {
    CheckName(path + "name", cluster.name());
    checks_.CheckUnique(path + "name", cluster.name(), clusters_);
    checks_.CheckGiven(path + "proposal_file", cluster.proposal_file());
    checks_.CheckGiven(path + "include_file", cluster.include_file());
    checks_.CheckUnique(path + "include_file", cluster.include_file(), files_);
    CheckAllowList(path, cluster);
    CheckNames(path + "names", cluster);
    CheckDatabases(path, cluster);
    CheckTemplate(path + "entry", cluster.entry(), {"{database}", "{role}"});
    checks_.CheckRange(path + "pool_size", cluster.pool_size(), 1, 10'000);
    CheckDuration(path + "max_departure", cluster.max_departure(),
                  absl::ZeroDuration(), absl::Hours(24));
    if (cluster.has_probe()) CheckProbe(path + "probe.", cluster.probe());
  }

  void CheckAllowList(const std::string& path, const SyncedCluster& cluster) {
    AllowList list;
    if (cluster.hosts().empty()) {
      checks_.Add(path + "hosts", "at least one is required");
    }
    for (int i = 0; i < cluster.hosts_size(); ++i) {
      Note(absl::StrCat(path, "hosts[", i, "]"),
           list.AddHost(cluster.hosts(i)));
    }
    if (cluster.ports().empty()) {
      checks_.Add(path + "ports", "at least one is required");
    }
    for (int i = 0; i < cluster.ports_size(); ++i) {
      Note(absl::StrCat(path, "ports[", i, "]"),
           list.AddPort(cluster.ports(i)));
    }
  }

  void CheckNames(const std::string& path, const SyncedCluster& cluster) {
    for (const auto& [host, name] : cluster.names()) {
      if (!pgbouncer::FindHostKind(host).has_value() ||
          !pgbouncer::FindHostKind(name).has_value()) {
        checks_.Add(absl::StrCat(path, ".", host),
                    "expected a host and its name, each in its one form");
      }
    }
  }

  void CheckDatabases(const std::string& path, const SyncedCluster& cluster) {
    if (cluster.databases().empty()) {
      checks_.Add(path + "databases", "at least one is required");
    }
    Uniques names;
    for (int i = 0; i < cluster.databases_size(); ++i) {
      const SyncedDatabase& database = cluster.databases(i);
      const std::string place = absl::StrCat(path, "databases[", i, "].");
      CheckName(place + "name", database.name());
      checks_.CheckUnique(place + "name", database.name(), names);
      if (database.roles().empty()) {
        checks_.Add(place + "roles", "at least one is required");
      }
      Uniques roles;
      for (int j = 0; j < database.roles_size(); ++j) {
        const std::string role = absl::StrCat(place, "roles[", j, "]");
        CheckName(role, database.roles(j));
        checks_.CheckUnique(role, database.roles(j), roles);
      }
    }
  }

  void CheckProbe(const std::string& path, const SyncedProbe& probe) {
    CheckTemplate(path + "entry", probe.entry(), {});
    CheckName(path + "database", probe.database());
    CheckName(path + "role", probe.role());
    checks_.CheckRange(path + "pool_size", probe.pool_size(), 1, 100);
  }

  void CheckName(const std::string& path, const std::string& name) {
    if (!checks_.CheckGiven(path, name)) return;
    if (name.size() > config::kMaxNameBytes ||
        !absl::c_all_of(name, IsNameByte)) {
      checks_.Add(path, "expected 1 to 63 of A-Z, a-z, 0-9, '.', '_' and '-'");
    }
  }

  // `{node}` is in all of them.
  void CheckTemplate(const std::string& path, const std::string& text,
                     std::initializer_list<absl::string_view> marks) {
    std::string rest = text;
    const auto take = [&](absl::string_view mark) {
      if (!absl::StrContains(rest, mark)) {
        checks_.Add(path, absl::StrCat("lacks ", mark));
      }
      rest = absl::StrReplaceAll(rest, {{mark, ""}});
    };
    take("{node}");
    for (const absl::string_view mark : marks) take(mark);
    if (!absl::c_all_of(rest, IsNameByte)) {
      checks_.Add(path, "expected A-Z, a-z, 0-9, '.', '_' and '-' beside them");
    }
  }

  void CheckDuration(const std::string& path,
                     const google::protobuf::Duration& duration,
                     absl::Duration least, absl::Duration most) {
    if (FromProto(duration) >= least && FromProto(duration) <= most) return;
    checks_.Add(path, absl::StrCat("expected ", absl::FormatDuration(least),
                                   " to ", absl::FormatDuration(most)));
  }

  void Note(const std::string& path, const absl::Status& status) {
    if (!status.ok()) checks_.Add(path, status.message());
  }

  FieldChecks checks_;
  Uniques clusters_;
  Uniques files_;
};

void CheckFiles(const PgbouncerSync& sync, ConfigFaults& faults) {
  for (int i = 0; i < sync.clusters_size(); ++i) {
    const std::string& file = sync.clusters(i).include_file();
    if (file.empty()) continue;
    absl::Status status = CheckTrustedPath(file);
    if (status.ok()) status = CheckTrustedPath(file + ".nodes");
    if (!status.ok()) {
      faults.Add(PathOf(i) + "include_file", status.message());
    }
  }
}

}  // namespace

PgbouncerSync ReadSyncConfig(const std::string& text, ConfigFaults& faults) {
  PgbouncerSync sync;
  config::ReadYaml(text, sync, faults);
  FillDefaults(faults, sync);
  Validation(faults).Check(sync);
  return sync;
}

absl::StatusOr<PgbouncerSync> LoadSyncConfig(const std::string& file) {
  absl::Status status = CheckTrustedPath(file);
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> text = config::ReadSettingsFile(file);
  if (!text.ok()) return text.status();
  ConfigFaults faults;
  PgbouncerSync sync = ReadSyncConfig(*text, faults);
  CheckFiles(sync, faults);
  status = faults.ToStatus();
  if (!status.ok()) return status;
  return sync;
}

AllowList MakeAllowList(const SyncedCluster& cluster) {
  AllowList list;
  for (const std::string& host : cluster.hosts()) {
    list.AddHost(host).IgnoreError();
  }
  for (const std::string& port : cluster.ports()) {
    list.AddPort(port).IgnoreError();
  }
  return list;
}

}  // namespace sluice::pgbouncer_sync

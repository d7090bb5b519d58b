#include "server/gateway/backend_settings.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/proto_duration.h"
#include "server/postgres/connection_settings.h"
#include "server/postgres/pool.h"
#include "server/routing/read_need.h"
#include "server/routing/router.h"

namespace sluice::gateway {
namespace {

// pgbouncer and PostgreSQL cut application names at 63 bytes.
constexpr size_t kMaxApplicationNameBytes = 63;

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  std::ifstream file(path);
  std::string password;
  if (!std::getline(file, password) || password.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("backend.password_file: no password in ", path));
  }
  return password;
}

// A pool-wide number divided over the workers; nothing becomes zero.
size_t ShareOf(size_t total, size_t worker_pairs) {
  return std::max<size_t>(1, total / worker_pairs);
}

postgres::PoolLimits PoolLimitsOf(const config::v1::Pool& pool,
                                  size_t worker_pairs) {
  postgres::PoolLimits limits;
  limits.min_connections = pool.min_connections() / worker_pairs;
  limits.max_waiters = ShareOf(pool.max_waiters(), worker_pairs);
  limits.idle_timeout = FromProto(pool.idle_timeout());
  limits.max_lifetime = FromProto(pool.max_lifetime());
  return limits;
}

// A node that is hung, or whose answers come late, is no reason to stop: from
// one result of asking it to the next, each of them may take the time of two
// answers, as pgbouncer is asked too.
absl::Duration MaxNewsAgeOf(const config::v1::Cluster& cluster) {
  constexpr absl::Duration kLeast = absl::Seconds(3);
  return std::max(kLeast, FromProto(cluster.probe_interval()) +
                              4 * FromProto(cluster.probe_timeout()));
}

// The workers share these.
std::shared_ptr<execution::ConnectionBudgets> MakeBudgets(
    const config::v1::Config& config, size_t worker_pairs) {
  postgres::BudgetLimits limits;
  limits.capacity = config.pool().max_connections();
  limits.max_opening = config.pool().max_opening();
  limits.workers = worker_pairs;
  auto budgets = std::make_shared<execution::ConnectionBudgets>(limits);
  for (const config::v1::Cluster& cluster : config.clusters()) {
    execution::BudgetSettings settings;
    settings.max_connections = cluster.max_connections();
    settings.reserved_connections = cluster.reserved_connections();
    budgets->AddCluster(cluster.name(), settings);
  }
  for (const config::v1::Database& database : config.databases()) {
    budgets->AddDatabase(database.name(), database.cluster());
  }
  return budgets;
}

routing::RouterSettings RouterSettingsOf(const config::v1::Cluster& cluster,
                                         const config::v1::Pool& pool,
                                         size_t worker_pairs) {
  routing::RouterSettings settings;
  settings.max_write_wait = FromProto(cluster.max_write_wait());
  settings.max_replica_wait = FromProto(cluster.max_replica_wait());
  settings.max_news_age = MaxNewsAgeOf(cluster);
  const size_t spilled = cluster.max_spilled_reads() == 0
                             ? pool.max_connections() / 2
                             : cluster.max_spilled_reads();
  settings.max_spilled_reads = ShareOf(spilled, worker_pairs);
  return settings;
}

routing::ReadNeed DefaultNeedOf(const config::v1::Database& database) {
  using Level = routing::ReadNeed::Level;
  routing::ReadNeed need;
  switch (database.default_consistency()) {
    case config::v1::DEFAULT_CONSISTENCY_BOUNDED:
      need.level = Level::kBounded;
      need.max_staleness = FromProto(database.default_max_staleness());
      break;
    case config::v1::DEFAULT_CONSISTENCY_ANY:
      need.level = Level::kAny;
      break;
    default:
      need.level = Level::kStrong;
  }
  return need;
}

}  // namespace

std::string InstanceName() {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat("sluice/", host).substr(0, kMaxApplicationNameBytes);
}

const std::string& ApplicationName() {
  static const std::string& name = *new std::string([] {
    const std::string mark =
        absl::StrCat(".", absl::Hex(std::random_device{}(), absl::kZeroPad8));
    return InstanceName().substr(0, kMaxApplicationNameBytes - mark.size()) +
           mark;
  }());
  return name;
}

size_t WorkerPairsOf(const config::v1::Config& config) {
  const uint32_t asked = config.concurrency().worker_pairs();
  if (asked != 0) return asked;
  const size_t half = std::thread::hardware_concurrency() / 2;
  return std::clamp<size_t>(half, 1, config.pool().max_connections());
}

absl::StatusOr<postgres::ConnectionSettings> BackendConnectionOf(
    const config::v1::Config& config) {
  const config::v1::Backend& backend = config.backend();
  absl::StatusOr<std::string> password = ReadPassword(backend.password_file());
  if (!password.ok()) return password.status();

  postgres::ConnectionSettings connection;
  connection.host = backend.host();
  connection.hostaddr = backend.hostaddr();
  connection.port = static_cast<uint16_t>(backend.port());
  connection.user = backend.user();
  connection.password = *std::move(password);
  connection.ca_file = backend.ca_file();
  connection.application_name = ApplicationName();
  connection.connect_timeout = FromProto(config.pool().connect_timeout());
  connection.max_prepared_statements = config.pool().max_prepared_statements();
  return connection;
}

execution::ServedPlaces ServedPlacesOf(
    const config::v1::Config& config,
    const postgres::ConnectionSettings& backend,
    const ClusterWatches& watches) {
  const size_t worker_pairs = WorkerPairsOf(config);
  execution::ServedPlaces places;
  places.budgets = MakeBudgets(config, worker_pairs);
  for (const config::v1::Cluster& cluster : config.clusters()) {
    execution::ServedCluster served;
    served.name = cluster.name();
    served.watch = watches.all().at(cluster.name()).get();
    served.routing = RouterSettingsOf(cluster, config.pool(), worker_pairs);
    places.clusters.push_back(std::move(served));
  }
  for (const config::v1::Database& database : config.databases()) {
    execution::ServedDatabase served;
    served.name = database.name();
    served.node = database.node();
    served.cluster = database.cluster();
    served.default_need = DefaultNeedOf(database);
    served.connection = backend;
    served.connection.database = database.entry();
    served.pool = PoolLimitsOf(config.pool(), worker_pairs);
    // There the pools share what a node has, so they start with none.
    if (!served.cluster.empty()) served.pool.min_connections = 0;
    served.budgets = places.budgets;
    places.databases.push_back(std::move(served));
  }
  return places;
}

}  // namespace sluice::gateway

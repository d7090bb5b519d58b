#include "server/config/config_defaults.h"

#include <algorithm>
#include <cstdint>
#include <thread>

#include "server/config/cluster_defaults.h"

namespace sluice::config {
namespace {

constexpr uint32_t kPgbouncerPort = 6432;
constexpr int64_t kMiB = 1024 * 1024;

google::protobuf::Duration Seconds(int64_t seconds) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  return duration;
}

void SetListenerDefaults(v1::Listener& listener) {
  listener.set_address("127.0.0.1");
  *listener.mutable_handshake_timeout() = Seconds(5);
  listener.set_max_connections(10'000);
  listener.set_max_connections_per_address(1'000);
  listener.set_max_calls_per_connection(1'000);
  listener.set_max_metadata_bytes(16'384);
  *listener.mutable_max_connection_age() = Seconds(60 * 60);
  *listener.mutable_max_connection_age_grace() = Seconds(60 * 60);
  *listener.mutable_min_ping_interval() = Seconds(10);
  listener.set_max_invalid_tokens(20);
}

void SetTokenDefaults(v1::Tokens& tokens) {
  tokens.set_issuer("sluice");
  tokens.set_audience("sluice");
  *tokens.mutable_default_ttl() = Seconds(10 * 60);
  *tokens.mutable_max_ttl() = Seconds(15 * 60);
  *tokens.mutable_max_session() = Seconds(12 * 60 * 60);
  *tokens.mutable_clock_skew() = Seconds(5);
  tokens.set_max_cached(65'536);
}

void SetRevocationDefaults(v1::Revocation& revocation) {
  *revocation.mutable_poll_interval() = Seconds(1);
  *revocation.mutable_max_staleness() = Seconds(10);
  revocation.set_stale(v1::STALE_REVOCATIONS_SERVE);
}

void SetAuditDefaults(v1::Audit& audit) {
  audit.set_max_file_bytes(128 * kMiB);
  audit.set_on_failure(v1::AUDIT_FAILURE_REFUSE);
}

void SetPoolDefaults(v1::Pool& pool) {
  pool.set_max_connections(20);
  pool.set_min_connections(2);
  pool.set_max_waiters(1000);
  *pool.mutable_idle_timeout() = Seconds(60);
  *pool.mutable_max_lifetime() = Seconds(30 * 60);
  *pool.mutable_connect_timeout() = Seconds(5);
  pool.set_max_opening(4);
  pool.set_max_prepared_statements(256);
}

void SetLimitDefaults(v1::Limits& limits) {
  *limits.mutable_default_deadline() = Seconds(30);
  *limits.mutable_max_deadline() = Seconds(5 * 60);
  limits.set_max_rows(1'000'000);
  limits.set_max_result_bytes(3 * kMiB);
  limits.set_max_statement_bytes(1 * kMiB);
  limits.set_max_parameter_bytes(3 * kMiB);
  limits.set_max_calls(10'000);
  *limits.mutable_max_stream_deadline() = Seconds(60 * 60);
  limits.set_default_value_bytes(3 * kMiB);
  limits.set_max_value_bytes(1024 * kMiB);
  *limits.mutable_max_stream_stall() = Seconds(60);
  *limits.mutable_max_transaction_idle() = Seconds(10);
  *limits.mutable_max_transaction_statement() = Seconds(60);
  *limits.mutable_max_transaction_time() = Seconds(5 * 60);
  limits.set_max_steps(1'000);
  limits.set_max_parameter_rows(100'000);
}

uint32_t DefaultWorkerPairs(const v1::Config& config) {
  const uint32_t half_the_cores = std::thread::hardware_concurrency() / 2;
  return std::clamp<uint32_t>(half_the_cores, 1,
                              std::max(1u, config.pool().max_connections()));
}

}  // namespace

v1::Config MakeDefaultConfig() {
  v1::Config config;
  SetListenerDefaults(*config.mutable_listener());
  config.mutable_identity();
  config.mutable_backend()->set_port(kPgbouncerPort);
  SetPoolDefaults(*config.mutable_pool());
  SetLimitDefaults(*config.mutable_limits());
  config.mutable_concurrency();
  config.mutable_errors();
  config.mutable_outcome();
  SetTokenDefaults(*config.mutable_tokens());
  SetRevocationDefaults(*config.mutable_revocation());
  SetAuditDefaults(*config.mutable_audit());
  config.mutable_admin_listener()->set_address("127.0.0.1");
  return config;
}

void FillDerivedDefaults(const ConfigFaults& faults, v1::Config& config) {
  FillClusterDefaults(faults, config);
  if (config.concurrency().worker_pairs() == 0) {
    config.mutable_concurrency()->set_worker_pairs(DefaultWorkerPairs(config));
  }
  v1::Pool& pool = *config.mutable_pool();
  if (!faults.IsGiven("pool.min_connections")) {
    pool.set_min_connections(
        std::min(pool.min_connections(), pool.max_connections()));
  }
  v1::Tokens& tokens = *config.mutable_tokens();
  if (!faults.IsGiven("tokens.default_ttl") &&
      tokens.max_ttl().seconds() < tokens.default_ttl().seconds()) {
    *tokens.mutable_default_ttl() = tokens.max_ttl();
  }
}

}  // namespace sluice::config

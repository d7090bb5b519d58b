#include "server/rpc/listener.h"

#include <grpcpp/resource_quota.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "absl/time/time.h"
#include "server/base/proto_duration.h"
#include "server/telemetry/log.h"

namespace sluice::rpc {
namespace {

// What gRPC may hold for all connections and calls; beyond it closes idle
// connections and cancels calls.
constexpr size_t kMemoryQuotaBytes = size_t{1} << 30;
// A connection whose peer is gone without a word ends within both.
constexpr absl::Duration kKeepaliveTime = absl::Seconds(60);
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(20);

int MillisecondsOf(const google::protobuf::Duration& duration) {
  return static_cast<int>(
      std::min<int64_t>(absl::ToInt64Milliseconds(FromProto(duration)),
                        std::numeric_limits<int>::max()));
}

void SetTimes(const config::v1::Listener& config,
              grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             MillisecondsOf(config.handshake_timeout()));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             MillisecondsOf(config.max_connection_age()));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             MillisecondsOf(config.max_connection_age_grace()));
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      MillisecondsOf(config.min_ping_interval()));
  // Else gRPC asks for two hours between pings without a call.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             absl::ToInt64Milliseconds(kKeepaliveTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             absl::ToInt64Milliseconds(kKeepaliveTimeout));
}

void SetSizes(const config::v1::Listener& config,
              grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(
      GRPC_ARG_MAX_CONCURRENT_STREAMS,
      static_cast<int>(config.max_calls_per_connection()));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(config.max_metadata_bytes()));
  // Compressed requests inflate before their size is checked.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  grpc::ResourceQuota quota("sluice");
  quota.Resize(kMemoryQuotaBytes);
  builder.SetResourceQuota(quota);
}

// Descriptors that connections may have, after asking for as many as the
// system gives: a quarter stays for everything else.
size_t DescriptorsForConnections() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur / 4 * 3;
}

ConnectionTable::Caps CapsOf(const config::v1::Listener& config) {
  // gRPC's and the table's duplicate.
  const size_t possible = std::max<size_t>(DescriptorsForConnections() / 2, 1);
  if (possible < config.max_connections()) {
    telemetry::Log(telemetry::LogLevel::kWarning, "too_few_descriptors",
                   {{"max_connections", config.max_connections()},
                    {"possible_connections", possible}});
  }
  return {std::min<size_t>(config.max_connections(), possible),
          config.max_connections_per_address(), config.max_invalid_tokens()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Make(
    const config::v1::Listener& config, ServingCertificate& certificate,
    grpc::ServerBuilder& builder) {
  auto listener = std::unique_ptr<Listener>(new Listener(CapsOf(config)));
  absl::StatusOr<std::unique_ptr<Acceptor>> acceptor =
      Acceptor::Listen(config.address(), static_cast<uint16_t>(config.port()),
                       listener->connections_);
  if (!acceptor.ok()) return acceptor.status();
  listener->acceptor_ = *std::move(acceptor);
  SetTimes(config, builder);
  SetSizes(config, builder);
  listener->target_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      certificate.credentials());
  return listener;
}

}  // namespace sluice::rpc

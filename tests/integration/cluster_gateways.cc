#include "tests/integration/cluster_gateways.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/call_error.h"
#include "tests/support/child_process.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr char kCluster[] = "main";
constexpr char kGatewayName[] = "gateway.sluice.internal";
constexpr char kTrustDomain[] = "sluice.test";
constexpr char kSigningKeys[] = "signing-keys";

std::string SpiffeId(const std::string& app) {
  return absl::StrCat("spiffe://", kTrustDomain, "/app/", app);
}

std::string Lines(const Settings& settings) {
  std::string lines;
  for (const auto& [name, value] : settings) {
    absl::StrAppend(&lines, "    ", name, ": ", value, "\n");
  }
  return lines;
}

std::string StaticList(const ServedCluster& cluster) {
  std::vector<std::string> nodes;
  for (size_t i = 0; i < cluster.size(); ++i) {
    nodes.push_back(absl::StrCat("{name: ", ServedCluster::NameOf(i),
                                 ", host: 127.0.0.1, port: ", cluster.PortOf(i),
                                 "}"));
  }
  return absl::StrCat("{static: {nodes: [", absl::StrJoin(nodes, ", "), "]}}");
}

std::string ClustersYaml(const ServedCluster& cluster,
                         const ClusterGatewayOptions& options) {
  return absl::StrCat(
      "clusters:\n  - name: ", kCluster, "\n    discovery: ",
      options.discovery.empty() ? StaticList(cluster) : options.discovery, "\n",
      Lines(options.routing));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClusterGateways>> ClusterGateways::Start(
    ServedCluster& cluster, const ClusterGatewayOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto gateways = std::unique_ptr<ClusterGateways>(
      new ClusterGateways(*std::move(folder), cluster, options));
  absl::Status status = gateways->MakeCredentials();
  for (int i = 0; status.ok() && i < options.gateways; ++i) {
    status = gateways->AddGateway();
  }
  if (!status.ok()) return status;
  return gateways;
}

absl::Status ClusterGateways::MakeCredentials() {
  TestCertificates& certificates = cluster_.certificates();
  absl::Status status = certificates.MakeServer("ca", "gateway", kGatewayName);
  std::vector<std::string> apps = options_.apps;
  apps.insert(apps.end(), {"app", "admin"});
  for (const std::string& app : apps) {
    status.Update(certificates.MakeClient("ca", app, SpiffeId(app)));
  }
  if (!status.ok()) return status;
  ChildCommand command;
  command.arguments = {BuildPath("server/operator/sluice-operator"), "keys",
                       "generate", folder_.Path(kSigningKeys), "--activate"};
  return RunCommand(command).status();
}

absl::Status ClusterGateways::AddGateway() {
  const TestCertificates& certificates = cluster_.certificates();
  GatewayOptions gateway;
  gateway.certificate_file = certificates.CertificatePath("gateway");
  gateway.key_file = certificates.KeyPath("gateway");
  gateway.client_ca_file = certificates.CertificatePath("ca");
  gateway.trust_domain = kTrustDomain;
  gateway.apps = {{"app", SpiffeId("app"), {ServedCluster::kDatabase}},
                  {"admin", SpiffeId("admin"), {}, true}};
  gateway.policy = options_.policy;
  gateway.signing_keys = folder_.Path(kSigningKeys);
  gateway.backend_host = cluster_.pgbouncer().socket_folder();
  gateway.backend_port = cluster_.pgbouncer().port();
  if (!options_.poolers.empty()) {
    const SocketAddress& pooler = options_.poolers[gateways_.size()];
    gateway.backend_host = pooler.host;
    gateway.backend_port = pooler.port;
  }
  gateway.backend_user = ServedCluster::kGatewayUser;
  gateway.backend_password = ServedCluster::kGatewayPassword;
  gateway.databases = {ServedCluster::kDatabase};
  gateway.database_settings = options_.database;
  gateway.database_settings["cluster"] = kCluster;
  gateway.clusters = ClustersYaml(cluster_, options_);
  gateway.settings = options_.gateway;
  absl::StatusOr<std::unique_ptr<GatewayProcess>> started =
      GatewayProcess::Start(gateway);
  if (started.ok()) gateways_.push_back(*std::move(started));
  return started.status();
}

ClientOptions ClusterGateways::client_options(size_t gateway,
                                              const std::string& app) const {
  const TestCertificates& certificates = cluster_.certificates();
  ClientOptions options;
  options.port = gateways_[gateway]->port();
  options.ca_file = certificates.CertificatePath("ca");
  options.certificate_file = certificates.CertificatePath(app);
  options.key_file = certificates.KeyPath(app);
  options.server_name = kGatewayName;
  if (app == "admin") options.scopes = {"admin"};
  return options;
}

v1::ClusterTopology ClusterGateways::AskTopology(size_t gateway) const {
  GatewayClient admin(client_options(gateway, "admin"));
  v1::GetTopologyResponse response;
  grpc::ClientContext context;
  EXPECT_THAT(admin.admin().GetTopology(&context, {}, &response), IsOk());
  return response.clusters_size() == 1 ? response.clusters(0)
                                       : v1::ClusterTopology();
}

template <typename Response, typename Request>
absl::StatusOr<Response> ClusterGateways::AskOne(
    size_t gateway,
    grpc::Status (v1::Admin::Stub::*method)(grpc::ClientContext*,
                                            const Request&, Response*)) const {
  GatewayClient admin(client_options(gateway, "admin"));
  Request request;
  request.set_cluster(kCluster);
  Response response;
  grpc::ClientContext context;
  const grpc::Status status =
      (admin.admin().*method)(&context, request, &response);
  if (!status.ok()) return absl::UnavailableError(status.error_message());
  return response;
}

absl::Status ClusterGateways::HoldWrites() const {
  for (size_t i = 0; i < size(); ++i) {
    const auto held = AskOne(i, &v1::Admin::Stub::HoldWrites);
    if (!held.ok()) return held.status();
    if (held->writes_in_progress() != 0) {
      return absl::UnavailableError("writes go on");
    }
  }
  return absl::OkStatus();
}

absl::Status ClusterGateways::ReleaseWrites() const {
  for (size_t i = 0; i < size(); ++i) {
    const auto released = AskOne(i, &v1::Admin::Stub::ReleaseWrites);
    if (!released.ok()) return released.status();
  }
  return absl::OkStatus();
}

}  // namespace sluice::testing

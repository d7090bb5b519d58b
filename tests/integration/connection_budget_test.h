// ConnectionBudgetTest: gateways on a cluster of one node, and apps that share
// its connections.

#ifndef SLUICE_TESTS_INTEGRATION_CONNECTION_BUDGET_TEST_H_
#define SLUICE_TESTS_INTEGRATION_CONNECTION_BUDGET_TEST_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/integration/cluster_stack.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"

namespace sluice::testing {

// Two of three apps have the same role.
inline constexpr char kSharedPolicy[] = R"(
apps:
  - name: app
    spiffe_ids: [spiffe://sluice.test/app/app]
    grants:
      - {database: app, role: app, access: [read, write]}
  - name: greedy
    spiffe_ids: [spiffe://sluice.test/app/greedy]
    grants:
      - {database: app, role: app, access: [read, write]}
  - name: other
    spiffe_ids: [spiffe://sluice.test/app/other]
    grants:
      - {database: app, role: other, access: [read, write]}
  - name: admin
    spiffe_ids: [spiffe://sluice.test/app/admin]
    admin: true
    grants: []
)";

class ConnectionBudgetTest : public ::testing::Test {
 protected:
  static constexpr absl::Duration kSoon = absl::Seconds(15);

  static ClusterStackOptions Options() {
    ClusterStackOptions options;
    options.cluster.replicas = 0;
    options.cluster.roles = {"other"};
    options.cluster.pgbouncer = {{"server_lifetime", "0"}};
    return options;
  }
  // Three apps, two of them under one role.
  static ClusterStackOptions SharedOptions(int connections) {
    ClusterStackOptions options = Options();
    options.apps = {"greedy", "other"};
    options.policy = kSharedPolicy;
    options.routing = {{"max_connections", absl::StrCat(connections)}};
    options.gateway = {{"concurrency.worker_pairs", "2"}};
    return options;
  }

  void Start(const ClusterStackOptions& options) {
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
  }

  GatewayClient As(const std::string& app, size_t gateway = 0) const {
    return GatewayClient(stack_->client_options(gateway, app));
  }

  // Sessions of the pools at the node, by `column` of pg_stat_activity.
  std::map<std::string, int> CountBy(const std::string& column) const {
    const absl::StatusOr<SqlRows> rows = stack_->node(0).Execute(
        "postgres",
        absl::StrCat("SELECT ", column,
                     ", count(*) FROM pg_stat_activity WHERE application_name "
                     "LIKE 'sluice/%' AND datname = 'app' GROUP BY 1"));
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::map<std::string, int> counts;
    if (!rows.ok()) return counts;
    for (const auto& row : *rows) {
      EXPECT_TRUE(absl::SimpleAtoi(*row[1], &counts[*row[0]]));
    }
    return counts;
  }

  bool AwaitInstances(const std::vector<int>& expected) {
    return Await(kSoon, [&] {
      std::vector<int> held;
      for (const auto& [name, count] : CountBy("application_name")) {
        held.push_back(count);
      }
      return held == expected;
    });
  }

  v1::ClusterNode NodeAt(size_t gateway) const {
    v1::GetTopologyResponse response;
    grpc::ClientContext context;
    EXPECT_THAT(
        As("admin", gateway).admin().GetTopology(&context, {}, &response),
        IsOk());
    return response.clusters(0).nodes(0);
  }

  std::unique_ptr<ClusterStack> stack_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_CONNECTION_BUDGET_TEST_H_

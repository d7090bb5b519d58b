#include "server/execution/role_pools.h"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/config/policy_loader.h"
#include "server/postgres/test_silent_server.h"

namespace sluice::execution {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(1);

constexpr char kPolicy[] = R"(
apps:
  - name: app
    spiffe_ids: [spiffe://sluice.test/app/app]
    grants:
      - {database: app, role: one, access: [read]}
      - {database: app, role: other, access: [write]}
)";

std::shared_ptr<const policy::Policy> MakePolicy() {
  config::v1::Config config;
  config.mutable_identity()->set_trust_domain("sluice.test");
  config.mutable_tokens()->mutable_default_ttl()->set_seconds(600);
  config.mutable_tokens()->mutable_max_ttl()->set_seconds(900);
  config.add_databases()->set_name("app");
  config.mutable_databases(0)->set_entry("{role}");
  config::PolicyFile file = config::ReadPolicy(kPolicy);
  const auto made =
      policy::Policy::Make(file.policy, config, std::move(file.faults));
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? *made : nullptr;
}

// A caller of a pool, whom nothing but its end can serve.
Task<void> Wait(std::shared_ptr<postgres::Pool> pool,
                std::promise<absl::Status>& told) {
  Cancellation cancellation;
  Task<absl::StatusOr<postgres::Lease>> acquiring =
      pool->Acquire(postgres::LeaseRequest(), cancellation);
  const absl::StatusOr<postgres::Lease> lease = co_await std::move(acquiring);
  told.set_value(lease.status());
}

// Once both pools have what takes them a while to end.
Task<void> Drain(EventLoop& loop, RolePools& pools,
                 std::promise<void>& drained) {
  while (pools.Find("one")->size().opening == 0 ||
         pools.Find("other")->size().opening == 0) {
    SleepAwaiter a_while(loop, Deadline::In(absl::Milliseconds(1)));
    co_await a_while;
  }
  Task<void> draining = pools.Drain(postgres::PoolEnd::kRetired);
  co_await std::move(draining);
  drained.set_value();
}

// One may have a call for minutes.
TEST(RolePoolsTest, WhoWaitsInAnyPoolIsToldAtOnceWhenTheyEnd) {
  const postgres::SilentServer server;
  EventLoop loop("test-pools");
  auto pools = std::make_unique<RolePools>(
      loop, "app", server.Settings(kConnectTimeout), postgres::PoolLimits(),
      [](const std::string& /*role*/) {
        return std::make_shared<postgres::ConnectionBudget>(
            postgres::BudgetLimits());
      });
  std::array<std::promise<absl::Status>, 2> told;
  std::promise<void> drained;
  loop.Post([&] {
    pools->Serve(*MakePolicy());
    Spawn(Wait(pools->Find("one"), told[0]));
    Spawn(Wait(pools->Find("other"), told[1]));
    Spawn(Drain(loop, *pools, drained));
  });
  for (std::promise<absl::Status>& each : told) {
    const absl::Status status = each.get_future().get();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    // And not since it could not connect.
    EXPECT_EQ(ErrorMetadataOf(status, "phase"), "queue") << status;
  }
  drained.get_future().wait();
  std::promise<void> gone;
  loop.Post([&] {
    pools.reset();
    gone.set_value();
  });
  gone.get_future().wait();
}

}  // namespace
}  // namespace sluice::execution

// GatedGateway: a gateway beside the stack's, with a gate in front of
// pgbouncer, and a caller of it.

#ifndef SLUICE_TESTS_INTEGRATION_GATED_GATEWAY_H_
#define SLUICE_TESTS_INTEGRATION_GATED_GATEWAY_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "tests/support/gateway_client.h"
#include "tests/support/gateway_process.h"
#include "tests/support/socket_gate.h"
#include "tests/support/test_stack.h"

namespace sluice::testing {

class GatedGateway {
 public:
  // What does not start fails the test, and is null.
  GatedGateway(const TestStack& stack, const Settings& settings,
               uint64_t seed = 1) {
    GatewayOptions options = stack.gateway_options();
    absl::StatusOr<std::unique_ptr<SocketGate>> gate =
        SocketGate::Start({options.backend_host, options.backend_port}, seed);
    EXPECT_TRUE(gate.ok()) << gate.status();
    if (!gate.ok()) return;
    gate_ = *std::move(gate);
    options.backend_host = gate_->address().host;
    options.backend_port = gate_->address().port;
    options.settings = settings;
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        GatewayProcess::Start(options);
    EXPECT_TRUE(gateway.ok()) << gateway.status();
    if (!gateway.ok()) return;
    gateway_ = *std::move(gateway);
    client_options_ = stack.client_options("app", gateway_->port());
    client_.emplace(client_options_);
  }

  bool started() const { return client_.has_value(); }
  SocketGate& gate() { return *gate_; }
  GatewayProcess& gateway() { return *gateway_; }
  GatewayClient& client() { return *client_; }
  const ClientOptions& client_options() const { return client_options_; }

 private:
  std::unique_ptr<SocketGate> gate_;
  std::unique_ptr<GatewayProcess> gateway_;
  ClientOptions client_options_;
  std::optional<GatewayClient> client_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_GATED_GATEWAY_H_

// ClientStackTest: tests of the C++ client library on the shipped gateway.

#ifndef SLUICE_TESTS_INTEGRATION_CLIENT_STACK_TEST_H_
#define SLUICE_TESTS_INTEGRATION_CLIENT_STACK_TEST_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sluice/client/client.h"
#include "tests/support/await.h"
#include "tests/support/stack_test.h"

namespace sluice::client {

// `Test` is the fixture itself.
template <typename Test>
class ClientStackTest : public sluice::testing::StackTest<Test> {
 protected:
  using Stack = sluice::testing::StackTest<Test>;
  friend class sluice::testing::StackTest<Test>;

  static constexpr absl::Duration kPromptly = absl::Seconds(1);

  static Client OpenClient() {
    return OpenClient(Stack::stack().gateway().port());
  }
  // Of a gateway beside the first.
  static Client OpenClient(int port) {
    absl::StatusOr<Client> client = Client::Open(ConnectionOf("app", port));
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  // With the certificate of that name.
  static ClientOptions ConnectionOf(const std::string& certificate) {
    return ConnectionOf(certificate, Stack::stack().gateway().port());
  }
  static ClientOptions ConnectionOf(const std::string& certificate, int port) {
    const auto caller = Stack::stack().client_options(certificate, port);
    return {.address = absl::StrCat("127.0.0.1:", caller.port),
            .ca_file = caller.ca_file,
            .certificate_file = caller.certificate_file,
            .key_file = caller.key_file,
            .database = "app",
            .server_name = caller.server_name};
  }

  // Whether PostgreSQL holds `count` sessions of the app that run a statement
  // or a transaction, soon.
  static bool AwaitActive(const std::string& count) {
    return sluice::testing::Await(kPromptly, [&] {
      return Stack::stack().Ask(
                 "SELECT count(*) FROM pg_stat_activity"
                 "  WHERE usename = 'app' AND state <> 'idle'") == count;
    });
  }

  const Client client_ = OpenClient();
};

}  // namespace sluice::client

#endif  // SLUICE_TESTS_INTEGRATION_CLIENT_STACK_TEST_H_

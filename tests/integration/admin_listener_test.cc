// What probes are told on the port for operators.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"
#include "tests/support/free_port.h"
#include "tests/support/raw_connection.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::testing::StartsWith;

constexpr absl::Duration kSoon = absl::Seconds(10);

class AdminListenerTest : public StackTest<AdminListenerTest> {
 protected:
  static std::string Get(int port, const std::string& path) {
    absl::StatusOr<RawConnection> connection = RawConnection::Connect(port);
    if (!connection.ok()) return std::string(connection.status().message());
    connection->Send(absl::StrCat("GET ", path, " HTTP/1.1\r\n\r\n"));
    std::string answer;
    connection->AwaitEnd(kSoon, &answer);
    return answer;
  }
};

TEST_F(AdminListenerTest, TellsThatItIsReadyUntilItDrains) {
  const int port = FindFreePort();
  ASSERT_NE(port, 0);
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({{"admin_listener.port", absl::StrCat(port)}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  EXPECT_THAT(Get(port, "/livez"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(Get(port, "/readyz"), StartsWith("HTTP/1.1 200 OK"));

  // A call in progress keeps it from ending.
  GatewayClient client = stack().MakeClient(**gateway);
  ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
  QueryBatch calls(client);
  calls.Start(MakeQuery("SELECT pg_sleep(3)"));
  ASSERT_TRUE(Await(kSoon, [] {
    return stack().Ask(
               "SELECT count(*) FROM pg_stat_activity "
               "WHERE query LIKE 'SELECT pg_sleep(3)%'") == "1";
  }));
  (*gateway)->Terminate();
  EXPECT_TRUE(Await(kSoon, [port] {
    return Get(port, "/readyz").rfind("HTTP/1.1 503", 0) == 0;
  }));
  EXPECT_THAT(Get(port, "/livez"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_TRUE(calls.AwaitAll());
  EXPECT_THAT(calls.outcome(0).status, IsOk());
}

}  // namespace
}  // namespace sluice::testing

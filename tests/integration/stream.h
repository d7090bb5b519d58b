// StreamTest: streams of a gateway with a connection or more, and a look at
// what PostgreSQL is doing meanwhile.

#ifndef SLUICE_TESTS_INTEGRATION_STREAM_H_
#define SLUICE_TESTS_INTEGRATION_STREAM_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/sanitizer.h"
#include "tests/support/scale.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {

// The numbers from 1 to $1, which PostgreSQL makes as they are fetched, and a
// text of a hundred letters.
inline constexpr char kNumbered[] =
    "SELECT i, repeat('x', 100) FROM "
    "(SELECT generate_series(1, $1::int8) AS i) AS numbers";
// More than anyone reads.
inline constexpr int64_t kEndless = int64_t{1} << 40;

// Far less than what the heavy tests send.
inline constexpr int64_t kMaxPeakKib = 128 * 1024;

class StreamTest : public StackTest<StreamTest> {
 protected:
  friend class StackTest<StreamTest>;
  using Code = grpc::StatusCode;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "1"}};
    return options;
  }

  // A gateway of its own, so that its peak of memory is the test's.
  static std::unique_ptr<GatewayProcess> StartGateway(Settings settings = {}) {
    settings.insert({"pool.max_connections", "1"});
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        stack().StartGateway(settings);
    EXPECT_TRUE(gateway.ok()) << gateway.status();
    return gateway.ok() ? *std::move(gateway) : nullptr;
  }

  static void ExpectLittleMemory(const GatewayProcess& gateway) {
    const int64_t peak_kib = gateway.PeakMemoryKib();
    RecordProperty("peak_kib", absl::StrCat(peak_kib));
    // AddressSanitizer keeps memory that was freed.
    if (!kAddressSanitizer && !kThreadSanitizer) {
      EXPECT_LT(peak_kib, kMaxPeakKib);
    }
  }

  // What pg_stat_activity has in that column for the gateway's role, sessions
  // that match the condition alone; joined with commas.
  static std::string Backends(const std::string& column,
                              const std::string& condition = "true") {
    return stack().Ask("SELECT string_agg(" + column +
                       "::text, ',' ORDER BY pid) FROM pg_stat_activity "
                       "WHERE usename = 'app' AND " +
                       condition);
  }

  // PostgreSQL has so many statements whose rows nobody takes: it waits
  // whenever one looks.
  static bool AwaitStalled(int count = 1) {
    constexpr int kLooks = 10;
    int looks = 0;
    return Await(absl::Seconds(20), [&] {
      const bool waits =
          stack().Ask(
              "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' "
              "AND state = 'active' AND wait_event = 'ClientWrite'") ==
          absl::StrCat(count);
      looks = waits ? looks + 1 : 0;
      return looks == kLooks;
    });
  }
  // Within the second that the design allows.
  static bool AwaitIdle() {
    return Await(absl::Seconds(1),
                 [] { return Backends("pid", "state <> 'idle'").empty(); });
  }

  // The process that answers the next query.
  static std::string BackendPid(GatewayClient& client) {
    const QueryOutcome outcome = client.Query("SELECT pg_backend_pid()");
    EXPECT_THAT(outcome.status, IsOk());
    return FirstText(outcome.response.result_set());
  }

  // The connection of that pid serves on, unary calls and streams.
  static void ExpectReusable(GatewayClient& client, const std::string& pid) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(BackendPid(client), pid);
    const StreamOutcome outcome = client.QueryStream("SELECT 'next'::text");
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_EQ(FirstText(outcome.result_set), "next");
  }

  // Reads parts until `rows` have come, or the end. How many did.
  static int64_t ReadRows(StreamReader& stream, int64_t rows) {
    int64_t count = 0;
    v1::QueryStreamResponse part;
    while (count < rows && stream.Read(part)) count += part.batch().row_count();
    return count;
  }

  GatewayClient client_ = stack().MakeClient();
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_STREAM_H_

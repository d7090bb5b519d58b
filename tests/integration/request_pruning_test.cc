// What is kept of requests goes after a day, under whichever role may delete
// it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

constexpr char kPolicy[] = R"(
apps:
  - name: barred
    spiffe_ids: [spiffe://sluice.test/app/barred]
    grants:
      - {database: app, role: barred, access: [read, write]}
  - name: free
    spiffe_ids: [spiffe://sluice.test/app/free]
    grants:
      - {database: app, role: free, access: [read, write]}
)";

class RequestPruningTest : public StackTest<RequestPruningTest> {
 protected:
  friend class StackTest<RequestPruningTest>;

  static StackOptions Options() {
    StackOptions options;
    options.roles = {{"barred", "", ""}, {"free", "", ""}};
    options.apps = {"barred", "free"};
    options.policy = kPolicy;
    options.gateway = {{"concurrency.worker_pairs", "1"}};
    return options;
  }

  static grpc::Status WriteOnce(const std::string& app) {
    GatewayClient client(stack().client_options(app, stack().gateway().port()));
    v1::ExecuteRequest request = MakeExecute("INSERT INTO item VALUES (1)");
    request.set_request_id("of-this-test");
    return client.Execute(request).status;
  }
};

TEST_F(RequestPruningTest, ARoleThatMayNotPruneLeavesItToAnother) {
  for (const char* sql :
       {"CREATE TABLE item (id int); GRANT ALL ON item TO barred, free",
        "REVOKE EXECUTE ON FUNCTION sluice.prune_requests FROM barred",
        "INSERT INTO sluice.request (app, id, digest, created_at) "
        "VALUES ('app', 'old', '', now() - interval '2 days')"}) {
    ASSERT_TRUE(stack().postgres().Execute("app", sql).ok()) << sql;
  }
  ASSERT_THAT(WriteOnce("barred"), IsOk());
  ASSERT_THAT(WriteOnce("free"), IsOk());
  EXPECT_TRUE(Await(absl::Seconds(20), [] {
    return stack()
        .Ask(
            "SELECT string_agg(id, ' ') FROM sluice.request "
            "WHERE id = 'old'")
        .empty();
  }));
}

}  // namespace
}  // namespace sluice::testing

// The Admin service: what operators see and end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr absl::Duration kLimit = absl::Seconds(30);

class AdminTest : public StackTest<AdminTest> {
 protected:
  static GatewayClient MakeAdmin(const GatewayProcess& gateway) {
    ClientOptions options = stack().client_options("admin", gateway.port());
    options.scopes = {"admin"};
    return GatewayClient(options);
  }

  static std::vector<v1::Activity> List(
      GatewayClient& admin, const v1::ListActivityRequest& request = {}) {
    grpc::ClientContext context;
    SetDeadline(context, kLimit);
    v1::ListActivityResponse response;
    EXPECT_THAT(admin.admin().ListActivity(&context, request, &response),
                IsOk());
    return {response.activities().begin(), response.activities().end()};
  }

  // The call with that tag, once it is listed.
  static v1::Activity AwaitCall(GatewayClient& admin, const std::string& tag) {
    v1::Activity found;
    EXPECT_TRUE(Await(kLimit, [&] {
      for (const v1::Activity& activity : List(admin)) {
        if (activity.tag() == tag) found = activity;
      }
      return !found.activity_id().empty();
    })) << tag;
    return found;
  }

  static grpc::Status Cancel(GatewayClient& admin, const std::string& id) {
    grpc::ClientContext context;
    SetDeadline(context, kLimit);
    v1::CancelActivityRequest request;
    request.set_activity_id(id);
    v1::CancelActivityResponse response;
    return admin.admin().CancelActivity(&context, request, &response);
  }

  // Waits until so many interactive transactions are listed.
  static bool AwaitTransactions(GatewayClient& admin, int count) {
    return Await(kLimit, [&] {
      const std::vector<v1::Activity> calls = List(admin);
      return std::count_if(
                 calls.begin(), calls.end(), [](const v1::Activity& activity) {
                   return activity.method() == "/sluice.v1.Database/Transact";
                 }) == count;
    });
  }

  // Whether PostgreSQL is at work for a statement with that text.
  static bool Runs(const std::string& text) {
    return stack().Ask(absl::StrCat(
               "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
               "AND pid <> pg_backend_pid() AND query LIKE '%",
               text, "%'")) != "0";
  }
};

v1::QueryRequest LongQuery(const std::string& tag) {
  v1::QueryRequest request =
      MakeQuery(absl::StrCat("SELECT pg_sleep(60) /* ", tag, " */"));
  request.mutable_options()->set_tag(tag);
  return request;
}

TEST_F(AdminTest, GetVersionTellsWhatRuns) {
  GatewayClient admin = MakeAdmin(stack().gateway());
  grpc::ClientContext context;
  v1::GetVersionResponse version;
  ASSERT_THAT(admin.admin().GetVersion(&context, {}, &version), IsOk());
  EXPECT_THAT(version.server_version(), MatchesRegex("[0-9]+[.][0-9]+[.].*"));
  EXPECT_THAT(version.instance(), HasSubstr("sluice/"));
  EXPECT_THAT(version.policy_digest(), MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(version.policy_digest().size(), 64);
  EXPECT_FALSE(version.signing_key_id().empty());
  EXPECT_GT(version.start_time().seconds(), 1'600'000'000);
  EXPECT_GE(version.policy_load_time().seconds(),
            version.start_time().seconds() - 10);
  EXPECT_FALSE(version.has_revocation_age());
}

TEST_F(AdminTest, ListsCallsInProgressOfAllWorkers) {
  auto gateway = stack().StartGateway({{"concurrency.worker_pairs", "2"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient admin = MakeAdmin(**gateway);
  std::vector<std::future<grpc::Status>> calls;
  for (int i = 0; i < 4; ++i) {
    calls.push_back(std::async(std::launch::async, [&, i] {
      GatewayClient client = stack().MakeClient(**gateway);
      return client.Query(LongQuery(absl::StrCat("listed-", i))).status;
    }));
  }
  std::vector<v1::Activity> found;
  for (int i = 0; i < 4; ++i) {
    found.push_back(AwaitCall(admin, absl::StrCat("listed-", i)));
    EXPECT_EQ(found.back().method(), "/sluice.v1.Database/Query");
    EXPECT_EQ(found.back().app(), "app");
    EXPECT_EQ(found.back().database(), "app");
    EXPECT_FALSE(found.back().token_id().empty());
    EXPECT_THAT(found.back().peer(), HasSubstr("127.0.0.1"));
  }
  v1::ListActivityRequest others;
  others.set_app("spare");
  EXPECT_TRUE(List(admin, others).empty());
  others.set_app("app");
  others.set_database("spare");
  EXPECT_TRUE(List(admin, others).empty());
  for (const v1::Activity& activity : found) {
    EXPECT_THAT(Cancel(admin, activity.activity_id()), IsOk());
  }
  for (std::future<grpc::Status>& call : calls) {
    EXPECT_THAT(call.get(), FailsWith(StatusCode::CANCELLED,
                                      v1::ERROR_REASON_CANCELLED_BY_ADMIN));
  }
}

TEST_F(AdminTest, CancelsACallAndNoOther) {
  GatewayClient admin = MakeAdmin(stack().gateway());
  const auto run = [](const char* tag) {
    return stack().MakeClient().Query(LongQuery(tag)).status;
  };
  auto first = std::async(std::launch::async, run, "cancelled");
  auto second = std::async(std::launch::async, run, "not-cancelled");
  const std::string id = AwaitCall(admin, "cancelled").activity_id();
  const std::string other = AwaitCall(admin, "not-cancelled").activity_id();
  ASSERT_TRUE(Await(kLimit, [] { return Runs("/* cancelled"); }));
  ASSERT_TRUE(Await(kLimit, [] { return Runs("/* not-cancelled"); }));
  EXPECT_THAT(Cancel(admin, id), IsOk());
  const grpc::Status status = first.get();
  EXPECT_THAT(status, FailsWith(StatusCode::CANCELLED,
                                v1::ERROR_REASON_CANCELLED_BY_ADMIN));
  EXPECT_FALSE(Runs("/* cancelled"));
  EXPECT_TRUE(Runs("/* not-cancelled"));
  EXPECT_THAT(Cancel(admin, id), FailsWith(StatusCode::NOT_FOUND,
                                           v1::ERROR_REASON_UNKNOWN_ACTIVITY));
  EXPECT_THAT(Cancel(admin, other), IsOk());
  EXPECT_THAT(second.get(), FailsWith(StatusCode::CANCELLED,
                                      v1::ERROR_REASON_CANCELLED_BY_ADMIN));
}

TEST_F(AdminTest, CancelsAnOpenTransactionAndRollsItBack) {
  GatewayClient admin = MakeAdmin(stack().gateway());
  GatewayClient client = stack().MakeClient();
  ASSERT_THAT(client.Execute("CREATE TABLE cancelled_rows (n int)").status,
              IsOk());
  auto transaction = client.OpenTransact();
  v1::TransactRequest begin = MakeBegin();
  begin.mutable_begin()->set_tag("open");
  v1::TransactResponse reply;
  transaction->Send(begin);
  ASSERT_TRUE(transaction->Read(reply));
  transaction->Send(MakeStatement("INSERT INTO cancelled_rows VALUES (1)"));
  ASSERT_TRUE(transaction->Read(reply));
  ASSERT_FALSE(reply.has_error()) << reply.ShortDebugString();
  EXPECT_THAT(Cancel(admin, AwaitCall(admin, "open").activity_id()), IsOk());
  EXPECT_FALSE(transaction->Read(reply));
  EXPECT_THAT(
      transaction->Finish(),
      FailsWith(StatusCode::CANCELLED, v1::ERROR_REASON_CANCELLED_BY_ADMIN));
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM cancelled_rows"), "0");
}

TEST_F(AdminTest, ReloadsAtOnceAndTellsWhatBecameOfEachPart) {
  auto gateway = stack().StartGateway({});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient admin = MakeAdmin(**gateway);
  const auto reload = [&admin] {
    grpc::ClientContext context;
    SetDeadline(context, kLimit);
    v1::ReloadConfigResponse reloaded;
    EXPECT_THAT(admin.admin().ReloadConfig(&context, {}, &reloaded), IsOk());
    std::map<std::string, v1::ReloadedPart> parts;
    for (const v1::ReloadedPart& part : reloaded.parts()) {
      parts[part.name()] = part;
    }
    return parts;
  };
  auto parts = reload();
  for (const char* name : {"policy", "signing_keys"}) {
    EXPECT_EQ(parts[name].outcome(), v1::RELOAD_OUTCOME_UNCHANGED) << name;
  }
  EXPECT_TRUE(parts.contains("certificates"));
  ASSERT_TRUE((*gateway)->ReplacePolicy("apps: 7\n").ok());
  parts = reload();
  EXPECT_EQ(parts["policy"].outcome(), v1::RELOAD_OUTCOME_REFUSED);
  EXPECT_THAT(parts["policy"].message(), HasSubstr("apps"));
  // The one before it stays.
  EXPECT_THAT(stack().MakeClient(**gateway).Query("SELECT 1").status, IsOk());
}

TEST_F(AdminTest, AnUnknownOrMalformedActivityIsNotFound) {
  GatewayClient admin = MakeAdmin(stack().gateway());
  for (const char* id : {"0", "999999999", "-1", "x", "1 "}) {
    EXPECT_THAT(Cancel(admin, id), FailsWith(StatusCode::NOT_FOUND,
                                             v1::ERROR_REASON_UNKNOWN_ACTIVITY))
        << id;
  }
}

TEST_F(AdminTest, AnAppThatLosesItsGrantLosesItsCalls) {
  auto gateway = stack().StartGateway({});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient admin = MakeAdmin(**gateway);
  GatewayClient client = stack().MakeClient(**gateway);
  auto call = std::async(std::launch::async, [&client] {
    return client.Query(LongQuery("deprived")).status;
  });
  AwaitCall(admin, "deprived");
  std::vector<GatewayApp> apps = stack().gateway_options().apps;
  // What adds to a policy ends nothing.
  apps[1].databases.push_back("app");
  ASSERT_TRUE((*gateway)->ReplacePolicy(RenderPolicy(apps)).ok());
  GatewayClient added(stack().client_options("spare", (*gateway)->port()));
  EXPECT_TRUE(
      Await(kLimit, [&] { return added.Query("SELECT 1").status.ok(); }));
  EXPECT_EQ(AwaitCall(admin, "deprived").app(), "app");

  apps[0].databases = {};
  ASSERT_TRUE((*gateway)->ReplacePolicy(RenderPolicy(apps)).ok());
  EXPECT_THAT(call.get(), FailsWith(StatusCode::UNAUTHENTICATED,
                                    v1::ERROR_REASON_TOKEN_INVALID));
  EXPECT_THAT(
      client.Query("SELECT 1").status,
      FailsWith(StatusCode::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  apps.erase(apps.begin());
  ASSERT_TRUE((*gateway)->ReplacePolicy(RenderPolicy(apps)).ok());
  EXPECT_TRUE(Await(kLimit, [&] {
    return CallError::Of(client.Query("SELECT 1").status).info.reason() ==
           "APP_NOT_ALLOWED";
  }));
}

// It was let in before, and holds the policy of then.
TEST_F(AdminTest, ATransactionBeginsOnlyByAGrantThatItsAppStillHas) {
  auto gateway = stack().StartGateway({});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient admin = MakeAdmin(**gateway);
  GatewayClient client = stack().MakeClient(**gateway);
  auto valid = client.OpenTransact();
  ASSERT_TRUE(AwaitTransactions(admin, 1));
  EXPECT_TRUE(valid->Ask(MakeBegin()).has_begun());
  valid.reset();
  ASSERT_TRUE(AwaitTransactions(admin, 0));

  auto hostile = client.OpenTransact();
  ASSERT_TRUE(AwaitTransactions(admin, 1));
  std::vector<GatewayApp> apps = stack().gateway_options().apps;
  apps[0].databases = {};
  ASSERT_TRUE((*gateway)->ReplacePolicy(RenderPolicy(apps)).ok());
  EXPECT_TRUE(
      Await(kLimit, [&] { return !client.Query("SELECT 1").status.ok(); }));
  EXPECT_FALSE(hostile->Ask(MakeBegin()).has_begun());
  EXPECT_THAT(hostile->Finish(), FailsWith(StatusCode::UNAUTHENTICATED,
                                           v1::ERROR_REASON_TOKEN_INVALID));
}

}  // namespace
}  // namespace sluice::testing

// What a token is narrowed down to, of all that its app may do: `split` reads
// as `ro`, writes as `rw` and migrates as `owner`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/granted_stack.h"
#include "tests/integration/signed_token.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;

constexpr char kWho[] = "SELECT session_user::text";
constexpr char kInsert[] = "INSERT INTO item VALUES (1) RETURNING maker";
constexpr char kCreate[] = "CREATE TABLE IF NOT EXISTS scoped ()";
constexpr char kDenied[] = "ACCESS_DENIED";
constexpr auto kReadOnly = v1::TRANSACTION_ACCESS_READ_ONLY;
constexpr auto kReadWrite = v1::TRANSACTION_ACCESS_READ_WRITE;

class TokenScopeTest : public GrantedTest {
 protected:
  // The same calls, all of which a token without scopes may make.
  void SetUp() override {
    GrantedTest::SetUp();
    GatewayClient whole = As("split");
    ASSERT_EQ(Query(whole, kWho), "ro");
    ASSERT_EQ(Stream(whole, kWho), "ro");
    ASSERT_EQ(Execute(whole, kInsert), "rw");
    ASSERT_EQ(Execute(whole, kCreate), "");
    ASSERT_EQ(RunSteps(whole, {kWho, kInsert}), "rw");
    ASSERT_EQ(Describe(whole, kInsert), "");
    ASSERT_EQ(Describe(whole, kWho), "");
    ASSERT_EQ(Begins(whole, kReadOnly), "begun");
    ASSERT_EQ(Begins(whole, kReadWrite), "begun");
    GrantedTest::SetUp();
  }

  static std::string Begins(GatewayClient& client,
                            v1::TransactionAccess access) {
    return Begin(*client.OpenTransact(), access);
  }

  static std::string Items() {
    return stack().Ask("SELECT count(*) FROM item");
  }
};

TEST_F(TokenScopeTest, OneToReadWritesNothing) {
  GatewayClient client = As("split", {"read"});
  EXPECT_EQ(Query(client, kWho), "ro");
  EXPECT_EQ(Stream(client, kWho), "ro");
  EXPECT_EQ(RunSteps(client, {kWho}), "ro");
  EXPECT_EQ(Begins(client, kReadOnly), "begun");
  // Under the role that reads, and read only.
  EXPECT_EQ(Execute(client, kWho), "ro");
  EXPECT_EQ(Execute(client, "SELECT make_item()"), "READ_ONLY");

  const grpc::Status status = client.Execute(kInsert).status;
  EXPECT_THAT(status, FailsWith(Code::PERMISSION_DENIED,
                                v1::ERROR_REASON_ACCESS_DENIED));
  EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
  EXPECT_EQ(Execute(client, kCreate), kDenied);
  EXPECT_EQ(Execute(client, "DO 'BEGIN END'"), kDenied);
  EXPECT_EQ(RunSteps(client, {kWho, kInsert}), kDenied);
  EXPECT_EQ(Describe(client, kInsert), kDenied);
  EXPECT_EQ(Begins(client, kReadWrite), kDenied);
  EXPECT_EQ(Items(), "0");
}

TEST_F(TokenScopeTest, OneToWriteReadsNothing) {
  GatewayClient client = As("split", {"write"});
  EXPECT_EQ(Execute(client, kInsert), "rw");
  EXPECT_EQ(RunSteps(client, {kInsert}), "rw");
  EXPECT_EQ(Describe(client, kInsert), "");
  EXPECT_EQ(Query(client, kWho), kDenied);
  EXPECT_EQ(Stream(client, kWho), kDenied);
  EXPECT_EQ(Execute(client, kWho), kDenied);
  EXPECT_EQ(RunSteps(client, {kInsert, kWho}), kDenied);
  EXPECT_EQ(Describe(client, kWho), kDenied);
  EXPECT_EQ(Execute(client, kCreate), kDenied);
  EXPECT_EQ(Begins(client, kReadOnly), kDenied);
  EXPECT_EQ(Items(), "2");
}

TEST_F(TokenScopeTest, OneToMigrateDoesNothingElse) {
  GatewayClient client = As("split", {"ddl"});
  EXPECT_EQ(Execute(client, kCreate), "");
  EXPECT_EQ(RunSteps(client, {kCreate, "COMMENT ON TABLE scoped IS 'x'"}), "");
  EXPECT_EQ(Query(client, kWho), kDenied);
  EXPECT_EQ(Execute(client, kInsert), kDenied);
  EXPECT_EQ(Begins(client, kReadOnly), kDenied);
  EXPECT_EQ(Items(), "0");
}

TEST_F(TokenScopeTest, OneOfAnotherKindDoesNothingHere) {
  for (const std::vector<std::string>& scopes :
       {std::vector<std::string>{"listen"}, {"copy"}, {"listen", "admin"}}) {
    GatewayClient client = As("split", scopes);
    EXPECT_EQ(Query(client, kWho), kDenied);
    EXPECT_EQ(Execute(client, kInsert), kDenied);
    EXPECT_EQ(Execute(client, kCreate), kDenied);
  }
}

TEST_F(TokenScopeTest, AnInteractiveTransactionDoesWhatTheTokenIsFor) {
  GatewayClient writer = As("split", {"write"});
  std::unique_ptr<TransactStream> stream = writer.OpenTransact();
  ASSERT_EQ(Begin(*stream, kReadWrite), "begun");
  EXPECT_EQ(Ask(*stream, kInsert), "rw");
  EXPECT_EQ(Ask(*stream, kWho), kDenied);
  GatewayClient both = As("split", {"read", "write"});
  stream = both.OpenTransact();
  ASSERT_EQ(Begin(*stream, kReadWrite), "begun");
  EXPECT_EQ(Ask(*stream, kWho), "rw");
  EXPECT_EQ(Ask(*stream, kInsert), "rw");
  EXPECT_EQ(Ask(*stream, kCreate), kDenied);
}

TEST_F(TokenScopeTest, ARightThatTheAppLacksIsNotInItsToken) {
  GatewayClient client = As("reader", {"read", "write", "ddl", "admin"});
  EXPECT_EQ(Query(client, kWho), "ro");
  EXPECT_EQ(Execute(client, kInsert), kDenied);
  EXPECT_EQ(Execute(client, kCreate), kDenied);
}

TEST_F(TokenScopeTest, ASuccessorIsNarrowedDownAsWell) {
  GatewayClient client = As("split", {"read"});
  grpc::ClientContext context;
  SetDeadline(context, GatewayClient::kDeadline);
  v1::RenewTokenResponse renewed;
  ASSERT_THAT(client.tokens().RenewToken(&context, {}, &renewed), IsOk());
  ClientOptions options =
      stack().client_options("split", stack().gateway().port());
  options.authorization = {"Bearer " + renewed.token()};
  GatewayClient successor(options);
  EXPECT_EQ(Query(successor, kWho), "ro");
  EXPECT_EQ(Execute(successor, kInsert), kDenied);
}

// Of an instance that knows more scopes than this one, say.
TEST_F(TokenScopeTest, AnUnknownScopeRefusesTheToken) {
  const auto query_with = [](const std::vector<std::string>& scopes) {
    ClientOptions options =
        stack().client_options("split", stack().gateway().port());
    options.authorization = {
        "Bearer " +
        SignToken(stack(), "split", [&scopes](identity::TokenClaims& claims) {
          claims.scopes = scopes;
        })};
    GatewayClient client(options);
    return Query(client, kWho);
  };
  EXPECT_EQ(query_with({"read"}), "ro");
  EXPECT_EQ(query_with({"read", "read-all"}), "TOKEN_INVALID");
  EXPECT_EQ(query_with({"read-all"}), "TOKEN_INVALID");
}

TEST_F(TokenScopeTest, CapabilitiesAreThoseOfTheToken) {
  const auto rights = [](const std::vector<std::string>& scopes) {
    const auto told = As("split", scopes).GetCapabilities();
    EXPECT_THAT(told.status, IsOk());
    EXPECT_EQ(told.response.databases_size(), 1);
    return told.response.databases(0).rights();
  };
  EXPECT_THAT(rights({}),
              ElementsAre(v1::ACCESS_RIGHT_READ, v1::ACCESS_RIGHT_WRITE,
                          v1::ACCESS_RIGHT_DDL));
  EXPECT_THAT(rights({"read", "ddl"}),
              ElementsAre(v1::ACCESS_RIGHT_READ, v1::ACCESS_RIGHT_DDL));
}

}  // namespace
}  // namespace sluice::testing

// The audit log of the shipped gateway: what it records, and what it never
// holds.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/audit_stack.h"
#include "tests/support/call_error.h"
#include "tests/support/transact_stream.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(AuditTest, AWriteHasARecordBeforeAndOneAfter) {
  ASSERT_THAT(
      client()
          .Execute("INSERT INTO item VALUES ($1), ($2)", {Int(1), Int(2)})
          .status,
      IsOk());
  const std::vector<json> begun = Records("write_begun");
  ASSERT_EQ(begun.size(), 1);
  EXPECT_EQ(begun[0]["app"], "app");
  EXPECT_TRUE(
      absl::StartsWith(begun[0]["identity"].get<std::string>(), "spiffe://"));
  EXPECT_EQ(begun[0]["method"], "/sluice.v1.Database/Execute");
  EXPECT_EQ(begun[0]["database"], "app");
  EXPECT_EQ(begun[0]["role"], "app");
  EXPECT_EQ(begun[0]["class"], "write");
  EXPECT_EQ(begun[0]["fingerprint"].get<std::string>().size(), 16);
  EXPECT_THAT(begun[0]["peer"].get<std::string>(), Not(IsEmpty()));
  EXPECT_THAT(begun[0]["token_id"].get<std::string>(), Not(IsEmpty()));
  const std::vector<json> ended = Records("write_ended");
  ASSERT_EQ(ended.size(), 1);
  EXPECT_EQ(ended[0]["begun_seq"], begun[0]["seq"]);
  EXPECT_EQ(ended[0]["status"], "OK");
  EXPECT_EQ(ended[0]["rows"], 2);
  EXPECT_GT(ended[0]["duration_us"], 0);
  EXPECT_EQ(Verify().missing_count, 0);
}

TEST_F(AuditTest, ReadsHaveNoRecords) {
  EXPECT_THAT(client().Query("SELECT count(*) FROM item").status, IsOk());
  EXPECT_THAT(client().Execute("SELECT count(*) FROM item").status, IsOk());
  EXPECT_THAT(client().QueryStream("SELECT * FROM item").status, IsOk());
  EXPECT_THAT(RunTransaction(client(), MakeRun({"SELECT 1"})), IsOk());
  const auto stream = client().OpenTransact();
  EXPECT_TRUE(stream->Ask(MakeBegin()).has_begun());
  EXPECT_TRUE(stream->Ask(MakeStatement("SELECT 1")).has_result());
  EXPECT_TRUE(stream->Ask(MakeCommit()).has_committed());
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_THAT(Records("write_begun"), IsEmpty());
  EXPECT_THAT(Records("transaction_ended"), IsEmpty());
}

TEST_F(AuditTest, DdlAndAFailedWriteAreRecorded) {
  ASSERT_THAT(
      client().Execute("CREATE TABLE IF NOT EXISTS item (a int)").status,
      IsOk());
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  ASSERT_FALSE(client().Execute("INSERT INTO item VALUES (1)").status.ok());
  const std::vector<json> begun = Records("write_begun");
  ASSERT_EQ(begun.size(), 3);
  EXPECT_EQ(begun[0]["class"], "ddl");
  EXPECT_EQ(begun[1]["fingerprint"], begun[2]["fingerprint"]);
  const json failed = Records("write_ended").back();
  EXPECT_EQ(failed["status"], "ALREADY_EXISTS");
  EXPECT_EQ(failed["reason"], "UNIQUE_VIOLATION");
  EXPECT_EQ(failed["sqlstate"], "23505");
}

TEST_F(AuditTest, AWholeTransactionHasOnePair) {
  ASSERT_THAT(
      RunTransaction(client(), MakeRun({"INSERT INTO item VALUES (1)",
                                        "SELECT 1", "DELETE FROM item"})),
      IsOk());
  const std::vector<json> begun = Records("write_begun");
  ASSERT_EQ(begun.size(), 1);
  EXPECT_EQ(begun[0]["method"], "/sluice.v1.Database/RunTransaction");
  EXPECT_EQ(begun[0]["statements"], 2);
  EXPECT_EQ(begun[0]["fingerprint"].get<std::string>().size(), 33);
  ASSERT_EQ(Records("write_ended").size(), 1);
  EXPECT_EQ(Records("write_ended")[0]["rows"], 3);
}

TEST_F(AuditTest, AnInteractiveTransactionHasAPairForEachWriteAndItsEnd) {
  for (const bool commits : {true, false}) {
    const auto stream = client().OpenTransact();
    ASSERT_TRUE(stream->Ask(MakeBegin()).has_begun());
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(stream
                      ->Ask(MakeStatement("INSERT INTO item VALUES ($1)",
                                          {Int(commits ? i : i + 10)}))
                      .has_result());
    }
    stream->Ask(commits ? MakeCommit() : MakeRollback());
    EXPECT_THAT(stream->Finish(), IsOk());
  }
  const std::vector<json> begun = Records("write_begun");
  ASSERT_EQ(begun.size(), 4);
  EXPECT_EQ(begun[1]["transaction_seq"], begun[0]["seq"]);
  EXPECT_EQ(begun[3]["transaction_seq"], begun[2]["seq"]);
  EXPECT_EQ(Records("write_ended").size(), 4);
  ASSERT_TRUE(AwaitRecord("transaction_ended", "begun_seq", begun[2]["seq"]));
  const std::vector<json> ended = Records("transaction_ended");
  ASSERT_EQ(ended.size(), 2);
  EXPECT_EQ(ended[0]["outcome"], "committed");
  EXPECT_EQ(ended[0]["begun_seq"], begun[0]["seq"]);
  EXPECT_EQ(ended[0]["writes"], 2);
  EXPECT_EQ(ended[1]["outcome"], "rolled_back");
}

TEST_F(AuditTest, RefusalsAreRecorded) {
  GatewayClient stranger(stack().client_options("stranger", gateway_->port()));
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(stranger.Query("SELECT 1").status.ok());
  EXPECT_TRUE(AwaitRecord("refused", "reason", "APP_NOT_ALLOWED"));
  v1::QueryRequest elsewhere = MakeQuery("SELECT 1");
  elsewhere.set_database("spare");
  EXPECT_FALSE(client().Query(elsewhere).status.ok());
  EXPECT_TRUE(AwaitRecord("refused", "reason", "UNKNOWN_DATABASE"));
  EXPECT_TRUE(AwaitRecord("refused", "database", "spare"));
  v1::QueryStreamRequest stream = MakeQueryStream("SELECT 1");
  stream.set_database("spare");
  EXPECT_FALSE(client().QueryStream(stream).status.ok());
  EXPECT_TRUE(
      AwaitRecord("refused", "method", "/sluice.v1.Database/QueryStream"));
  v1::TransactRequest begin = MakeBegin();
  begin.mutable_begin()->set_database("spare");
  EXPECT_FALSE(client().OpenTransact()->Ask(begin).has_begun());
  EXPECT_TRUE(AwaitRecord("refused", "method", "/sluice.v1.Database/Transact"));
  Verify();
}

TEST_F(AuditTest, TokensAreRecordedByTheirIdentifiers) {
  ASSERT_THAT(client().Query("SELECT 1").status, IsOk());
  ASSERT_TRUE(AwaitRecord("token_issued", "app", "app"));
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  const std::string id = Records("write_begun")[0]["token_id"];
  EXPECT_TRUE(AwaitRecord("token_issued", "token_id", id));
  grpc::ClientContext context;
  v1::RenewTokenResponse renewed;
  ASSERT_THAT(client().tokens().RenewToken(&context, {}, &renewed), IsOk());
  EXPECT_TRUE(AwaitRecord("token_renewed", "previous_token_id", id));
}

// Here without a control database; what takes place is recorded alike.
TEST_F(AuditTest, ARevocationIsRecordedAsItEnded) {
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  grpc::ClientContext context;
  v1::RevokeTokenResponse response;
  ASSERT_FALSE(client().tokens().RevokeToken(&context, {}, &response).ok());
  const std::vector<json> revoked = Records("token_revoked");
  ASSERT_EQ(revoked.size(), 1);
  EXPECT_EQ(revoked[0]["app"], "app");
  EXPECT_EQ(revoked[0]["status"], "FAILED_PRECONDITION");
  EXPECT_EQ(revoked[0]["revoked_token_id"],
            Records("write_begun")[0]["token_id"]);
  Verify();
}

TEST_F(AuditTest, WhatAnAdminDoesIsRecordedAsItEnded) {
  ClientOptions options = stack().client_options("admin", gateway_->port());
  options.scopes = {"admin"};
  GatewayClient admin(options);
  v1::RevokeTokensRequest revocation;
  revocation.set_app("spare");
  revocation.set_reason("a drill");
  v1::RevokeTokensResponse revoked;
  grpc::ClientContext first;
  ASSERT_FALSE(admin.admin().RevokeTokens(&first, revocation, &revoked).ok());
  v1::GetVersionResponse version;
  grpc::ClientContext second;
  ASSERT_THAT(admin.admin().GetVersion(&second, {}, &version), IsOk());
  const std::vector<json> actions = Records("admin_action");
  ASSERT_EQ(actions.size(), 2);
  EXPECT_EQ(actions[0]["method"], "/sluice.v1.Admin/RevokeTokens");
  EXPECT_EQ(actions[0]["app"], "admin");
  EXPECT_EQ(actions[0]["target"], "app=spare");
  EXPECT_EQ(actions[0]["reason"], "a drill");
  EXPECT_EQ(actions[0]["status"], "FAILED_PRECONDITION");
  EXPECT_EQ(actions[1]["method"], "/sluice.v1.Admin/GetVersion");
  EXPECT_EQ(actions[1]["status"], "OK");
  Verify();
}

TEST_F(AuditTest, NoValueTextOrTokenIsInTheFiles) {
  const std::string marker = "zebra7391";
  const std::vector<std::string> statements = {
      absl::StrCat("INSERT INTO item VALUES (71, '", marker, "')"),
      absl::StrCat("/* ", marker, " */ DELETE FROM item WHERE note = '", marker,
                   "x'"),
      absl::StrCat("INSERT INTO item VALUES (71, '", marker, "')"),
      absl::StrCat("COMMENT ON TABLE item IS '", marker, "'"),
      absl::StrCat("CREATE TABLE ", marker, " (a int)"),
      absl::StrCat("DROP TABLE ", marker),
      absl::StrCat("selec ", marker),
      absl::StrCat("DO $$ BEGIN RAISE EXCEPTION '", marker, "'; END $$"),
      absl::StrCat("ALTER ROLE nobody PASSWORD '", marker, "'"),
      absl::StrCat("SELECT '", marker, "', ", marker, "(1)"),
      absl::StrCat("INSERT INTO item VALUES (1, '", std::string(20000, 'a'),
                   marker, "')")};
  for (const std::string& sql : statements) {
    client().Execute(sql);
    RunTransaction(client(), MakeRun({sql}));
    const auto stream = client().OpenTransact();
    stream->Ask(MakeBegin());
    stream->Ask(MakeStatement(sql));
    stream->Ask(MakeRollback());
    stream->Finish();
  }
  client().Execute("INSERT INTO item VALUES (72, $1)", {Text(marker)});
  client().Execute("INSERT INTO item VALUES (72, $1)", {Text(marker)});
  client().Execute("UPDATE item SET note = $1 RETURNING note", {Text(marker)});
  EXPECT_GT(Records("write_begun").size(), 2 * statements.size());
  // Refusals are written a moment later.
  gateway_->Terminate();
  ASSERT_TRUE(gateway_->AwaitExit(kPatience).has_value());
  const std::string bytes = Bytes();
  EXPECT_EQ(bytes.find(marker), std::string::npos)
      << bytes.substr(bytes.find(marker) - 300, 600);
  // A token begins with one of these: {"alg", {"kid", {"typ.
  for (const char* const beginning : {"eyJhbGci", "eyJraWQi", "eyJ0eXAi"}) {
    EXPECT_EQ(bytes.find(beginning), std::string::npos);
  }
  EXPECT_EQ(bytes.find("Bearer"), std::string::npos);
  Verify();
}

}  // namespace
}  // namespace sluice::testing

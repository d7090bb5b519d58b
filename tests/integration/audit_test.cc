// The audit log of the shipped gateway: what it records, what it never holds,
// and what becomes of writes when it takes no record.

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/identity/digest.h"
#include "server/telemetry/audit_folder.h"
#include "server/telemetry/audit_verification.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"
#include "tests/support/transact_stream.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using grpc::StatusCode;
using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(20);

v1::RunTransactionRequest MakeRun(const std::vector<std::string>& statements) {
  v1::RunTransactionRequest request;
  request.set_database("app");
  for (const std::string& sql : statements) {
    request.add_steps()->mutable_statement()->set_sql(sql);
  }
  return request;
}

grpc::Status RunTransaction(GatewayClient& client,
                            const v1::RunTransactionRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context, GatewayClient::kDeadline);
  v1::RunTransactionResponse response;
  return client.stub().RunTransaction(&context, request, &response);
}

// Each test has a gateway with an audit log of its own, and the table
// `item (id int PRIMARY KEY, note text)`, empty.
class AuditTest : public StackTest<AuditTest> {
 protected:
  friend class StackTest<AuditTest>;

  void SetUp() override {
    ASSERT_TRUE(stack()
                    .postgres()
                    .Execute("app",
                             "DROP TABLE IF EXISTS item; CREATE TABLE item "
                             "(id int PRIMARY KEY, note text); "
                             "ALTER TABLE item OWNER TO app")
                    .ok());
    absl::StatusOr<TempDir> base = TempDir::Make();
    ASSERT_TRUE(base.ok());
    base_.emplace(*std::move(base));
    ASSERT_TRUE(std::filesystem::create_directory(folder()));
    StartGateway();
  }

  // Another one, on the same log, with further settings.
  void StartGateway(Settings settings = {}) {
    client_.reset();
    gateway_.reset();
    settings["audit.folder"] = folder();
    auto gateway = stack().StartGateway(settings);
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
    client_ = std::make_unique<GatewayClient>(
        stack().client_options("app", gateway_->port()));
  }

  std::string folder() const { return base_->Path("audit"); }
  GatewayClient& client() { return *client_; }

  std::string Bytes() const {
    std::string bytes;
    const std::vector<std::string> names =
        telemetry::ListAuditFiles(folder()).value();
    for (const std::string& name : names) {
      absl::StrAppend(&bytes, ReadFile(absl::StrCat(folder(), "/", name)));
    }
    return bytes;
  }
  // Those of an event.
  std::vector<json> Records(const std::string& event) const {
    std::vector<json> records;
    for (absl::string_view line : absl::StrSplit(Bytes(), '\n')) {
      const json record = json::parse(std::string(line), nullptr, false);
      if (record.is_object() && record["event"] == event) {
        records.push_back(record);
      }
    }
    return records;
  }
  // Whether a record of that event says so, soon.
  bool AwaitRecord(const std::string& event, const std::string& name,
                   const json& value) const {
    return Await(kPatience, [&] {
      for (const json& record : Records(event)) {
        if (record.value(name, json()) == value) return true;
      }
      return false;
    });
  }

  telemetry::AuditReport Verify() const {
    const auto report = telemetry::VerifyAuditLog(folder(), &identity::Sha256);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    EXPECT_FALSE(report->first_break.has_value())
        << report->first_break->file << ":" << report->first_break->line << " "
        << report->first_break->message;
    return *report;
  }

  // The file of the log grows no further: to the gateway, a full disk. Its
  // structured log, which is shorter by now, does.
  void FillDisk() {
    for (int i = 0; i < 40; ++i) {
      ASSERT_THAT(client().Execute("DELETE FROM item WHERE id < 0").status,
                  IsOk());
    }
    const rlim_t size = Bytes().size();
    ASSERT_GT(size, gateway_->ReadLog().size() + 2000);
    const rlimit limit{size, RLIM_INFINITY};
    ASSERT_EQ(prlimit(gateway_->pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
  void ClearDisk() const {
    const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    ASSERT_EQ(prlimit(gateway_->pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }

  // Inserts on several connections until this ends.
  class Load {
   public:
    explicit Load(const AuditTest& test) {
      for (int i = 0; i < 3; ++i) {
        threads_.emplace_back([this, &test, i] {
          GatewayClient client = stack().MakeClient(*test.gateway_);
          for (int id = i; !stopping_; id += 3) {
            const auto outcome =
                client.Execute("INSERT INTO item VALUES ($1)", {Int(id)});
            if (outcome.status.ok()) ++done_;
          }
        });
      }
    }
    ~Load() { Stop(); }
    void Stop() {
      stopping_ = true;
      for (std::thread& thread : threads_) thread.join();
      threads_.clear();
    }
    int done() const { return done_; }

   private:
    std::atomic<bool> stopping_ = false;
    std::atomic<int> done_ = 0;
    std::vector<std::thread> threads_;
  };

  std::optional<TempDir> base_;
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<GatewayClient> client_;
};

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
  Verify();
}

TEST_F(AuditTest, TokensAreRecordedByTheirIdentifiers) {
  ASSERT_THAT(client().Query("SELECT 1").status, IsOk());
  ASSERT_TRUE(AwaitRecord("token_issued", "app", "app"));
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  EXPECT_TRUE(AwaitRecord("token_issued", "token_id",
                          Records("write_begun")[0]["token_id"]));
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

TEST_F(AuditTest, WithoutARecordNothingIsWrittenAndReadsGoOn) {
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  ASSERT_NO_FATAL_FAILURE(FillDisk());
  for (int i = 0; i < 3; ++i) {
    const auto refused = client().Execute("INSERT INTO item VALUES (2)");
    EXPECT_THAT(refused.status, FailsWith(StatusCode::UNAVAILABLE,
                                          v1::ERROR_REASON_AUDIT_UNAVAILABLE));
    EXPECT_EQ(CallError::Of(refused.status).Metadata("executed"), "no");
  }
  EXPECT_THAT(
      RunTransaction(client(), MakeRun({"INSERT INTO item VALUES (3)"})),
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_AUDIT_UNAVAILABLE));
  const auto stream = client().OpenTransact();
  ASSERT_TRUE(stream->Ask(MakeBegin()).has_begun());
  EXPECT_EQ(stream->Ask(MakeStatement("INSERT INTO item VALUES (4)"))
                .error()
                .reason(),
            "AUDIT_UNAVAILABLE");
  stream->Ask(MakeRollback());
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_THAT(client().Query("SELECT count(*) FROM item").status, IsOk());
  EXPECT_EQ(stack().Ask("SELECT string_agg(id::text, ',') FROM item"), "1");
  EXPECT_TRUE(absl::StrContains(gateway_->ReadLog(), "audit_unavailable"));

  ASSERT_NO_FATAL_FAILURE(ClearDisk());
  EXPECT_TRUE(Await(kPatience, [&] {
    return client().Execute("INSERT INTO item VALUES (5)").status.ok();
  }));
  EXPECT_TRUE(absl::StrContains(gateway_->ReadLog(), "audit_available"));
  EXPECT_GE(Verify().missing_count, 5);
}

TEST_F(AuditTest, WritesGoOnWithoutARecordWhereTheSettingsSaySo) {
  StartGateway({{"audit.on_failure", "continue"}});
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  ASSERT_NO_FATAL_FAILURE(FillDisk());
  EXPECT_THAT(client().Execute("INSERT INTO item VALUES (2)").status, IsOk());
  ASSERT_NO_FATAL_FAILURE(ClearDisk());
  EXPECT_TRUE(Await(kPatience, [&] { return Verify().missing_count >= 2; }));
}

TEST_F(AuditTest, FilesThatChangeUnderLoadAreOneChain) {
  StartGateway({{"audit.max_file_bytes", "20000"}});
  {
    Load load(*this);
    EXPECT_TRUE(Await(absl::Seconds(60), [&] {
      return telemetry::ListAuditFiles(folder()).value().size() > 6;
    }));
    load.Stop();
    EXPECT_EQ(Records("write_begun").size(), Records("write_ended").size());
    EXPECT_GE(Records("write_ended").size(), load.done());
  }
  Verify();
}

TEST_F(AuditTest, ALogOfAKilledGatewayIsGoneOnWith) {
  for (int round = 0; round < 3; ++round) {
    Load load(*this);
    EXPECT_TRUE(Await(kPatience, [&] { return load.done() > 50; }));
    gateway_->Kill();
    load.Stop();
    const int acknowledged = load.done();
    EXPECT_GE(Records("write_ended").size(), acknowledged);
    StartGateway();
    ASSERT_THAT(client().Execute("DELETE FROM item").status, IsOk());
  }
  EXPECT_LE(Verify().torn_count, 3);
  EXPECT_EQ(Records("log_opened").size(), 4);
}

}  // namespace
}  // namespace sluice::testing

#include "server/execution/write_record.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/identity/digest.h"
#include "server/telemetry/test_audit_folder.h"

namespace sluice::execution {
namespace {

using policy::Evidence;
using policy::Fingerprint;
using policy::StatementClass;
using policy::StatementFacts;
using postgres::Access;
using telemetry::AuditRecord;

constexpr WriteTarget kTarget{"demo", "shop_write"};

StatementFacts FactsOf(StatementClass statement_class, uint64_t fingerprint) {
  StatementFacts facts;
  facts.statement_class = statement_class;
  facts.evidence = Evidence::kParsed;
  facts.calls_unknown_function = false;
  facts.fingerprint = Fingerprint{Fingerprint::Of::kTree, fingerprint};
  return facts;
}

v1::ExecutionSummary Rows(int64_t count) {
  v1::ExecutionSummary summary;
  summary.set_rows_affected(count);
  return summary;
}

class WriteRecordTest : public ::testing::Test {
 protected:
  WriteRecordTest() {
    auto log =
        telemetry::AuditLog::Open(folder_.Settings(), "one", &identity::Sha256);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    scope_.log = log_.get();
    scope_.method = "/sluice.v1.Database/Execute";
    scope_.app = "shop";
    scope_.identity = "spiffe://example/shop";
    scope_.token_id = "jti";
    scope_.peer = "ipv4:192.0.2.7:1";
  }

  // Those of the test.
  std::vector<AuditRecord> Records() const {
    std::vector<AuditRecord> records;
    for (const std::string& line : folder_.Lines()) {
      records.push_back(telemetry::ParseAuditRecord(line).value());
    }
    records.erase(records.begin(), records.begin() + 2);
    return records;
  }

  telemetry::TestAuditFolder folder_;
  std::unique_ptr<telemetry::AuditLog> log_;
  AuditScope scope_;
};

TEST_F(WriteRecordTest, AWriteHasARecordBeforeAndOneAfter) {
  const StatementFacts facts = FactsOf(StatementClass::kWrite, 0xabc);
  WriteRecord write(scope_);
  ASSERT_TRUE(write.Begin(kTarget, Access::kReadWrite, {&facts}).ok());
  ASSERT_EQ(Records().size(), 1);
  const AuditRecord begun = Records()[0];
  EXPECT_EQ(begun.event, "write_begun");
  EXPECT_EQ(begun.Text("app"), "shop");
  EXPECT_EQ(begun.Text("identity"), "spiffe://example/shop");
  EXPECT_EQ(begun.Text("token_id"), "jti");
  EXPECT_EQ(begun.Text("peer"), "ipv4:192.0.2.7:1");
  EXPECT_EQ(begun.Text("method"), "/sluice.v1.Database/Execute");
  EXPECT_EQ(begun.Text("database"), "demo");
  EXPECT_EQ(begun.Text("role"), "shop_write");
  EXPECT_EQ(begun.Text("class"), "write");
  EXPECT_EQ(begun.Text("fingerprint"), "0000000000000abc");
  write.End(absl::OkStatus(), Rows(3));
  ASSERT_EQ(Records().size(), 2);
  const AuditRecord ended = Records()[1];
  EXPECT_EQ(ended.event, "write_ended");
  EXPECT_EQ(ended.Number("begun_seq"), begun.seq);
  EXPECT_EQ(ended.Text("status"), "OK");
  EXPECT_EQ(ended.Number("rows"), 3);
  EXPECT_GE(ended.Number("duration_us"), 0);
  EXPECT_EQ(ended.object.find("reason"), std::string::npos);
  EXPECT_EQ(ended.object.find("replayed"), std::string::npos);
}

TEST_F(WriteRecordTest, AFailureIsToldByItsReasonAndNotByItsMessage) {
  const StatementFacts facts = FactsOf(StatementClass::kWrite, 1);
  WriteRecord write(scope_);
  ASSERT_TRUE(write.Begin(kTarget, Access::kReadWrite, {&facts}).ok());
  write.End(MakeError(absl::StatusCode::kAlreadyExists,
                      v1::ERROR_REASON_UNIQUE_VIOLATION, "marker-value",
                      {{"sqlstate", "23505"}}),
            Rows(0));
  const AuditRecord ended = Records()[1];
  EXPECT_EQ(ended.Text("status"), "ALREADY_EXISTS");
  EXPECT_EQ(ended.Text("reason"), "UNIQUE_VIOLATION");
  EXPECT_EQ(ended.Text("sqlstate"), "23505");
  EXPECT_EQ(ended.object.find("marker"), std::string::npos);
}

TEST_F(WriteRecordTest, AWriteThatIsForgottenEndsAsUnknown) {
  const StatementFacts facts = FactsOf(StatementClass::kDdl, 1);
  {
    WriteRecord write(scope_);
    ASSERT_TRUE(write.Begin(kTarget, Access::kReadWrite, {&facts}).ok());
  }
  ASSERT_EQ(Records().size(), 2);
  EXPECT_EQ(Records()[1].Text("status"), "UNKNOWN");
}

TEST_F(WriteRecordTest, ACallOfManyStatementsHasOneRecordOfThemAll) {
  const StatementFacts read = FactsOf(StatementClass::kRead, 1);
  const StatementFacts write = FactsOf(StatementClass::kWrite, 2);
  const StatementFacts ddl = FactsOf(StatementClass::kDdl, 3);
  WriteRecord record(scope_);
  ASSERT_TRUE(record
                  .Begin(kTarget, Access::kReadWrite,
                         {&read, &write, &ddl, &write, &read})
                  .ok());
  const AuditRecord begun = Records()[0];
  EXPECT_EQ(begun.Text("class"), "write ddl");
  EXPECT_EQ(begun.Text("fingerprint"), "0000000000000002 0000000000000003");
  EXPECT_EQ(begun.Number("statements"), 3);
}

TEST_F(WriteRecordTest, ReadsAreNotRecorded) {
  StatementFacts facts = FactsOf(StatementClass::kRead, 1);
  {
    WriteRecord record(scope_);
    ASSERT_TRUE(record.Begin(kTarget, Access::kReadWrite, {&facts}).ok());
    EXPECT_FALSE(record.has_begun());
    record.End(absl::OkStatus(), Rows(1));
  }
  EXPECT_TRUE(Records().empty());
}

TEST_F(WriteRecordTest, WhatMayWriteIsRecorded) {
  StatementFacts facts = FactsOf(StatementClass::kRead, 1);
  EXPECT_FALSE(IsRecorded(facts, Access::kReadWrite));
  facts.calls_unknown_function = true;
  EXPECT_TRUE(IsRecorded(facts, Access::kReadWrite));
  EXPECT_FALSE(IsRecorded(facts, Access::kReadOnly));
  facts.calls_unknown_function = false;
  facts.evidence = Evidence::kScanned;
  EXPECT_TRUE(IsRecorded(facts, Access::kReadWrite));
  EXPECT_TRUE(
      IsRecorded(FactsOf(StatementClass::kWrite, 1), Access::kReadOnly));
}

TEST_F(WriteRecordTest, ATransactionHasARecordOfItsEndIfItWrote) {
  const StatementFacts facts = FactsOf(StatementClass::kWrite, 1);
  TransactionRecord transaction(scope_);
  for (int i = 0; i < 2; ++i) {
    WriteRecord write(scope_);
    ASSERT_TRUE(
        write.Begin(kTarget, Access::kReadWrite, {&facts}, transaction.seq())
            .ok());
    transaction.Add(write);
    write.End(absl::OkStatus(), Rows(1));
  }
  transaction.End("demo", v1::TRANSACTION_STATE_COMMITTED);
  transaction.End("demo", v1::TRANSACTION_STATE_ROLLED_BACK);
  ASSERT_EQ(Records().size(), 5);
  EXPECT_EQ(Records()[0].object.find("transaction_seq"), std::string::npos);
  EXPECT_EQ(Records()[2].Number("transaction_seq"), Records()[0].seq);
  EXPECT_EQ(Records()[4].event, "transaction_ended");
  EXPECT_EQ(Records()[4].Number("begun_seq"), Records()[0].seq);
  EXPECT_EQ(Records()[4].Text("outcome"), "committed");
  EXPECT_EQ(Records()[4].Number("writes"), 2);

  TransactionRecord reads(scope_);
  reads.End("demo", v1::TRANSACTION_STATE_COMMITTED);
  EXPECT_EQ(Records().size(), 5);
}

TEST_F(WriteRecordTest, WithoutALogNothingIsAsked) {
  const AuditScope nobody;
  const StatementFacts facts = FactsOf(StatementClass::kWrite, 1);
  WriteRecord write(nobody);
  EXPECT_TRUE(write.Begin(kTarget, Access::kReadWrite, {&facts}).ok());
  write.End(absl::OkStatus(), Rows(1));
  EXPECT_FALSE(write.has_begun());
}

}  // namespace
}  // namespace sluice::execution

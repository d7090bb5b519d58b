// What docs/routing.md says of writes that meet a change of primary.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"
#include "tests/support/transact_stream.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

class WriteClaimsTest : public FailoverTest {
 protected:
  static constexpr absl::Duration kLimit = absl::Seconds(2);

  int CountRows(size_t node, const std::string& where) {
    return std::stoi(stack_->node(node).Ask(
        "app",
        absl::StrCat("SELECT count(*) FROM ledger_entry WHERE ", where)));
  }
};

// The node is a standby before anybody can have asked it.
TEST_F(WriteClaimsTest, WhatAStandbyRefusesBeginsAnewOnThePrimary) {
  ClusterStackOptions options;
  options.gates = StackPoolers::kGated;
  options.routing = {{"probe_interval", "10s"},
                     {"probe_timeout", "10s"},
                     {"max_write_wait", "4s"}};
  ASSERT_NO_FATAL_FAILURE(Start(options));
  const absl::Time begun = absl::Now();
  for (const size_t node : {0, 1, 2}) {
    stack_->pooler().probe_gate(node).SetFlow(kStalled);
  }
  Promote(1);
  stack_->node(0).Stop();
  ASSERT_TRUE(stack_->node(0).StartAgainAsReplicaOf(stack_->node(1)).ok());
  // The calls that come now are sent there yet.
  ASSERT_TRUE(Await(absl::Seconds(20), [this] {
    const std::string log = stack_->node(0).ReadLog();
    return absl::StrContains(log, "in a read-only transaction") &&
           absl::StrContains(log, "read-write mode during recovery");
  }));
  EXPECT_EQ(TopologyOf().primary(), "n0");
  const absl::Time healed = absl::Now();
  for (const size_t node : {0, 1, 2}) {
    stack_->pooler().probe_gate(node).SetFlow({});
  }
  const absl::Time back = AwaitWritesAfter(healed, kLimit);
  CheckLedgerAt(1, {begun, back});
  int begun_anew = 0;
  for (const LedgerCrowd::Record& record : crowd_->records()) {
    if (record.start < healed && record.end > healed &&
        record.result.ending == Ending::kAcknowledged &&
        record.result.attempts > 1) {
      ++begun_anew;
    }
    EXPECT_NE(CallError::Of(record.result.status).info.reason(), "READ_ONLY")
        << NameOf(record.write.kind) << record.result;
  }
  EXPECT_GT(begun_anew, 0);
}

TEST_F(WriteClaimsTest, AnInteractiveTransactionEndsWithItsEpoch) {
  ASSERT_NO_FATAL_FAILURE(Start(1));
  GatewayClient client = stack_->MakeClient();
  const std::unique_ptr<TransactStream> open = client.OpenTransact();
  ASSERT_TRUE(open->Ask(MakeBegin()).has_begun());
  ASSERT_FALSE(
      open->Ask(MakeStatement("INSERT INTO ledger_entry VALUES (-1, -1)"))
          .has_error());
  const absl::Time begun = absl::Now();
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  const absl::Time back = AwaitWritesAfter(promoted, kLimit);
  v1::TransactResponse reply;
  while (open->Read(reply)) EXPECT_FALSE(reply.has_committed());
  const grpc::Status status = open->Finish();
  EXPECT_THAT(status,
              FailsWith(Code::UNAVAILABLE, v1::ERROR_REASON_CONNECTION_LOST));
  EXPECT_EQ(CallError::Of(status).Metadata("executed"), "no");
  CheckLedgerAt(next, {begun, back});
  for (const size_t node : {size_t{0}, next}) {
    EXPECT_EQ(CountRows(node, "id < 0"), 0);
  }
}

TEST_F(WriteClaimsTest, WithoutAPrimaryWritesFailWhenTheirWaitIsOver) {
  constexpr absl::Duration kWait = absl::Seconds(3);
  ClusterStackOptions options;
  options.gateways = 2;
  options.routing = {{"max_write_wait", "3s"}};
  ASSERT_NO_FATAL_FAILURE(Start(options));
  const absl::Time begun = absl::Now();
  stack_->node(0).Kill();
  ASSERT_TRUE(Await(kDetection, [this] {
    return TopologyOf(0).primary().empty() && TopologyOf(1).primary().empty();
  }));
  const absl::Time seen = absl::Now();
  GatewayClient client = stack_->MakeClient();
  const ExecuteOutcome outcome =
      client.Execute("INSERT INTO ledger_entry VALUES (-1, -1)");
  const absl::Duration waited = absl::Now() - seen;
  EXPECT_THAT(outcome.status, FailsWith(Code::UNAVAILABLE,
                                        v1::ERROR_REASON_BACKEND_UNAVAILABLE));
  EXPECT_EQ(CallError::Of(outcome.status).Metadata("executed"), "no");
  EXPECT_GE(waited, kWait);
  EXPECT_LT(waited, kWait + absl::Seconds(1));
  const size_t next = MoreAdvanced();
  const absl::Time promoted = Promote(next);
  const absl::Time back = AwaitWritesAfter(promoted, kLimit);
  CheckLedgerAt(next, {begun, back});
  EXPECT_EQ(CountRows(next, "id < 0"), 0);
  int refused = 0;
  for (const LedgerCrowd::Record& record : crowd_->records()) {
    const CallError error = CallError::Of(record.result.status);
    if (record.start < begun || error.info.reason() != "BACKEND_UNAVAILABLE") {
      continue;
    }
    ++refused;
    EXPECT_EQ(record.result.status.error_code(), Code::UNAVAILABLE);
    EXPECT_EQ(error.Metadata("executed"), "no");
    EXPECT_GE(record.end - record.start, kWait);
    EXPECT_LT(record.end - record.start, kDetection + kWait + absl::Seconds(1));
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace sluice::testing

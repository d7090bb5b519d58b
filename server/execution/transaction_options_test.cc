// Tests what becomes of the options of a transaction.

#include "server/execution/transaction_options.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::execution {
namespace {

google::protobuf::Duration Of(int64_t seconds, int32_t nanos = 0) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  duration.set_nanos(nanos);
  return duration;
}

config::v1::Limits MakeLimits() {
  config::v1::Limits limits;
  *limits.mutable_max_transaction_statement() = Of(60);
  *limits.mutable_max_transaction_idle() = Of(10);
  *limits.mutable_max_transaction_time() = Of(300);
  return limits;
}

void ExpectRefused(const v1::TransactionOptions& options,
                   const std::string& field) {
  const absl::Status status = CheckTransactionOptions(options);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << field;
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_INVALID_REQUEST);
  EXPECT_EQ(ErrorMetadataOf(status, "field"), "transaction." + field);
}

TEST(TransactionOptionsTest, BeginsReadWriteByDefault) {
  EXPECT_EQ(BeginSql({}), "BEGIN READ WRITE NOT DEFERRABLE");
  EXPECT_EQ(AccessOf({}), postgres::Access::kReadWrite);
  EXPECT_TRUE(CheckTransactionOptions({}).ok());
  EXPECT_EQ(LockTimeoutSql({}), "");
}

TEST(TransactionOptionsTest, BeginsAsAsked) {
  v1::TransactionOptions options;
  options.set_isolation(v1::ISOLATION_LEVEL_READ_COMMITTED);
  options.set_access(v1::TRANSACTION_ACCESS_READ_WRITE);
  EXPECT_EQ(BeginSql(options),
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE");
  options.set_isolation(v1::ISOLATION_LEVEL_REPEATABLE_READ);
  EXPECT_EQ(BeginSql(options),
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE NOT DEFERRABLE");
  options.set_isolation(v1::ISOLATION_LEVEL_SERIALIZABLE);
  options.set_access(v1::TRANSACTION_ACCESS_READ_ONLY);
  options.set_deferrable(true);
  EXPECT_EQ(BeginSql(options),
            "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE");
  EXPECT_EQ(AccessOf(options), postgres::Access::kReadOnly);
  EXPECT_TRUE(CheckTransactionOptions(options).ok());
}

TEST(TransactionOptionsTest, TakesTimeoutsWithinTheServersLimits) {
  const config::v1::Limits limits = MakeLimits();
  v1::TransactionOptions options;
  const TransactionTimeouts unset = TimeoutsOf(options, limits, {});
  EXPECT_EQ(unset.statement, absl::Seconds(60));
  EXPECT_EQ(unset.idle, absl::Seconds(10));
  EXPECT_EQ(unset.total, absl::Seconds(300));

  *options.mutable_statement_timeout() = Of(1);
  *options.mutable_idle_timeout() = Of(0, 5'000'000);
  *options.mutable_total_timeout() = Of(3);
  EXPECT_TRUE(CheckTransactionOptions(options).ok());
  const TransactionTimeouts shorter = TimeoutsOf(options, limits, {});
  EXPECT_EQ(shorter.statement, absl::Seconds(1));
  EXPECT_EQ(shorter.idle, absl::Milliseconds(5));
  EXPECT_EQ(shorter.total, absl::Seconds(3));

  *options.mutable_statement_timeout() = Of(61);
  *options.mutable_idle_timeout() = Of(315'576'000'000);
  *options.mutable_total_timeout() = Of(301);
  EXPECT_TRUE(CheckTransactionOptions(options).ok());
  const TransactionTimeouts cut = TimeoutsOf(options, limits, {});
  EXPECT_EQ(cut.statement, absl::Seconds(60));
  EXPECT_EQ(cut.idle, absl::Seconds(10));
  EXPECT_EQ(cut.total, absl::Seconds(300));
}

TEST(TransactionOptionsTest, TakesTimeoutsWithinTheLimitsOfTheApp) {
  policy::AppLimits app;
  app.max_statement_time = absl::Seconds(2);
  app.max_transaction_time = absl::Seconds(20);
  v1::TransactionOptions options;
  const TransactionTimeouts unset = TimeoutsOf(options, MakeLimits(), app);
  EXPECT_EQ(unset.statement, absl::Seconds(2));
  EXPECT_EQ(unset.total, absl::Seconds(20));
  *options.mutable_statement_timeout() = Of(3);
  *options.mutable_total_timeout() = Of(4);
  const TransactionTimeouts asked = TimeoutsOf(options, MakeLimits(), app);
  EXPECT_EQ(asked.statement, absl::Seconds(2));
  EXPECT_EQ(asked.total, absl::Seconds(4));
}

TEST(TransactionOptionsTest, GivesLockTimeoutInMillisecondsAndNeverZero) {
  v1::TransactionOptions options;
  *options.mutable_lock_timeout() = Of(2, 500'000'000);
  EXPECT_EQ(LockTimeoutSql(options), "SET LOCAL lock_timeout = 2500");
  *options.mutable_lock_timeout() = Of(0, 1);
  EXPECT_EQ(LockTimeoutSql(options), "SET LOCAL lock_timeout = 1");
  *options.mutable_lock_timeout() = Of(0, 1'000'001);
  EXPECT_EQ(LockTimeoutSql(options), "SET LOCAL lock_timeout = 2");
  *options.mutable_lock_timeout() = Of(315'576'000'000);
  EXPECT_EQ(LockTimeoutSql(options), "SET LOCAL lock_timeout = 2147483647");
}

TEST(TransactionOptionsTest, RefusesWhatIsNoOption) {
  v1::TransactionOptions options;
  options.set_isolation(static_cast<v1::IsolationLevel>(7));
  ExpectRefused(options, "isolation");
  options.Clear();
  options.set_access(static_cast<v1::TransactionAccess>(-1));
  ExpectRefused(options, "access");
}

TEST(TransactionOptionsTest, RefusesTimeoutsThatAreNotPositiveDurations) {
  for (const google::protobuf::Duration& bad :
       {Of(0), Of(-1), Of(0, -1), Of(1, -1), Of(-1, 1), Of(0, 1'000'000'000),
        Of(315'576'000'001), Of(std::numeric_limits<int64_t>::max()),
        Of(std::numeric_limits<int64_t>::min())}) {
    SCOPED_TRACE(bad.ShortDebugString());
    v1::TransactionOptions options;
    *options.mutable_statement_timeout() = bad;
    ExpectRefused(options, "statement_timeout");
    options.Clear();
    *options.mutable_lock_timeout() = bad;
    ExpectRefused(options, "lock_timeout");
    options.Clear();
    *options.mutable_idle_timeout() = bad;
    ExpectRefused(options, "idle_timeout");
    options.Clear();
    *options.mutable_total_timeout() = bad;
    ExpectRefused(options, "total_timeout");
  }
}

}  // namespace
}  // namespace sluice::execution

// Errors and losses before the first part of a stream and after it: never a
// good end with rows missing, never a row twice.

#include <string>
#include <vector>

#include "tests/integration/stream.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

class StreamFaultTest : public StreamTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Await(absl::Seconds(10), [this] {
      return client_.Query("SELECT 1").status.ok();
    }));
  }

  static std::string Terminate(const std::string& condition) {
    return stack().Ask(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE usename = 'app' AND " +
        condition);
  }

  // Numbers from 1, without a gap.
  static void ExpectNumbered(const v1::ResultSet& result) {
    for (int i = 0; i < static_cast<int>(result.row_count()); ++i) {
      ASSERT_EQ(result.columns(0).int64s().values(i), i + 1);
    }
  }
};

TEST_F(StreamFaultTest, AnErrorAmongTheRowsEndsTheStreamWithItsDiagnostics) {
  const std::string pid = BackendPid(client_);
  for (const int64_t at : {1, 100, 50'000, 2'000'000}) {
    SCOPED_TRACE(at);
    const StreamOutcome outcome = client_.QueryStream(
        "SELECT i, 1 / ($1::int8 - i) FROM "
        "(SELECT generate_series(1, 3000000) AS i) AS numbers",
        {Int(at)});
    const CallError error = CallError::Of(outcome.status);
    EXPECT_EQ(error.status.error_code(), Code::INVALID_ARGUMENT);
    EXPECT_EQ(error.diagnostic.sqlstate(), "22012");
    EXPECT_EQ(error.Metadata("sqlstate"), "22012");
    EXPECT_EQ(outcome.fault, "");
    EXPECT_LT(outcome.result_set.row_count(), at);
    EXPECT_EQ(outcome.summary.command_tag(), "");
    ExpectNumbered(outcome.result_set);
    ExpectReusable(client_, pid);
  }
}

// Its code is the one that asks for another preparation, its rows have gone.
TEST_F(StreamFaultTest, AnErrorThatLooksLikeAStalePlanDoesNotRepeatRows) {
  ASSERT_THAT(client_
                  .Execute("CREATE FUNCTION fail_at(i int, last int) "
                           "RETURNS int LANGUAGE plpgsql AS $$ BEGIN "
                           "IF i = last THEN RAISE SQLSTATE '26000'; END IF; "
                           "RETURN i; END $$")
                  .status,
              IsOk());
  for (const int last : {1, 50'000}) {
    const StreamOutcome outcome = client_.QueryStream(
        "SELECT fail_at(i, $1::int) FROM "
        "(SELECT generate_series(1, 100000) AS i) AS numbers",
        {Int(last)});
    EXPECT_EQ(CallError::Of(outcome.status).diagnostic.sqlstate(), "26000");
    EXPECT_EQ(outcome.fault, "");
    EXPECT_LT(outcome.result_set.row_count(), last);
    ExpectNumbered(outcome.result_set);
  }
}

TEST_F(StreamFaultTest, AStreamLostBeforeItsFirstPartIsTriedAgain) {
  const auto stream = client_.OpenStream(
      "SELECT i FROM generate_series(1, 1000) AS i, "
      "LATERAL (SELECT pg_sleep(0.5 * (i = 1)::int)) AS wait");
  ASSERT_TRUE(Await(absl::Seconds(5), [] {
    return Backends("wait_event", "state = 'active'") == "PgSleep";
  }));
  ASSERT_EQ(Terminate("wait_event = 'PgSleep'"), "1");
  const StreamOutcome outcome = stream->ReadAll();
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.fault, "");
  EXPECT_EQ(outcome.summary.attempts(), 2);
  EXPECT_EQ(outcome.result_set.row_count(), 1000u);
  ExpectNumbered(outcome.result_set);
}

TEST_F(StreamFaultTest, AStreamOutlivesTheEndOfIdleBackends) {
  for (int i = 0; i < Scaled(5, 100); ++i) {
    ASSERT_NE(Terminate("state = 'idle'"), "0");
    const StreamOutcome outcome = client_.QueryStream("SELECT 1");
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_EQ(outcome.result_set.row_count(), 1u);
  }
}

// Whatever takes the connection, the caller knows that rows are missing.
TEST_F(StreamFaultTest, AStreamLostAmongItsRowsSaysSo) {
  for (const bool stalled : {false, true}) {
    for (const bool kills_pooler : {false, true}) {
      SCOPED_TRACE(absl::StrCat(stalled, kills_pooler));
      const auto stream =
          client_.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)}));
      EXPECT_GE(ReadRows(*stream, 50'000), 50'000);
      ASSERT_TRUE(!stalled || AwaitStalled());
      if (kills_pooler) {
        stack().pgbouncer().Kill();
      } else {
        ASSERT_EQ(Terminate("state = 'active'"), "1");
      }
      const int64_t rest = ReadRows(*stream, kEndless);
      // Only a caller who lags behind is sure to find some on the way.
      EXPECT_TRUE(!stalled || rest > 0);
      const CallError error = CallError::Of(stream->Finish());
      EXPECT_EQ(error.status.error_code(), Code::UNAVAILABLE) << error;
      EXPECT_EQ(error.Metadata("executed"), "unknown") << error;
      if (kills_pooler) {
        EXPECT_THAT(error.status, FailsWith(Code::UNAVAILABLE,
                                            v1::ERROR_REASON_CONNECTION_LOST));
        const absl::Status started = stack().pgbouncer().StartAgain();
        ASSERT_TRUE(started.ok()) << started;
      }
      ASSERT_TRUE(Await(absl::Seconds(5), [this] {
        return client_.Query("SELECT 1").status.ok();
      }));
    }
  }
}

TEST_F(StreamFaultTest, AStreamLostWithinALongValueSaysSo) {
  v1::QueryStreamRequest request =
      MakeQueryStream("SELECT repeat('x', 200 << 20)");
  request.mutable_options()->set_max_value_bytes(256 << 20);
  const auto stream = client_.OpenStream(request);
  v1::QueryStreamResponse part;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(stream->Read(part));
  ASSERT_TRUE(AwaitStalled());
  ASSERT_EQ(Terminate("state = 'active'"), "1");
  const StreamOutcome outcome = stream->ReadAll();
  EXPECT_EQ(outcome.status.error_code(), Code::UNAVAILABLE);
  EXPECT_EQ(outcome.result_set.row_count(), 0u);
}

TEST_F(StreamFaultTest, AnOperatorsCancelIsTold) {
  const auto stream =
      client_.OpenStream(MakeQueryStream(kNumbered, {Int(kEndless)}));
  EXPECT_GE(ReadRows(*stream, 50'000), 50'000);
  ASSERT_EQ(stack().Ask("SELECT count(pg_cancel_backend(pid)) "
                        "FROM pg_stat_activity WHERE usename = 'app' "
                        "AND state = 'active'"),
            "1");
  ReadRows(*stream, kEndless);
  EXPECT_THAT(stream->Finish(),
              FailsWith(Code::CANCELLED, v1::ERROR_REASON_STATEMENT_CANCELLED));
}

TEST_F(StreamFaultTest, ATableThatChangesBetweenStreamsIsFollowed) {
  ASSERT_THAT(client_
                  .Execute("CREATE TABLE streamed AS "
                           "SELECT generate_series(1, 1000) AS i")
                  .status,
              IsOk());
  const auto widths = [this] {
    const StreamOutcome outcome =
        client_.QueryStream("SELECT * FROM streamed ORDER BY i");
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_EQ(outcome.fault, "");
    EXPECT_EQ(outcome.result_set.row_count(), 1000u);
    EXPECT_EQ(outcome.result_set.columns_size(),
              outcome.result_set.metadata_size());
    return outcome.result_set.metadata_size();
  };
  EXPECT_EQ(widths(), 1);
  EXPECT_EQ(widths(), 1);
  ASSERT_TRUE(stack()
                  .postgres()
                  .Execute("app", "ALTER TABLE streamed ADD COLUMN b text")
                  .ok());
  EXPECT_EQ(widths(), 2);
  ASSERT_TRUE(
      stack()
          .postgres()
          .Execute("app", "ALTER TABLE streamed ALTER COLUMN i TYPE text")
          .ok());
  EXPECT_EQ(widths(), 2);
}

}  // namespace
}  // namespace sluice::testing

// What a stream gives: the rows of Query, in batches, whatever their number;
// its limits and its refusals.

#include "tests/integration/stream.h"

#include <thread>

#include "absl/strings/str_replace.h"
#include "tests/integration/type_cases.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

class StreamResultTest : public StreamTest {
 protected:
  static void SetUpTestSuite() {
    StreamTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    for (const char* sql : TypeSetup()) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
  }

  // A NaN is equal to itself here.
  void ExpectAsQuery(const std::string& sql,
                     const std::vector<v1::Value>& parameters = {}) {
    SCOPED_TRACE(sql.substr(0, 300));
    const QueryOutcome query = client_.Query(sql, parameters);
    const StreamOutcome stream = client_.QueryStream(sql, parameters);
    ASSERT_THAT(query.status, IsOk());
    ASSERT_THAT(stream.status, IsOk());
    EXPECT_EQ(stream.fault, "");
    v1::ResultSet expected = query.response.result_set();
    if (expected.row_count() == 0) {
      // Without rows no batch comes to say of which kind a column is.
      for (v1::Column& column : *expected.mutable_columns()) column.Clear();
    }
    EXPECT_EQ(stream.result_set.SerializeAsString(),
              expected.SerializeAsString());
    EXPECT_EQ(stream.summary.command_tag(),
              query.response.summary().command_tag());
    EXPECT_EQ(stream.summary.rows_affected(),
              query.response.summary().rows_affected());
  }

  StreamOutcome Limited(const std::string& sql, int64_t max_rows,
                        int64_t max_bytes,
                        v1::LimitAction action = v1::LIMIT_ACTION_ERROR) {
    v1::QueryStreamRequest request = MakeQueryStream(sql);
    request.mutable_options()->set_max_rows(max_rows);
    request.mutable_options()->set_max_bytes(max_bytes);
    request.mutable_options()->set_on_limit(action);
    return client_.QueryStream(request);
  }
};

TEST_F(StreamResultTest, GivesTheRowsOfQuery) {
  for (const TypeCase& type_case : TypeCases()) {
    const std::string quoted =
        absl::StrReplaceAll(type_case.literal, {{"'", "''"}});
    ExpectAsQuery(absl::StrCat("SELECT x, x IS NULL FROM (VALUES (NULL), ('",
                               quoted, "'::", type_case.type,
                               "), (NULL)) AS v(x)"));
  }
  ExpectAsQuery("SELECT");
  ExpectAsQuery("SELECT FROM generate_series(1, 1000)");
  ExpectAsQuery("SELECT 1 AS a, 'x' AS a WHERE false");
  ExpectAsQuery("SHOW datestyle");
  ExpectAsQuery("EXPLAIN SELECT 1");
  ExpectAsQuery("SELECT $1 + 1, $2 || 'z'", {Int(41), Text("y")});
  ExpectAsQuery("TABLE pg_catalog.pg_type");
}

TEST_F(StreamResultTest, GivesManyBatchesAsOneResult) {
  ExpectAsQuery(
      "SELECT i, CASE WHEN i % 3 > 0 THEN repeat('n', i % 200) END, "
      "  ARRAY[i, NULL, i + 1], ('[' || i % 2 || ':' || i % 2 || "
      "']={7}')::int[]"
      " FROM generate_series(1, 9000) AS i");
}

TEST_F(StreamResultTest, GivesMillionsOfRowsInLittleMemory) {
  const int64_t kRows = kAddressSanitizer ? 1'000'000 : 10'000'000;
  const std::unique_ptr<GatewayProcess> gateway = StartGateway();
  GatewayClient client = stack().MakeClient(*gateway);
  const auto stream = client.OpenStream(
      MakeQueryStream("SELECT i, 'row ' || i, i * 0.5::float8 FROM "
                      "(SELECT generate_series(1, $1::int8) AS i) AS numbers",
                      {Int(kRows)}),
      absl::Seconds(100));
  int64_t rows = 0;
  int64_t batches = 0;
  double sum = 0;
  v1::QueryStreamResponse part;
  v1::ExecutionSummary summary;
  while (stream->Read(part)) {
    if (part.has_summary()) summary = part.summary();
    if (!part.has_batch()) continue;
    ++batches;
    const v1::RowBatch& batch = part.batch();
    ASSERT_EQ(batch.columns_size(), 3);
    ASSERT_EQ(batch.columns(0).int64s().values_size(),
              static_cast<int>(batch.row_count()));
    for (int i = 0; i < static_cast<int>(batch.row_count()); ++i) {
      ASSERT_EQ(batch.columns(0).int64s().values(i), ++rows);
      sum += batch.columns(2).doubles().values(i);
    }
    ASSERT_EQ(batch.columns(1).texts().values(batch.row_count() - 1),
              absl::StrCat("row ", rows));
  }
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(sum, static_cast<double>(kRows) * (kRows + 1) / 4);
  EXPECT_EQ(summary.rows_affected(), kRows);
  EXPECT_EQ(summary.command_tag(), absl::StrCat("SELECT ", kRows));
  // Of 128 KiB and a row, but for the last; a row has 21 bytes at least.
  EXPECT_GT(batches, 21 * kRows / (256 * 1024));
  EXPECT_LT(batches, 30 * kRows / (128 * 1024));
  ExpectLittleMemory(*gateway);
}

// PostgreSQL itself sends its rows whenever it has 8 KiB of them, so one that
// is longer is behind us when the next one comes.
TEST_F(StreamResultTest, SendsRowsThatComeSlowlyWithoutWaitingForMore) {
  const StreamOutcome outcome = client_.QueryStream(
      "SELECT i, repeat('x', 9000), pg_sleep(0.4) FROM "
      "(SELECT generate_series(1, 4) AS i) AS numbers");
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.result_set.row_count(), 4u);
  EXPECT_GE(outcome.batch_count, 3);
}

// Limits.

constexpr char kTenRows[] =
    "SELECT repeat('x', 10) FROM generate_series(1, 10)";

TEST_F(StreamResultTest, FailsBeyondTheLimitsOfTheRequest) {
  EXPECT_THAT(Limited(kTenRows, 10, 100).status, IsOk());
  const grpc::Status rows = Limited(kTenRows, 9, 0).status;
  EXPECT_THAT(rows,
              FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT));
  EXPECT_EQ(CallError::Of(rows).Metadata("limit"), "9");
  EXPECT_THAT(Limited(kTenRows, 0, 99).status,
              FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT));
}

TEST_F(StreamResultTest, EndsAtTheLimitsOfTheRequestWhereAskedTo) {
  const StreamOutcome exact =
      Limited(kTenRows, 10, 100, v1::LIMIT_ACTION_TRUNCATE);
  EXPECT_THAT(exact.status, IsOk());
  EXPECT_FALSE(exact.summary.truncated());
  EXPECT_EQ(exact.summary.rows_affected(), 10);

  for (const StreamOutcome& cut :
       {Limited(kTenRows, 9, 0, v1::LIMIT_ACTION_TRUNCATE),
        Limited(kTenRows, 0, 99, v1::LIMIT_ACTION_TRUNCATE)}) {
    EXPECT_THAT(cut.status, IsOk());
    EXPECT_EQ(cut.fault, "");
    EXPECT_EQ(cut.result_set.row_count(), 9u);
    EXPECT_TRUE(cut.summary.truncated());
  }
  EXPECT_EQ(Limited(kTenRows, 9, 0, v1::LIMIT_ACTION_TRUNCATE)
                .summary.rows_affected(),
            9);
}

// PostgreSQL stops, and the connection serves on.
TEST_F(StreamResultTest, StopsAnEndlessResultAtALimit) {
  const std::string pid = BackendPid(client_);
  const std::string endless =
      absl::StrCat("SELECT repeat('x', 1000) FROM (SELECT generate_series(1, ",
                   kEndless, "::int8)) AS numbers");
  const StreamOutcome cut =
      Limited(endless, 50'000, 0, v1::LIMIT_ACTION_TRUNCATE);
  EXPECT_THAT(cut.status, IsOk());
  EXPECT_EQ(cut.result_set.row_count(), 50'000u);
  EXPECT_EQ(cut.summary.rows_affected(), 50'000);
  EXPECT_TRUE(cut.summary.truncated());
  EXPECT_TRUE(AwaitIdle());
  EXPECT_THAT(Limited(endless, 0, 50'000'000).status,
              FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT));
  EXPECT_TRUE(AwaitIdle());
  ExpectReusable(client_, pid);
}

// The error of a row that nobody wants is not told.
TEST_F(StreamResultTest, EndsAtALimitWhateverComesBehindIt) {
  const StreamOutcome cut =
      Limited("SELECT 1 / (2000 - i) FROM generate_series(1, 3000) AS i", 1500,
              0, v1::LIMIT_ACTION_TRUNCATE);
  EXPECT_THAT(cut.status, IsOk());
  EXPECT_EQ(cut.result_set.row_count(), 1500u);
}

TEST_F(StreamResultTest, KeepsToTheServersLimitsWhateverTheRequestAsks) {
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"limits.max_stream_rows", "2000"},
                    {"limits.max_stream_bytes", "100000"},
                    {"limits.max_value_bytes", "5000"},
                    {"limits.default_value_bytes", "500"}});
  GatewayClient client = stack().MakeClient(*gateway);
  for (const int64_t asked : {int64_t{0}, int64_t{5000}, INT64_MAX}) {
    v1::QueryStreamRequest request =
        MakeQueryStream("SELECT FROM generate_series(1, $1)", {Int(2000)});
    request.mutable_options()->set_max_rows(asked);
    EXPECT_THAT(client.QueryStream(request).status, IsOk());
    *request.mutable_parameters(0) = Int(2001);
    EXPECT_THAT(
        client.QueryStream(request).status,
        FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT));

    request = MakeQueryStream(
        "SELECT repeat('x', 100) FROM "
        "generate_series(1, $1)",
        {Int(1000)});
    request.mutable_options()->set_max_bytes(asked == 5000 ? 200'000 : asked);
    EXPECT_THAT(client.QueryStream(request).status, IsOk());
    *request.mutable_parameters(0) = Int(1001);
    EXPECT_THAT(
        client.QueryStream(request).status,
        FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT));

    const int64_t most = asked == 0 ? 500 : 5000;
    request = MakeQueryStream("SELECT repeat('x', $1)", {Int(most)});
    request.mutable_options()->set_max_value_bytes(asked);
    EXPECT_THAT(client.QueryStream(request).status, IsOk());
    *request.mutable_parameters(0) = Int(most + 1);
    EXPECT_THAT(
        client.QueryStream(request).status,
        FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_VALUE_LIMIT));
  }
}

// Refusals, as of Query.

TEST_F(StreamResultTest, RefusesWhatQueryRefuses) {
  ASSERT_THAT(client_.Execute("CREATE TABLE refused (id int)").status, IsOk());
  const std::string pid = BackendPid(client_);
  const struct {
    const char* sql;
    v1::ErrorReason reason;
  } refusals[] = {
      {"INSERT INTO refused VALUES (1)",
       v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {"DO $$ BEGIN END $$", v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {"COPY refused TO STDOUT", v1::ERROR_REASON_STATEMENT_NOT_ALLOWED},
      {"SELECT 1; SELECT 2", v1::ERROR_REASON_MULTIPLE_STATEMENTS},
      {"", v1::ERROR_REASON_INVALID_REQUEST},
      {"SELEC 1", v1::ERROR_REASON_SYNTAX_ERROR},
      {"SELECT * FROM nowhere", v1::ERROR_REASON_UNDEFINED_OBJECT},
      {"SELECT $1::int", v1::ERROR_REASON_PARAMETER_COUNT},
  };
  for (const auto& refusal : refusals) {
    const StreamOutcome outcome = client_.QueryStream(refusal.sql);
    EXPECT_THAT(outcome.status,
                FailsWith(Code::INVALID_ARGUMENT, refusal.reason))
        << refusal.sql;
    EXPECT_EQ(outcome.result_set.metadata_size(), 0) << refusal.sql;
  }
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM refused"), "0");
  ExpectReusable(client_, pid);
}

TEST_F(StreamResultTest, RefusesOptionsDatabasesAndCallersAsQueryDoes) {
  v1::QueryStreamRequest request = MakeQueryStream("SELECT 1");
  for (const auto set :
       {&v1::RequestOptions::set_max_rows, &v1::RequestOptions::set_max_bytes,
        &v1::RequestOptions::set_max_value_bytes}) {
    request.clear_options();
    (request.mutable_options()->*set)(-1);
    EXPECT_THAT(
        client_.QueryStream(request).status,
        FailsWith(Code::INVALID_ARGUMENT, v1::ERROR_REASON_INVALID_REQUEST));
  }
  request.clear_options();
  request.set_database("nowhere");
  EXPECT_THAT(client_.QueryStream(request).status,
              FailsWith(Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  request.set_database("spare");
  EXPECT_THAT(client_.QueryStream(request).status,
              FailsWith(Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  GatewayClient stranger(
      stack().client_options("stranger", stack().gateway().port()));
  EXPECT_THAT(
      stranger.QueryStream("SELECT 1").status,
      FailsWith(Code::PERMISSION_DENIED, v1::ERROR_REASON_APP_NOT_ALLOWED));
}

// Many at once.

TEST_F(StreamResultTest, GivesEachOfManyStreamsItsOwnRows) {
  constexpr int kStreams = 32;
  constexpr int kRounds = 3;
  const std::unique_ptr<GatewayProcess> gateway =
      StartGateway({{"pool.max_connections", "8"}});
  GatewayClient client = stack().MakeClient(*gateway);
  std::vector<std::thread> threads;
  for (int number = 0; number < kStreams; ++number) {
    threads.emplace_back([&client, number] {
      for (int round = 0; round < kRounds; ++round) {
        const int64_t rows = 100 + 1000 * (number % 7);
        const StreamOutcome outcome = client.QueryStream(
            "SELECT $1::int, i, repeat(chr(65 + $1::int), i::int % 300) "
            "FROM generate_series(1, $2::int8) AS i",
            {Int(number), Int(rows)});
        EXPECT_THAT(outcome.status, IsOk());
        EXPECT_EQ(outcome.fault, "");
        ASSERT_EQ(outcome.result_set.row_count(), rows);
        for (int i = 0; i < rows; ++i) {
          ASSERT_EQ(outcome.result_set.columns(0).int64s().values(i), number);
          ASSERT_EQ(outcome.result_set.columns(1).int64s().values(i), i + 1);
          ASSERT_EQ(outcome.result_set.columns(2).texts().values(i),
                    std::string((i + 1) % 300, static_cast<char>(65 + number)));
        }
        const QueryOutcome unary =
            client.Query("SELECT $1::int", {Int(number * 100 + round)});
        EXPECT_THAT(unary.status, IsOk());
        EXPECT_EQ(FirstText(unary.response.result_set()),
                  absl::StrCat(number * 100 + round));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // With the other gateway's.
  EXPECT_EQ(stack().Ask("SELECT count(*) <= 9 FROM pg_stat_activity "
                        "WHERE usename = 'app'"),
            "t");
}

}  // namespace
}  // namespace sluice::testing

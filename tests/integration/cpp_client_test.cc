// The C++ client library on the shipped gateway.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sluice/client/client.h"
#include "tests/integration/client_stack_test.h"
#include "tests/support/file.h"
#include "tests/support/sanitizer.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CppClientTest : public ClientStackTest<CppClientTest> {
 protected:
  // A value as PostgreSQL takes it for a type, and gives it back.
  template <typename T>
  void ExpectThereAndBack(const std::string &type, const T &value) {
    const absl::StatusOr<Rows> rows = client_.Query(
        absl::StrCat("SELECT $1::", type, " AS it, NULL::", type), value);
    ASSERT_TRUE(rows.ok()) << type << ": " << rows.status();
    const absl::StatusOr<T> read = (*rows)[0].get<T>("it");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, value) << type;
    EXPECT_EQ(*(*rows)[0].get<std::optional<T>>(1), std::nullopt) << type;
  }

  // What the only value of a query is.
  template <typename T>
  absl::StatusOr<T> Ask(const std::string &sql) {
    const absl::StatusOr<Rows> rows = client_.Query(sql);
    if (!rows.ok()) return rows.status();
    const absl::StatusOr<Row> row = rows->only_row();
    if (!row.ok()) return row.status();
    return row->template get<T>(0);
  }
};

TEST_F(CppClientTest, ScalarsGoThereAndBack) {
  ExpectThereAndBack("bool", true);
  ExpectThereAndBack("int2", int16_t{-32768});
  ExpectThereAndBack("int4", std::numeric_limits<int32_t>::max());
  ExpectThereAndBack("int8", std::numeric_limits<int64_t>::min());
  ExpectThereAndBack("oid", std::numeric_limits<uint32_t>::max());
  ExpectThereAndBack("float4", 0.1f);
  ExpectThereAndBack("float8", 5e-324);
  ExpectThereAndBack("text", std::string("ü漢, \"x\""));
  ExpectThereAndBack("text", std::string());
  ExpectThereAndBack("bytea", Bytes{std::string("\0\xff", 2)});
  ExpectThereAndBack("numeric", Numeric{"-12345678901234567890.500"});
  ExpectThereAndBack("json", Json{"{\"a\": 1.10}"});
  ExpectThereAndBack("uuid",
                     *Uuid::Parse("00112233-4455-6677-8899-aabbccddeeff"));
  EXPECT_EQ(Ask<Numeric>("SELECT 18446744073709551615")->text,
            absl::StrCat(std::numeric_limits<uint64_t>::max()));
}

TEST_F(CppClientTest, TimesGoThereAndBack) {
  const absl::Time time = absl::FromUnixMicros(-1234567890123456);
  for (const char *type : {"timestamptz", "timestamp"}) {
    ExpectThereAndBack(type, time);
    ExpectThereAndBack(type, absl::InfiniteFuture());
    ExpectThereAndBack(type, absl::InfinitePast());
  }
  ExpectThereAndBack("date", absl::CivilDay(-43, 3, 15));
  ExpectThereAndBack("date", (absl::CivilDay::max)());
  ExpectThereAndBack("date", (absl::CivilDay::min)());
  ExpectThereAndBack("time", TimeOfDay{absl::Hours(24)});
  ExpectThereAndBack("interval", Interval{1, -2, 3});
  ExpectThereAndBack("interval", absl::Seconds(-90));
  EXPECT_EQ(*Ask<std::string>("SELECT timetz '04:05:06-08'"), "04:05:06-08");
  EXPECT_EQ(*Ask<absl::Time>("SELECT timestamptz '1970-01-01 00:00:01+00'"),
            absl::FromUnixSeconds(1));
}

TEST_F(CppClientTest, NestedValuesGoThereAndBack) {
  ExpectThereAndBack("int4[]", std::vector<int32_t>{1, 2, 3});
  ExpectThereAndBack("int4[]", std::vector<int32_t>());
  ExpectThereAndBack(
      "text[]", std::vector<std::optional<std::string>>{"a", std::nullopt, ""});
  ExpectThereAndBack(
      "float8[]", Array<double>{.elements = {1, 2, 3, 4},
                                .dimensions = {{.length = 2, .lower_bound = -1},
                                               {.length = 2}}});
  ExpectThereAndBack("int4range", Range<int>{.lower = 1, .upper = 5});
  ExpectThereAndBack("int4range",
                     Range<int>{.empty = true, .lower_inclusive = false});
  ExpectThereAndBack("tstzrange",
                     Range<absl::Time>{.lower = absl::FromUnixSeconds(1),
                                       .upper = absl::FromUnixSeconds(2),
                                       .upper_inclusive = true});
  ExpectThereAndBack(
      "datemultirange",
      Multirange<absl::CivilDay>{{{.lower = absl::CivilDay(2024, 1, 1),
                                   .upper = absl::CivilDay(2024, 2, 1)},
                                  {.lower = absl::CivilDay(2024, 3, 1)}}});
  ExpectThereAndBack("int4range[]",
                     std::vector<Range<int>>{{.lower = 1, .upper = 2}});
}

TEST_F(CppClientTest, TypesOfTheUsersGoThereAndBack) {
  for (const char *sql :
       {"CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE DOMAIN positive AS int CHECK (value > 0)",
        "CREATE TYPE reading AS (number int, label text, marks int[])"}) {
    const absl::StatusOr<Rows> done = client_.Execute(sql);
    ASSERT_TRUE(done.ok()) << sql << ": " << done.status();
  }
  ExpectThereAndBack("mood", std::string("ok"));
  ExpectThereAndBack("mood[]", std::vector<std::string>{"ok", "sad"});
  ExpectThereAndBack("positive", 5);
  using Reading = std::tuple<int, std::optional<std::string>, std::vector<int>>;
  ExpectThereAndBack("reading", Reading(1, std::nullopt, {1, 2}));
  ExpectThereAndBack("reading[]", std::vector<std::optional<Reading>>{
                                      std::nullopt, Reading(2, "b", {})});
  const absl::StatusOr<Rows> typed =
      client_.Query("SELECT pg_typeof($1)::text", Typed("mood", "ok"));
  ASSERT_TRUE(typed.ok()) << typed.status();
  EXPECT_EQ(*(*typed)[0].get<std::string>(0), "mood");
}

TEST_F(CppClientTest, AWriteTellsWhatItDid) {
  ASSERT_TRUE(
      client_.Execute("CREATE TABLE item (id int PRIMARY KEY, note text)")
          .ok());
  const absl::StatusOr<Rows> rows = client_.Execute(
      "INSERT INTO item SELECT * FROM unnest($1::int[], $2::text[])"
      "  RETURNING id, note",
      std::vector<int>{1, 2},
      std::vector<std::optional<std::string>>{"one", std::nullopt});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->summary().command_tag(), "INSERT 0 2");
  const auto items = rows->as<int, std::optional<std::string>>();
  ASSERT_TRUE(items.ok()) << items.status();
  EXPECT_THAT(*items,
              ElementsAre(std::tuple(1, "one"), std::tuple(2, std::nullopt)));

  const absl::Status error =
      client_.Execute("INSERT INTO item VALUES ($1)", 1).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kAlreadyExists);
  const ErrorDetails details = ErrorDetails::From(error);
  EXPECT_EQ(details.reason, v1::ERROR_REASON_UNIQUE_VIOLATION);
  EXPECT_EQ(details.executed(), Executed::kNo);
  ASSERT_TRUE(details.postgres.has_value());
  EXPECT_EQ(details.postgres->sqlstate(), "23505");
  EXPECT_EQ(details.postgres->constraint(), "item_pkey");
}

TEST_F(CppClientTest, ErrorsSayWhatIsWrong) {
  EXPECT_EQ(ErrorDetails::From(
                client_.ForDatabase("other").Query("SELECT 1").status())
                .reason,
            v1::ERROR_REASON_UNKNOWN_DATABASE);
  EXPECT_EQ(ErrorDetails::From(
                client_.Query("SELECT $1::int4", int64_t{1} << 40).status())
                .metadata["parameter"],
            "1");
  EXPECT_EQ(
      ErrorDetails::From(
          client_
              .Query(Statement("SELECT generate_series(1, 3)"), {.max_rows = 2})
              .status())
          .reason,
      v1::ERROR_REASON_ROW_LIMIT);
  const absl::StatusOr<Rows> cut =
      client_.Query(Statement("SELECT generate_series(1, 3)"),
                    {.max_rows = 2, .on_limit = v1::LIMIT_ACTION_TRUNCATE});
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(cut->size(), 2u);
  EXPECT_TRUE(cut->summary().truncated());
}

TEST_F(CppClientTest, DeadlinesAndStopsReachPostgres) {
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(client_
                                   .Query(Statement("SELECT pg_sleep(60)"),
                                          {.timeout = absl::Milliseconds(300)})
                                   .status()));
  EXPECT_TRUE(AwaitActive("0"));

  const auto source = std::make_unique<std::stop_source>();
  absl::Status status;
  std::thread caller([&, token = source->get_token()] {
    status = client_.Query(Statement("SELECT pg_sleep(60)"), {.stop = token})
                 .status();
  });
  EXPECT_TRUE(AwaitActive("1"));
  source->request_stop();
  caller.join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(AwaitActive("0"));
}

TEST_F(CppClientTest, DescribesAStatement) {
  const absl::StatusOr<v1::DescribeResponse> described = client_.Describe(
      Statement("SELECT relname AS name FROM pg_class WHERE oid = $1", 1259),
      v1::EXPLAIN_MODE_TEXT);
  ASSERT_TRUE(described.ok()) << described.status();
  EXPECT_EQ(described->parameter_types(0).name(), "oid");
  EXPECT_EQ(described->columns(0).name(), "name");
  EXPECT_TRUE(described->read_only());
  EXPECT_THAT(described->plan(), HasSubstr("pg_class"));
}

TEST_F(CppClientTest, TellsWhatTheCallerMayUse) {
  const absl::StatusOr<v1::GetCapabilitiesResponse> capabilities =
      client_.GetCapabilities();
  ASSERT_TRUE(capabilities.ok()) << capabilities.status();
  EXPECT_EQ(capabilities->app(), "app");
  EXPECT_EQ(capabilities->databases(0).name(), "app");
}

class CppStreamTest : public ClientStackTest<CppStreamTest> {};

TEST_F(CppStreamTest, GivesEveryRowInOrder) {
  absl::StatusOr<RowStream> stream = client_.QueryStream(
      "SELECT i, 'row ' || i, nullif(i % 3, 0) FROM"
      "  generate_series(1, $1) AS i",
      300000);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ(stream->columns().size(), 3u);
  int64_t last = 0;
  for (auto &row :
       stream->as<int64_t, absl::string_view, std::optional<int>>()) {
    ASSERT_TRUE(row.ok()) << row.status();
    const auto &[number, text, rest] = *row;
    ASSERT_EQ(number, ++last);
    ASSERT_EQ(text, absl::StrCat("row ", number));
    ASSERT_EQ(rest.value_or(0), number % 3);
  }
  EXPECT_EQ(last, 300000);
  ASSERT_TRUE(stream->summary().ok()) << stream->summary().status();
  EXPECT_EQ(stream->summary()->command_tag(), "SELECT 300000");
}

int64_t PeakMemoryKib() {
  int64_t kib = 0;
  for (absl::string_view line :
       absl::StrSplit(sluice::testing::ReadFile("/proc/self/status"), '\n')) {
    if (absl::ConsumePrefix(&line, "VmHWM:") &&
        absl::ConsumeSuffix(&line, "kB")) {
      EXPECT_TRUE(absl::SimpleAtoi(line, &kib));
    }
  }
  return kib;
}

TEST_F(CppStreamTest, TakesConstantMemory) {
  if (sluice::testing::kAddressSanitizer) {
    GTEST_SKIP() << "freed memory is kept";
  }
  const int64_t before = PeakMemoryKib();
  ASSERT_GT(before, 0);
  absl::StatusOr<RowStream> stream = client_.QueryStream(
      "SELECT repeat('x', 1000) FROM generate_series(1, 200000)");
  ASSERT_TRUE(stream.ok()) << stream.status();
  int64_t byte_count = 0;
  for (auto &row : stream->as<absl::string_view>()) {
    ASSERT_TRUE(row.ok()) << row.status();
    byte_count += static_cast<int64_t>(std::get<0>(*row).size());
  }
  EXPECT_EQ(byte_count, 200'000'000);
  EXPECT_LT(PeakMemoryKib() - before, 32 * 1024);
}

TEST_F(CppStreamTest, JoinsLongValues) {
  const absl::StatusOr<Rows> made =
      client_.Execute("CREATE TYPE stream_note AS (number int, note text)");
  ASSERT_TRUE(made.ok()) << made.status();
  absl::StatusOr<RowStream> stream = client_.QueryStream(
      Statement("SELECT i, repeat(chr(233), 1000000),"
                "  (SELECT array_agg(j * i) FROM generate_series(1, 200000) j),"
                "  CASE WHEN i = 2 THEN NULL ELSE "
                "    ROW(i, repeat('y', 500000))::stream_note END"
                "  FROM generate_series(1, 3) AS i"),
      {.max_value_bytes = 16 << 20});
  ASSERT_TRUE(stream.ok()) << stream.status();
  int64_t count = 0;
  using Note = std::optional<std::tuple<int, std::string>>;
  for (auto &row :
       stream->as<int64_t, std::string, std::vector<int64_t>, Note>()) {
    ASSERT_TRUE(row.ok()) << row.status();
    const auto &[number, text, array, note] = *row;
    ASSERT_EQ(number, ++count);
    EXPECT_EQ(text.size(), 2000000u);
    EXPECT_EQ(text.substr(0, 4), "éé");
    ASSERT_EQ(array.size(), 200000u);
    EXPECT_EQ(array.back(), 200000 * number);
    ASSERT_EQ(note.has_value(), number != 2);
    if (note.has_value()) {
      EXPECT_EQ(std::get<1>(*note).size(), 500000u);
    }
  }
  EXPECT_EQ(count, 3);
}

TEST_F(CppStreamTest, AnErrorOnTheWayIsNoEnd) {
  absl::StatusOr<RowStream> stream = client_.QueryStream(
      "SELECT 1 / (i - 100000), repeat('x', 100)"
      "  FROM generate_series(1, 200000) AS i");
  ASSERT_TRUE(stream.ok()) << stream.status();
  int64_t count = 0;
  absl::Status error;
  for (const absl::StatusOr<Row> &row : *stream) {
    if (row.ok()) {
      ++count;
    } else {
      error = row.status();
    }
  }
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument) << error;
  EXPECT_EQ(ErrorDetails::From(error).postgres->sqlstate(), "22012");
  EXPECT_GT(count, 0);
  EXPECT_LT(count, 100000);
  EXPECT_EQ(stream->summary().status(), error);
}

TEST_F(CppStreamTest, OneThatIsDroppedStopsPostgres) {
  {
    absl::StatusOr<RowStream> stream = client_.QueryStream(
        "SELECT generate_series(1, 100000000), repeat('x', 100)");
    ASSERT_TRUE(stream.ok()) << stream.status();
    ASSERT_TRUE(stream->Next());
    ASSERT_TRUE(stream->current().ok()) << stream->current().status();
    EXPECT_TRUE(AwaitActive("1"));
  }
  EXPECT_TRUE(AwaitActive("0"));
}

TEST_F(CppStreamTest, IsStoppedFromAnotherThread) {
  const auto source = std::make_unique<std::stop_source>();
  absl::StatusOr<RowStream> stream = client_.QueryStream(
      Statement("SELECT generate_series(1, 100000000), repeat('x', 100)"),
      {.stop = source->get_token()});
  ASSERT_TRUE(stream.ok()) << stream.status();
  std::thread stopper([&] {
    EXPECT_TRUE(AwaitActive("1"));
    source->request_stop();
  });
  absl::Status error;
  for (const absl::StatusOr<Row> &row : *stream) error = row.status();
  stopper.join();
  EXPECT_TRUE(absl::IsCancelled(error)) << error;
  EXPECT_TRUE(AwaitActive("0"));
}

TEST_F(CppStreamTest, IsStoppedBeforeItsFirstRow) {
  const auto source = std::make_unique<std::stop_source>();
  std::thread stopper([&] {
    EXPECT_TRUE(AwaitActive("1"));
    source->request_stop();
  });
  absl::StatusOr<RowStream> stream = client_.QueryStream(
      Statement("SELECT FROM pg_sleep(60)"), {.stop = source->get_token()});
  absl::Status error = stream.status();
  if (stream.ok()) {
    ASSERT_TRUE(stream->Next());
    error = stream->current().status();
  }
  stopper.join();
  EXPECT_TRUE(absl::IsCancelled(error)) << error;
  EXPECT_TRUE(AwaitActive("0"));
}

}  // namespace
}  // namespace sluice::client

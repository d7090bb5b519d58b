// Interactive transactions that go well: options, results, savepoints, requests
// ahead of their replies.

#include "tests/integration/transact.h"

#include <string>
#include <vector>

#include "tests/support/row_joiner.h"

namespace sluice::testing {
namespace {

TEST_F(TransactTest, CommitsWhatItHasDone) {
  const auto stream = client_.OpenTransact();
  v1::TransactResponse response = stream->Ask(MakeBegin());
  EXPECT_TRUE(response.has_begun());
  EXPECT_EQ(response.sequence(), 1);
  EXPECT_EQ(response.begun().node(), "primary");
  response = Insert(*stream, 1);
  EXPECT_EQ(response.sequence(), 2);
  EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_ACTIVE);
  const v1::ExecutionSummary& summary = response.result().summary();
  EXPECT_EQ(summary.command_tag(), "INSERT 0 1");
  EXPECT_EQ(summary.rows_affected(), 1);
  EXPECT_EQ(summary.node(), "primary");
  EXPECT_EQ(summary.attempts(), 1);
  EXPECT_EQ(summary.outcome_reference(), "");
  EXPECT_EQ(AskText(*stream, "SELECT count(*) FROM item"), "1");
  EXPECT_EQ(Items(), "");
  response = stream->Ask(MakeCommit());
  EXPECT_EQ(response.sequence(), 4);
  EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_COMMITTED);
  EXPECT_NE(response.committed().outcome_reference(), "");
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(Items(), "1");
}

TEST_F(TransactTest, RollsBackWhenAsked) {
  const auto stream = Open();
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  ExpectRollsBack(*stream);
  ExpectNothingOpen();
}

TEST_F(TransactTest, RunsAsTheOptionsSay) {
  struct Row {
    v1::IsolationLevel isolation;
    std::string told;
  };
  for (const Row& row :
       {Row{v1::ISOLATION_LEVEL_UNSPECIFIED, "read committed"},
        Row{v1::ISOLATION_LEVEL_READ_COMMITTED, "read committed"},
        Row{v1::ISOLATION_LEVEL_REPEATABLE_READ, "repeatable read"},
        Row{v1::ISOLATION_LEVEL_SERIALIZABLE, "serializable"}}) {
    v1::TransactionOptions options;
    options.set_isolation(row.isolation);
    const auto stream = Open(options);
    EXPECT_EQ(AskText(*stream, "SHOW transaction_isolation"), row.told);
    EXPECT_EQ(AskText(*stream, "SHOW transaction_read_only"), "off");
    EXPECT_EQ(AskText(*stream, "SHOW transaction_deferrable"), "off");
    EXPECT_EQ(AskText(*stream, "SHOW lock_timeout"), "0");
    ExpectCommits(*stream);
  }
  v1::TransactionOptions options;
  options.set_isolation(v1::ISOLATION_LEVEL_SERIALIZABLE);
  options.set_access(v1::TRANSACTION_ACCESS_READ_ONLY);
  options.set_deferrable(true);
  *options.mutable_lock_timeout() = ProtoOf(absl::Milliseconds(1234));
  const auto stream = Open(options);
  EXPECT_EQ(AskText(*stream, "SHOW transaction_read_only"), "on");
  EXPECT_EQ(AskText(*stream, "SHOW transaction_deferrable"), "on");
  EXPECT_EQ(AskText(*stream, "SHOW lock_timeout"), "1234ms");
  ExpectCommits(*stream);
  // Nothing of it is left to those who come after.
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(
        FirstText(client_.Execute("SHOW lock_timeout").response.result_set()),
        "0");
  }
}

TEST_F(TransactTest, ReadsOnlyWhereThatWasAskedFor) {
  v1::TransactionOptions options;
  options.set_access(v1::TRANSACTION_ACCESS_READ_ONLY);
  const auto refused = Open(options);
  EXPECT_THAT(Insert(*refused, 1),
              IsRefused(Code::FAILED_PRECONDITION, v1::ERROR_REASON_READ_ONLY));
  ExpectRollsBack(*refused);

  const auto stream = Open(options);
  EXPECT_THAT(
      stream->Ask(MakeStatement(
          "SELECT set_config('transaction_read_only', 'off', true)")),
      IsRefused(Code::FAILED_PRECONDITION, v1::ERROR_REASON_TRANSACTION_STATE));
  ExpectRollsBack(*stream);

  const auto reader = Open(options);
  EXPECT_EQ(AskText(*reader, "SELECT count(*) FROM item"), "0");
  const v1::TransactResponse response = reader->Ask(MakeCommit());
  EXPECT_TRUE(response.has_committed());
  EXPECT_EQ(response.committed().outcome_reference(), "");
  EXPECT_THAT(reader->Finish(), IsOk());
}

TEST_F(TransactTest, SeesOneSnapshotWhereTheIsolationSaysSo) {
  v1::TransactionOptions options;
  options.set_isolation(v1::ISOLATION_LEVEL_REPEATABLE_READ);
  const auto stream = Open(options);
  EXPECT_EQ(AskText(*stream, "SELECT count(*) FROM item"), "0");
  EXPECT_THAT(client_.Execute("INSERT INTO item VALUES (1)").status, IsOk());
  EXPECT_EQ(AskText(*stream, "SELECT count(*) FROM item"), "0");
  ExpectCommits(*stream);
}

TEST_F(TransactTest, TakesRequestsAheadOfTheirReplies) {
  constexpr int kRequests = 200;
  const auto stream = client_.OpenTransact();
  stream->Send(MakeBegin());
  for (int i = 1; i <= kRequests; ++i) {
    stream->Send(MakeStatement("INSERT INTO item VALUES ($1)", {Int(i)}));
  }
  stream->Send(MakeCommit());
  // The commit comes before the end of the requests does.
  stream->WritesDone();
  v1::TransactResponse response;
  for (int i = 1; i <= kRequests + 2; ++i) {
    ASSERT_TRUE(stream->Read(response)) << i;
    EXPECT_EQ(response.sequence(), i);
    EXPECT_EQ(response.has_result(), i > 1 && i < kRequests + 2) << i;
  }
  EXPECT_TRUE(response.has_committed());
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), absl::StrCat(kRequests));
}

// They are longer than what is read ahead.
TEST_F(TransactTest, TakesLongRequestsAheadOfTheirReplies) {
  const auto stream = client_.OpenTransact();
  stream->Send(MakeBegin());
  stream->Send(MakeStatement("SELECT pg_sleep(0.2)"));
  for (int i = 1; i <= 10; ++i) {
    stream->Send(MakeStatement("INSERT INTO item VALUES ($1, $2)",
                               {Int(i), Text(std::string(800'000, 'x'))}));
  }
  stream->Send(MakeCommit());
  v1::TransactResponse response;
  int64_t replies = 0;
  while (stream->Read(response)) EXPECT_EQ(response.sequence(), ++replies);
  EXPECT_EQ(replies, 13);
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(stack().Ask("SELECT sum(length(note)) FROM item"), "8000000");
}

TEST_F(TransactTest, NumbersItsRepliesAsTheCallerDoes) {
  const auto stream = client_.OpenTransact();
  v1::TransactRequest request = MakeBegin();
  request.set_sequence(-5);
  EXPECT_EQ(stream->Ask(request).sequence(), -5);
  request = MakeStatement("SELECT 1");
  request.set_sequence(int64_t{1} << 60);
  EXPECT_EQ(stream->Ask(request).sequence(), int64_t{1} << 60);
  request = MakeCommit();
  request.set_sequence(std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(stream->Ask(request).has_committed());
}

// All parts of a result, each with the request's number; then joined.
v1::ResultSet ReadResult(TransactStream& stream, int64_t sequence,
                         v1::ExecutionSummary& summary) {
  RowJoiner joiner;
  v1::TransactResponse response;
  v1::QueryStreamResponse part;
  while (stream.Read(response)) {
    EXPECT_EQ(response.sequence(), sequence);
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_ACTIVE);
    part.Clear();
    if (response.has_header()) *part.mutable_header() = response.header();
    if (response.has_batch()) *part.mutable_batch() = response.batch();
    if (response.has_summary()) *part.mutable_summary() = response.summary();
    joiner.Add(part);
    if (!response.has_header() && !response.has_batch()) break;
  }
  EXPECT_EQ(joiner.fault(), "");
  EXPECT_TRUE(joiner.complete()) << response.ShortDebugString();
  summary = response.summary();
  return joiner.result();
}

TEST_F(TransactTest, StreamsResultsAmongItsStatements) {
  constexpr int64_t kRows = 100'000;
  const auto stream = Open();
  EXPECT_TRUE(Insert(*stream, 1).has_result());
  v1::ExecutionSummary summary;
  for (const int64_t rows : {kRows, int64_t{1}, int64_t{0}}) {
    const int64_t sequence = stream->Send(MakeStreamed(
        "SELECT i, repeat('x', 100) FROM generate_series(1, $1::int8) AS i",
        {Int(rows)}));
    const v1::ResultSet result = ReadResult(*stream, sequence, summary);
    EXPECT_EQ(summary.rows_affected(), rows);
    ASSERT_EQ(result.row_count(), rows);
    ASSERT_EQ(result.metadata_size(), 2);
    for (int64_t i = 0; i < rows; ++i) {
      ASSERT_EQ(result.columns(0).int64s().values(static_cast<int>(i)), i + 1);
    }
  }
  const int64_t sequence =
      stream->Send(MakeStreamed("INSERT INTO item SELECT generate_series(2, 5) "
                                "RETURNING id"));
  EXPECT_EQ(ReadResult(*stream, sequence, summary).row_count(), 4u);
  EXPECT_EQ(summary.command_tag(), "INSERT 0 4");
  const int64_t silent =
      stream->Send(MakeStreamed("UPDATE item SET note = 'x'"));
  EXPECT_EQ(ReadResult(*stream, silent, summary).metadata_size(), 0);
  EXPECT_EQ(summary.command_tag(), "UPDATE 5");
  ExpectCommits(*stream);
  EXPECT_EQ(Items(), "1,2,3,4,5");
}

TEST_F(TransactTest, StreamsAValueBeyondWhatAReplyHolds) {
  const auto stream = Open();
  v1::TransactRequest request = MakeStreamed("SELECT repeat('y', 8 << 20)");
  request.mutable_statement()->mutable_options()->set_max_value_bytes(16 << 20);
  v1::ExecutionSummary summary;
  const v1::ResultSet result =
      ReadResult(*stream, stream->Send(request), summary);
  EXPECT_EQ(FirstText(result), std::string(8 << 20, 'y'));
  ExpectCommits(*stream);
}

// PostgreSQL waits for the caller, and other requests for PostgreSQL.
TEST_F(TransactTest, MakesPostgresqlWaitForASlowCaller) {
  const auto stream = Open();
  const int64_t sequence = stream->Send(MakeStreamed(
      "SELECT i, repeat('x', 1000) FROM generate_series(1, 50000) AS i"));
  stream->Send(MakeStatement("INSERT INTO item VALUES (1)"));
  stream->Send(MakeCommit());
  EXPECT_TRUE(Await(absl::Seconds(10), [] {
    return stack().Ask(
               "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' "
               "AND wait_event = 'ClientWrite'") == "1";
  }));
  v1::ExecutionSummary summary;
  EXPECT_EQ(ReadResult(*stream, sequence, summary).row_count(), 50'000u);
  v1::TransactResponse response;
  ASSERT_TRUE(stream->Read(response));
  EXPECT_TRUE(response.has_result());
  ASSERT_TRUE(stream->Read(response));
  EXPECT_TRUE(response.has_committed());
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_EQ(Items(), "1");
}

TEST_F(TransactTest, SetsSavepointsWithinSavepoints) {
  const auto stream = Open();
  Insert(*stream, 1);
  EXPECT_TRUE(stream->Ask(MakeSavepoint("outer")).has_done());
  Insert(*stream, 2);
  EXPECT_TRUE(stream->Ask(MakeSavepoint("inner")).has_done());
  Insert(*stream, 3);
  EXPECT_TRUE(stream->Ask(MakeRollbackTo("inner")).has_done());
  EXPECT_EQ(AskText(*stream, "SELECT count(*) FROM item"), "2");
  Insert(*stream, 4);
  // It stays, and can be rolled back to again.
  EXPECT_TRUE(stream->Ask(MakeRollbackTo("inner")).has_done());
  Insert(*stream, 5);
  EXPECT_TRUE(stream->Ask(MakeRelease("inner")).has_done());
  // One of the same name hides the older one.
  EXPECT_TRUE(stream->Ask(MakeSavepoint("outer")).has_done());
  Insert(*stream, 6);
  EXPECT_TRUE(stream->Ask(MakeRollbackTo("outer")).has_done());
  EXPECT_TRUE(stream->Ask(MakeRelease("outer")).has_done());
  EXPECT_EQ(AskText(*stream, "SELECT count(*) FROM item"), "3");
  EXPECT_TRUE(stream->Ask(MakeRollbackTo("outer")).has_done());
  EXPECT_EQ(AskText(*stream, "SELECT count(*) FROM item"), "1");
  ExpectCommits(*stream);
  EXPECT_EQ(Items(), "1");
}

TEST_F(TransactTest, TakesAnyNameForASavepoint) {
  const std::vector<std::string> names = {"a",
                                          "A",
                                          " ",
                                          "\"",
                                          "\"\"",
                                          "a\"; DROP TABLE item; --",
                                          "'; ROLLBACK; --",
                                          "$1",
                                          "\\",
                                          "select",
                                          "\n\t",
                                          "\u00e9\u4e16\U0001F600",
                                          "\x01\x7f",
                                          std::string(63, 'n'),
                                          std::string(62, 'n') + "m"};
  const auto stream = Open();
  int id = 0;
  for (const std::string& name : names) {
    const v1::TransactResponse response = stream->Ask(MakeSavepoint(name));
    EXPECT_TRUE(response.has_done()) << name;
    Insert(*stream, ++id);
  }
  // Back to each, the last first: none hides another.
  for (size_t i = names.size(); i > 0; --i) {
    EXPECT_TRUE(stream->Ask(MakeRollbackTo(names[i - 1])).has_done());
    EXPECT_EQ(AskText(*stream, "SELECT count(*) FROM item"),
              absl::StrCat(i - 1))
        << names[i - 1];
  }
  ExpectCommits(*stream);
}

TEST_F(TransactTest, TakesWhatEndsWithIt) {
  const auto stream = Open();
  EXPECT_TRUE(
      stream->Ask(MakeStatement("SET LOCAL work_mem = '1MB'")).has_result());
  EXPECT_EQ(AskText(*stream, "SHOW work_mem"), "1MB");
  EXPECT_TRUE(
      stream
          ->Ask(MakeStatement(
              "DECLARE numbers CURSOR FOR SELECT generate_series(1, 9)"))
          .has_result());
  EXPECT_EQ(AskText(*stream, "FETCH 2 FROM numbers"), "1");
  EXPECT_EQ(AskText(*stream, "FETCH 2 FROM numbers"), "3");
  // Another cursor of the name has columns of its own.
  stream->Ask(MakeStatement("CLOSE numbers"));
  stream->Ask(MakeStatement("DECLARE numbers CURSOR FOR SELECT 'a'::text, 1"));
  EXPECT_EQ(AskText(*stream, "FETCH 2 FROM numbers"), "a");
  ExpectCommits(*stream);
}

TEST_F(TransactTest, CommitsWhenNothingWasAsked) {
  const auto stream = Open();
  const v1::TransactResponse response = stream->Ask(MakeCommit());
  EXPECT_TRUE(response.has_committed());
  EXPECT_EQ(response.committed().outcome_reference(), "");
  EXPECT_THAT(stream->Finish(), IsOk());
}

TEST_F(TransactTest, GivesItsConnectionToTheNext) {
  std::string pid;
  for (int i = 0; i < 10; ++i) {
    const auto stream = Open();
    const std::string now = AskText(*stream, "SELECT pg_backend_pid()");
    EXPECT_TRUE(pid.empty() || pid == now);
    pid = now;
    if (i % 2 == 0) {
      ExpectCommits(*stream);
    } else {
      ExpectRollsBack(*stream);
    }
  }
}

}  // namespace
}  // namespace sluice::testing

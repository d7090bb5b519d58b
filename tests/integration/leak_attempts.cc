#include "tests/integration/leak_attempts.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/call_batch.h"
#include "tests/support/transact_stream.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

constexpr std::string_view kCommands[] = {
    "SET search_path = leak",
    "SET LOCAL search_path = leak",
    "SET statement_timeout = '7777s'",
    "SET TimeZone = 'Asia/Kabul'",
    "SET DateStyle = 'German'",
    "SET IntervalStyle = 'iso_8601'",
    "SET bytea_output = 'escape'",
    "SET extra_float_digits = -3",
    "SET standard_conforming_strings = off",
    "SET client_encoding = 'LATIN1'",
    "SET application_name = 'leak'",
    "SET work_mem = '7777kB'",
    "SET leak.own = 'mine'",
    "SET default_transaction_read_only = on",
    "SET default_transaction_read_only = off",
    "SET transaction_read_only = off",
    "SET default_transaction_isolation = 'serializable'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION DEFERRABLE",
    "SET TRANSACTION READ WRITE",
    "SET ROLE leak_role",
    "SET SESSION AUTHORIZATION app",
    "RESET ALL",
    "CREATE TEMP TABLE leak_table (a serial)",
    "CREATE TEMP SEQUENCE leak_sequence",
    "CREATE TEMP VIEW item AS SELECT 'mine' AS id",
    "CREATE FUNCTION pg_temp.leak() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE pg_temp.item AS SELECT 1",
    "SELECT 1 AS a INTO TEMP leak_table",
    "SELECT pg_advisory_lock(7)",
    "SELECT pg_advisory_lock_shared(7)",
    "SELECT pg_try_advisory_lock(7, 8)",
    "SELECT pg_advisory_xact_lock(9)",
    "SELECT set_config('search_path', 'leak', false)",
    "SELECT set_config('leak.own', 'mine', false)",
    "SELECT set_config('leak.own', 'mine', true)",
    "SELECT set_config('role', 'leak_role', false)",
    "WITH c AS (SELECT set_config('search_path', 'leak', false)) TABLE c",
    "SELECT nextval('leak_sequence')",
    "SELECT setseed(0.5)",
    "LISTEN leak",
    "UNLISTEN *",
    "NOTIFY leak",
    "DECLARE leak CURSOR WITH HOLD FOR SELECT generate_series(1, 9)",
    "DECLARE leak CURSOR FOR SELECT 1",
    "PREPARE leak AS SELECT 1",
    "DEALLOCATE ALL",
    "DISCARD ALL",
    "BEGIN",
    "START TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "COMMIT",
    "COMMIT AND CHAIN",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT leak",
    "PREPARE TRANSACTION 'leak'",
    "LOCK TABLE item",
    "COPY item TO STDOUT",
    "CREATE TABLE made (a int)",
    "DROP TABLE IF EXISTS made",
    "VACUUM item",
};

// Beyond what the gateway parses.
constexpr size_t kLongBytes = 17 * 1024;

}  // namespace

std::vector<std::string> LeakSetup() {
  return {
      "CREATE SCHEMA leak",
      "CREATE TABLE item (id int)",
      "CREATE TABLE leak.item (id text)",
      "CREATE SEQUENCE leak_sequence",
      "CREATE FUNCTION run_sql(command text) RETURNS int LANGUAGE plpgsql AS "
      "$$ BEGIN EXECUTE command; RETURN 1; END $$",
      "CREATE PROCEDURE run_sql_commit(command text) LANGUAGE plpgsql AS "
      "$$ BEGIN EXECUTE command; COMMIT; END $$",
  };
}

std::string LeakAttempts::Try() {
  static constexpr Way kWays[] = {
      &LeakAttempts::Plain,         &LeakAttempts::InFunction,
      &LeakAttempts::InBlock,       &LeakAttempts::InProcedure,
      &LeakAttempts::WithAnError,   &LeakAttempts::Cancelled,
      &LeakAttempts::AsStream,      &LeakAttempts::OfTooManyRows,
      &LeakAttempts::Described,     &LeakAttempts::AsTransaction,
      &LeakAttempts::Interactively,
  };
  return (this->*kWays[Draw(std::size(kWays))])();
}

std::string LeakAttempts::Plain() {
  const std::string command = Command();
  // What lastval() tells then is a known limit.
  if (absl::StrContains(command, "nextval")) return "nothing";
  return Send(Disguise(command));
}

std::string LeakAttempts::InFunction() {
  const std::string command = Command();
  switch (Draw(4)) {
    case 0:
      return Send(Disguise("SELECT run_sql($1)"), {Text(command)});
    case 1:
      return Send("INSERT INTO item VALUES (run_sql($1)) RETURNING id",
                  {Text(command)});
    case 2:
      return Send("WITH c AS (SELECT run_sql($1)) TABLE c", {Text(command)});
    default:
      return Send("SELECT query_to_xml($1, true, true, '')", {Text(command)});
  }
}

std::string LeakAttempts::InBlock() {
  const std::string command = QuotedCommand();
  return Send(Disguise(
      Draw(2) == 0 ? absl::StrCat("DO $x$ BEGIN EXECUTE ", command, "; END $x$")
                   : absl::StrCat("DO $x$ BEGIN EXECUTE ", command,
                                  "; COMMIT; PERFORM 1 / 0; END $x$")));
}

std::string LeakAttempts::InProcedure() {
  return Send("CALL run_sql_commit($1)", {Text(Command())});
}

std::string LeakAttempts::WithAnError() {
  return Send(Draw(2) == 0 ? "SELECT run_sql($1), 1 / (run_sql($1) - 1)"
                           : "SELECT run_sql($1) FROM leak.item HAVING 1 / "
                             "(count(*) - count(*)) = 1",
              {Text(Command())});
}

std::string LeakAttempts::Cancelled() {
  const std::string command = Command();
  const v1::QueryRequest query = MakeQuery(
      "SELECT run_sql($1), pg_sleep(0.05), run_sql($1)", {Text(command)});
  v1::ExecuteRequest execute;
  execute.set_database(query.database());
  *execute.mutable_statement() = query.statement();
  *execute.mutable_parameters() = query.parameters();
  QueryBatch queries(client_);
  ExecuteBatch executes(client_);
  const absl::Duration pause = absl::Microseconds(Draw(60000));
  if (Draw(2) == 0) {
    queries.Start(query);
    queries.Await(0, pause);
  } else {
    executes.Start(execute);
    executes.Await(0, pause);
  }
  queries.CancelAll();
  executes.CancelAll();
  queries.AwaitAll();
  executes.AwaitAll();
  return absl::StrCat("cancelled after ", absl::FormatDuration(pause), ": ",
                      command);
}

std::string LeakAttempts::AsStream() {
  const std::string command = Command();
  auto stream = client_.OpenStream(
      "SELECT run_sql($1), repeat('x', 1000) FROM generate_series(1, $2)",
      {Text(command), Int(Draw(2) == 0 ? 3 : 5000)});
  v1::QueryStreamResponse part;
  for (int parts = Draw(4); parts > 0 && stream->Read(part); --parts) {
  }
  return absl::StrCat("stream given up: ", command);
}

std::string LeakAttempts::OfTooManyRows() {
  return Send(
      "SELECT run_sql($1), repeat('x', 100) FROM generate_series(1, 20000)",
      {Text(Command())});
}

std::string LeakAttempts::Described() {
  v1::DescribeRequest request;
  request.set_database("app");
  request.mutable_statement()->set_sql(
      Disguise(absl::StrCat("SELECT run_sql(", QuotedCommand(), ")")));
  request.set_explain(v1::EXPLAIN_MODE_JSON);
  client_.Describe(request);
  return "described: " + request.statement().sql().substr(0, 200);
}

// Of steps that leave something, some within functions, some of which fail.
std::string LeakAttempts::AsTransaction() {
  v1::RunTransactionRequest request;
  request.set_database("app");
  if (Draw(3) == 0) {
    request.mutable_transaction()->set_access(v1::TRANSACTION_ACCESS_READ_ONLY);
  }
  std::string words = "RunTransaction";
  for (int steps = 1 + Draw(4); steps > 0; --steps) {
    v1::Step& step = *request.add_steps();
    const std::string command = Command();
    if (Draw(2) == 0 && !absl::StrContains(command, "nextval")) {
      step.mutable_statement()->set_sql(Disguise(command));
    } else {
      step.mutable_statement()->set_sql("SELECT run_sql($1)");
      *step.add_parameters() = Text(command);
    }
    absl::StrAppend(&words, " ", command, ";");
  }
  // Its types depend on the search_path and the temporary tables.
  if (Draw(2) == 0) {
    request.add_steps()->mutable_statement()->set_sql(
        "SELECT id FROM item WHERE id = $1");
    *request.mutable_steps()->rbegin()->add_parameters() = Text("1");
  }
  if (Draw(4) == 0) {
    request.add_steps()->mutable_statement()->set_sql("SELECT 1 / 0");
  }
  grpc::ClientContext context;
  SetDeadline(context, Draw(4) == 0 ? absl::Milliseconds(Draw(20))
                                    : GatewayClient::kDeadline);
  v1::RunTransactionResponse response;
  client_.stub().RunTransaction(&context, request, &response);
  return words;
}

// Ended by a commit, a rollback, or the caller's going away.
std::string LeakAttempts::Interactively() {
  std::string words = "Transact";
  const std::unique_ptr<TransactStream> stream =
      client_.OpenTransact(GatewayClient::kDeadline);
  stream->Ask(MakeBegin());
  for (int steps = 1 + Draw(4); steps > 0; --steps) {
    const std::string command = Command();
    if (Draw(2) == 0 && !absl::StrContains(command, "nextval")) {
      stream->Ask(MakeStatement(Disguise(command)));
    } else {
      stream->Ask(MakeStatement("SELECT run_sql($1)", {Text(command)}));
    }
    absl::StrAppend(&words, " ", command, ";");
  }
  switch (Draw(3)) {
    case 0:
      stream->Ask(MakeCommit());
      return words + " committed";
    case 1:
      stream->Ask(MakeRollback());
      return words + " rolled back";
    default:
      return words + " given up";
  }
}

std::string LeakAttempts::Send(const std::string& sql,
                               const std::vector<v1::Value>& parameters) {
  std::string words =
      sql.substr(0, 100) + " ... " +
      sql.substr(sql.size() - std::min<size_t>(100, sql.size()));
  for (const v1::Value& value : parameters) {
    absl::StrAppend(&words, " <- ", value.text_value());
  }
  if (Draw(2) == 0) {
    client_.Query(sql, parameters);
    return "Query " + words;
  }
  client_.Execute(sql, parameters);
  return "Execute " + words;
}

std::string LeakAttempts::Command() {
  return std::string(kCommands[Draw(std::size(kCommands))]);
}

std::string LeakAttempts::QuotedCommand() {
  return absl::StrCat("'", absl::StrReplaceAll(Command(), {{"'", "''"}}), "'");
}

std::string LeakAttempts::Disguise(const std::string& sql) {
  std::string text = sql;
  switch (Draw(6)) {
    case 0:
      for (size_t i = 0; i < text.size() && text[i] != ' '; ++i) {
        if (Draw(2) == 0) text[i] = static_cast<char>(std::tolower(text[i]));
      }
      return text;
    case 1:
      return absl::StrCat("/* SELECT /* 1 */ ; */ -- x\n", text);
    case 2:
      return absl::StrCat(" ;; ", text, " ; -- SELECT 1");
    case 3:
      return absl::StrCat("/*", std::string(kLongBytes, ' '), "*/", text);
    case 4:
      return absl::StrCat(text, "/*", std::string(kLongBytes, 'x'), "*/");
    default:
      return text;
  }
}

}  // namespace sluice::testing

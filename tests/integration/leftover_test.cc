// Nothing about a session reaches the next caller, whatever a statement does
// to it.

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/bad_input.h"

namespace sluice::testing {
namespace {

enum class Rpc { kQuery, kExecute };

struct Leftover {
  Rpc rpc;
  const char* statement;
  // What the next caller would notice.
  const char* probe;
};

constexpr char kSearchPath[] = "SHOW search_path";
constexpr char kAdvisoryLocks[] =
    "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'";

constexpr Leftover kLeftovers[] = {
    {Rpc::kQuery, "SELECT set_config('search_path', 'evil', false)",
     kSearchPath},
    {Rpc::kExecute, "SELECT set_config('search_path', 'evil', false)",
     kSearchPath},
    {Rpc::kQuery, "SELECT Pg_Catalog.Set_Config('search_path', 'evil', false)",
     kSearchPath},
    {Rpc::kQuery, "SELECT U&\"set\\005fconfig\"('search_path', 'evil', false)",
     kSearchPath},
    {Rpc::kQuery,
     "SELECT query_to_xml($q$SELECT set_config('search_path', 'evil', false)$q$"
     ", true, true, '')",
     kSearchPath},
    {Rpc::kQuery,
     "SELECT query_to_xml('SELECT set_' || 'config(''search_path'', ''evil'', "
     "false)', true, true, '')",
     kSearchPath},
    {Rpc::kExecute, "DO $$ BEGIN EXECUTE 'SET search_path = evil'; END $$",
     kSearchPath},
    {Rpc::kQuery, "SELECT set_config('app.user', 'x', false)",
     "SELECT coalesce(current_setting('app.user', true), '')"},
    {Rpc::kQuery, "SELECT set_config('role', 'app', false)", "SHOW role"},
    {Rpc::kQuery, "SELECT set_config('DateStyle', 'German', false)",
     "SHOW DateStyle"},
    {Rpc::kQuery, "SELECT set_config('statement_timeout', '1234', false)",
     "SHOW statement_timeout"},
    {Rpc::kQuery, "SELECT pg_advisory_lock(42)", kAdvisoryLocks},
    {Rpc::kExecute, "SELECT pg_try_advisory_lock(42)", kAdvisoryLocks},
    {Rpc::kExecute, "CREATE TEMP TABLE leftover (id int)",
     "SELECT count(*)::text FROM pg_class WHERE relname = 'leftover'"},
    {Rpc::kExecute, "SELECT 1 AS id INTO TEMP leftover",
     "SELECT count(*)::text FROM pg_class WHERE relname = 'leftover'"},
    {Rpc::kExecute, "DO $$ BEGIN EXECUTE 'LISTEN leftover'; END $$",
     "SELECT count(*)::text FROM pg_listening_channels()"},
    {Rpc::kExecute,
     "DO $$ BEGIN EXECUTE 'DECLARE leftover CURSOR WITH HOLD FOR SELECT 1'; "
     "END $$",
     "SELECT count(*)::text FROM pg_cursors WHERE name = 'leftover'"},
    {Rpc::kExecute,
     "DO $$ BEGIN EXECUTE 'PREPARE leftover AS SELECT 1'; END $$",
     "SELECT count(*)::text FROM pg_prepared_statements WHERE from_sql"},
};

class LeftoverTest : public BadInputTest {
 protected:
  std::string Probe(const Leftover& leftover) {
    const QueryOutcome outcome = client_.Query(leftover.probe);
    EXPECT_THAT(outcome.status, IsOk()) << leftover.probe;
    return FirstText(outcome.response.result_set());
  }
};

TEST_F(LeftoverTest, LeavesNothingOfASessionToTheNextCaller) {
  for (const Leftover& leftover : kLeftovers) {
    const std::string before = Probe(leftover);
    const grpc::Status status = leftover.rpc == Rpc::kQuery
                                    ? Call(MakeQuery(leftover.statement))
                                    : Call(MakeExecute(leftover.statement));
    EXPECT_THAT(status, IsOk()) << leftover.statement;
    EXPECT_EQ(Probe(leftover), before) << leftover.statement;
  }
  // One of them was more than a reset undoes.
  ExpectNewLogins();
}

// Its text tells, whether it succeeds or not.
TEST_F(LeftoverTest, WhatNoResetUndoesEndsTheSession) {
  const auto block = [](const std::string& text) {
    return MakeExecute(
        absl::StrCat("DO $$ BEGIN PERFORM '", text, "'; END $$"));
  };
  const std::string kept = BackendPid();
  EXPECT_THAT(Call(block("anything")), IsOk());
  EXPECT_EQ(BackendPid(), kept);
  for (const char* text :
       {"dblink_connect", "pg_replication_origin_session_setup",
        "LOAD ''x''"}) {
    const std::string before = BackendPid();
    EXPECT_THAT(Call(block(text)), IsOk());
    EXPECT_NE(BackendPid(), before) << text;
  }
  ExpectNewLogins();
}

// It would make a writer of every reader that comes after.
TEST_F(LeftoverTest, AReadLaneStaysReadOnly) {
  for (const char* statement :
       {"SELECT set_config('default_transaction_read_only', 'off', false)",
        "SELECT query_to_xml('SELECT set_' || "
        "'config(''default_transaction_read_only'', ''off'', false)', true, "
        "true, '')"}) {
    EXPECT_THAT(Call(MakeQuery(statement)), IsOk());
    EXPECT_THAT(
        Call(MakeQuery("SELECT write_item(1)")),
        FailsWith(Code::FAILED_PRECONDITION, v1::ERROR_REASON_READ_ONLY))
        << statement;
  }
  EXPECT_EQ(ItemCount(), "0");
}

}  // namespace
}  // namespace sluice::testing

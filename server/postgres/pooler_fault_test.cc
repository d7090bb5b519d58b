#include "server/postgres/pooler_fault.h"

#include <gtest/gtest.h>

namespace sluice::postgres {
namespace {

TEST(PoolerFaultTest, TellsWhomAFaultSpeaksOf) {
  struct Row {
    const char* message;
    FaultOrigin origin;
  };
  constexpr Row kRows[] = {
      {"the database system is starting up", FaultOrigin::kServer},
      {"the database system is shutting down", FaultOrigin::kServer},
      {"server login has been failing, try again later (server_login_retry)",
       FaultOrigin::kServer},
      {"pgbouncer cannot connect to server", FaultOrigin::kServer},
      {"client_login_timeout (server down)", FaultOrigin::kServer},
      {"client_login_timeout", FaultOrigin::kPooler},
      {"server login failed: FATAL sorry, too many clients already",
       FaultOrigin::kPooler},
      {"server login failed: wrong password type", FaultOrigin::kPooler},
      {"password authentication failed for user \"probe\"",
       FaultOrigin::kPooler},
      {"connection to server on socket \"/s\" failed: FATAL:  no such "
       "database: probe.n0",
       FaultOrigin::kPooler},
      {"no more connections allowed (max_client_conn)", FaultOrigin::kPooler},
      {"SASL authentication failed", FaultOrigin::kPooler},
      {"server conn crashed?", FaultOrigin::kUnclear},
      {"query_wait_timeout", FaultOrigin::kUnclear},
      {"connection refused", FaultOrigin::kUnclear},
      {"", FaultOrigin::kUnclear},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(OriginOfFault(row.message), row.origin) << row.message;
  }
}

}  // namespace
}  // namespace sluice::postgres

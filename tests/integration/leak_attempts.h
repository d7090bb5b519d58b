// LeakAttempts: calls that try to leave something in a session.

#ifndef SLUICE_TESTS_INTEGRATION_LEAK_ATTEMPTS_H_
#define SLUICE_TESTS_INTEGRATION_LEAK_ATTEMPTS_H_

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/gateway_client.h"

namespace sluice::testing {

// SQL, one command each, of what the attempts need: run_sql(text) executes a
// command within a function, run_sql_commit(text) within a procedure that
// commits behind it.
std::vector<std::string> LeakSetup();

// The role that attempts change to.
inline constexpr char kLeakRole[] = "leak_role";

// Threads: one.
class LeakAttempts {
 public:
  // Lifetime: `client` outlives it.
  LeakAttempts(GatewayClient& client, unsigned seed)
      : client_(client), random_(seed) {}

  // Makes a call, one way of many, and waits for its end. Gives its words for
  // a failure message. How the call ends does not matter.
  std::string Try();

 private:
  using Way = std::string (LeakAttempts::*)();

  std::string Plain();
  std::string InFunction();
  std::string InBlock();
  std::string InProcedure();
  std::string WithAnError();
  std::string Cancelled();
  std::string AsStream();
  std::string OfTooManyRows();
  std::string Described();
  std::string AsTransaction();
  std::string Interactively();

  std::string Send(const std::string& sql,
                   const std::vector<v1::Value>& parameters = {});
  int Draw(int below) {
    return std::uniform_int_distribution<int>(0, below - 1)(random_);
  }
  // A command that leaves something, and a quoted form of it.
  std::string Command();
  std::string QuotedCommand();
  // As it is, or otherwise written, or too long to be parsed.
  std::string Disguise(const std::string& sql);

  GatewayClient& client_;
  std::minstd_rand random_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_LEAK_ATTEMPTS_H_

// Where the gateway is, and who we are to it.

#ifndef SLUICE_CLIENT_OPTIONS_H_
#define SLUICE_CLIENT_OPTIONS_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sluice/client/retry_policy.h"
#include "sluice/client/token_options.h"

namespace sluice::client {

// What a read sees that names no consistency.
enum class ReadYourWrites {
  // At least what was written through the client, or a copy of it, in the same
  // database. After a write that may have taken place, reads are strong until
  // the next token. What others wrote since, it may not see yet:
  // StrongConsistency and AtLeast (call_options.h) are for that.
  kOn,
  // What the gateway's configuration says for the database.
  kOff,
};

// Options of a Client. The first five are required. Files are PEM.
struct ClientOptions {
  // "host:port", or any target that gRPC resolves. SLUICE_ADDRESS.
  std::string address = {};
  // The certificates that the gateway's must descend from. SLUICE_CA.
  std::string ca_file = {};
  // The caller's own certificate, its chain behind it. SLUICE_CERT.
  std::string certificate_file = {};
  // The key of that certificate. SLUICE_KEY.
  std::string key_file = {};
  // The database of every call, as the gateway's configuration names it;
  // `Client::ForDatabase` gives another. SLUICE_DATABASE.
  std::string database = {};
  // The name that the gateway's certificate must have. Empty: the host of
  // `address`. SLUICE_SERVER_NAME.
  std::string server_name = {};

  // Before its first write a client reads as with kOff.
  ReadYourWrites read_your_writes = ReadYourWrites::kOn;
  // The proof of who calls, which the library sees to by itself.
  TokenOptions tokens = {};
  // Deadline of a unary call whose own options name none. It bounds the wait
  // for a gateway that is lost without a word. Streams have none.
  absl::Duration timeout = absl::Seconds(30);
  // Which calls are made again, and when.
  RetryPolicy retry = {};
  // The same of RunInTransaction: contention is met more often than failure,
  // and passes sooner.
  RetryPolicy transaction_retry = {.max_attempts = 10,
                                   .initial_backoff = absl::Milliseconds(20),
                                   .max_backoff = absl::Seconds(1)};
};

// Value of an environment variable; null where it is not set.
using Environment = absl::FunctionRef<const char*(const char* name)>;

// Completes `given` from the environment: each field above that names a
// variable and is empty takes its value.
//
// Errors: FAILED_PRECONDITION that names every required variable that is not
// set.
absl::StatusOr<ClientOptions> OptionsFromEnvironment(ClientOptions given = {});

// The same with an environment of the caller's.
absl::StatusOr<ClientOptions> OptionsFromEnvironment(ClientOptions given,
                                                     Environment environment);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_OPTIONS_H_

// Sluice from C++: statements in, rows out. The header to include.

#ifndef SLUICE_CLIENT_CLIENT_H_
#define SLUICE_CLIENT_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"
#include "sluice/client/call_options.h"
#include "sluice/client/error_details.h"
#include "sluice/client/options.h"
#include "sluice/client/row.h"
#include "sluice/client/row_stream.h"
#include "sluice/client/rows.h"
#include "sluice/client/statement.h"
#include "sluice/client/typed_row_stream.h"
#include "sluice/v1/database.grpc.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// A caller of a gateway, for one database.
//
//   absl::StatusOr<Client> client = Client::OpenFromEnvironment();
//   if (!client.ok()) return client.status();
//   const absl::StatusOr<Rows> rows = client->Query(
//       "SELECT name, size FROM packages WHERE section = $1", "libs");
//
// Calls wait for their answer. Errors of the gateway keep their code and
// message; ErrorDetails::From says more. Beside them: INVALID_ARGUMENT for a
// parameter that PostgreSQL has no value for, INTERNAL for a malformed answer.
//
// Lifetime: a value; copies share the connection, which lives as long as any of
// them, or of their streams.
// Threads: any, at once.
class Client {
 public:
  // Reads the certificate files. The connection is made by the first call.
  // Errors: FAILED_PRECONDITION where a file can't be read or `options` lacks
  // an address or a database.
  static absl::StatusOr<Client> Open(const ClientOptions& options);
  // With OptionsFromEnvironment.
  static absl::StatusOr<Client> OpenFromEnvironment();
  // Over a channel of the caller's; of `options` only `database`, `timeout` and
  // `retry` matter.
  Client(const std::shared_ptr<grpc::ChannelInterface>& channel,
         ClientOptions options);

  // The same connection to another database.
  Client ForDatabase(absl::string_view database) const;

  // Runs a statement that reads. The result comes whole, limited by
  // the server to 3 MiB unless configured otherwise: QueryStream has no such
  // limit. Made again where RetryPolicy says so.
  absl::StatusOr<Rows> Query(const Statement& statement,
                             const CallOptions& options = {}) const;
  template <typename... T>
  absl::StatusOr<Rows> Query(absl::string_view sql,
                             const T&... parameters) const {
    return Query(Statement(sql, parameters...));
  }

  // Runs a statement that may write, in a transaction of its own. Never made
  // again by itself. Where its error says Executed::kUnknown, or is not of the
  // gateway, the write may have taken place.
  absl::StatusOr<Rows> Execute(const Statement& statement,
                               const CallOptions& options = {}) const;
  template <typename... T>
  absl::StatusOr<Rows> Execute(absl::string_view sql,
                               const T&... parameters) const {
    return Execute(Statement(sql, parameters...));
  }

  // Runs a statement that reads, of any size, in constant memory. Returns when
  // the columns are known; until then it is made again where RetryPolicy says
  // so.
  absl::StatusOr<RowStream> QueryStream(const Statement& statement,
                                        const CallOptions& options = {}) const;
  template <typename... T>
  absl::StatusOr<RowStream> QueryStream(absl::string_view sql,
                                        const T&... parameters) const {
    return QueryStream(Statement(sql, parameters...));
  }

  // What a statement takes and gives, without running it. Parameters may be
  // left out; those that carry a type (Typed) are taken into account.
  absl::StatusOr<v1::DescribeResponse> Describe(
      const Statement& statement,
      v1::ExplainMode explain = v1::EXPLAIN_MODE_NONE,
      const CallOptions& options = {}) const;

  // What the caller may use, and within which limits.
  absl::StatusOr<v1::GetCapabilitiesResponse> GetCapabilities(
      const CallOptions& options = {}) const;

 private:
  // Shared by calls that run and by streams.
  std::shared_ptr<v1::Database::StubInterface> stub_;
  ClientOptions options_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CLIENT_H_

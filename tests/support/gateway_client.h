// GatewayClient: a caller of the gateway, on a blocking stub.

#ifndef SLUICE_TESTS_SUPPORT_GATEWAY_CLIENT_H_
#define SLUICE_TESTS_SUPPORT_GATEWAY_CLIENT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "sluice/v1/admin.grpc.pb.h"
#include "sluice/v1/database.grpc.pb.h"
#include "sluice/v1/tokens.grpc.pb.h"
#include "tests/support/stream_reader.h"
#include "tests/support/transact_stream.h"

namespace sluice::testing {

struct ClientOptions {
  int port = 0;
  std::string ca_file;
  // Without both the client shows no certificate.
  std::string certificate_file;
  std::string key_file;
  // The name that the server's certificate is verified against.
  std::string server_name;
  // Scopes of the client's tokens.
  std::vector<std::string> scopes;
  // What its calls carry as `authorization` instead of a token of its own, as
  // often as it is here.
  std::optional<std::vector<std::string>> authorization;
};

// How a call ended.
template <typename Response>
struct Outcome {
  grpc::Status status;
  Response response;
};
using QueryOutcome = Outcome<v1::QueryResponse>;
using ExecuteOutcome = Outcome<v1::ExecuteResponse>;

// A request of `sql` to the database "app".
v1::QueryRequest MakeQuery(const std::string& sql,
                           const std::vector<v1::Value>& parameters = {});
v1::ExecuteRequest MakeExecute(const std::string& sql,
                               const std::vector<v1::Value>& parameters = {});
v1::QueryStreamRequest MakeQueryStream(
    const std::string& sql, const std::vector<v1::Value>& parameters = {});

// Threads: any.
class GatewayClient {
 public:
  static constexpr absl::Duration kDeadline = absl::Seconds(20);

  // A connection of its own, opened by the first call.
  explicit GatewayClient(const ClientOptions& options);

  QueryOutcome Query(const v1::QueryRequest& request,
                     absl::Duration deadline = kDeadline);
  QueryOutcome Query(const std::string& sql,
                     const std::vector<v1::Value>& parameters = {});
  ExecuteOutcome Execute(const v1::ExecuteRequest& request,
                         absl::Duration deadline = kDeadline);
  ExecuteOutcome Execute(const std::string& sql,
                         const std::vector<v1::Value>& parameters = {});

  Outcome<v1::DescribeResponse> Describe(const v1::DescribeRequest& request,
                                         absl::Duration deadline = kDeadline);
  Outcome<v1::GetCapabilitiesResponse> GetCapabilities();
  Outcome<v1::GetTransactionOutcomeResponse> GetTransactionOutcome(
      const std::string& outcome_reference,
      const std::string& database = "app");
  // Reads a stream to its end.
  StreamOutcome QueryStream(const v1::QueryStreamRequest& request,
                            absl::Duration deadline = kDeadline);
  StreamOutcome QueryStream(const std::string& sql,
                            const std::vector<v1::Value>& parameters = {});
  // A stream to be read part by part.
  std::unique_ptr<StreamReader> OpenStream(
      const v1::QueryStreamRequest& request,
      absl::Duration deadline = kDeadline);
  std::unique_ptr<StreamReader> OpenStream(
      const std::string& sql, const std::vector<v1::Value>& parameters = {});

  // A transaction that is yet to begin.
  std::unique_ptr<TransactStream> OpenTransact(
      absl::Duration deadline = kDeadline);

  // What grpc.health.v1 says of a service.
  Outcome<grpc::health::v1::HealthCheckResponse> CheckHealth(
      const std::string& service);

  // Calls a method by its path with an empty request, as if each side of it
  // were a stream, which on the wire is the same.
  grpc::Status CallByPath(const std::string& path);

  // Issues a token, beside that of the client's calls.
  Outcome<v1::IssueTokenResponse> IssueToken(
      const v1::IssueTokenRequest& request = {});

  v1::Database::Stub& stub() { return *stub_; }
  v1::Tokens::Stub& tokens() { return *tokens_; }
  v1::Admin::Stub& admin() { return *admin_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Database::Stub> stub_;
  const std::unique_ptr<v1::Tokens::Stub> tokens_;
  const std::unique_ptr<v1::Admin::Stub> admin_;
};

// Sets the deadline of a call.
void SetDeadline(grpc::ClientContext& context, absl::Duration deadline);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_GATEWAY_CLIENT_H_

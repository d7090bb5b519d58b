#include "server/rpc/database_capabilities.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/task.h"
#include "server/identity/principal.h"
#include "server/rpc/unary_method.h"

namespace sluice::rpc {
namespace {

constexpr int kAcceptors = 4;

void TellLimits(const config::v1::Limits& limits, v1::CallLimits& told) {
  *told.mutable_default_deadline() = limits.default_deadline();
  *told.mutable_max_deadline() = limits.max_deadline();
  *told.mutable_max_stream_deadline() = limits.max_stream_deadline();
  told.set_max_rows(limits.max_rows());
  told.set_max_result_bytes(limits.max_result_bytes());
  told.set_max_stream_rows(limits.max_stream_rows());
  told.set_max_stream_bytes(limits.max_stream_bytes());
  told.set_default_value_bytes(limits.default_value_bytes());
  told.set_max_value_bytes(limits.max_value_bytes());
  told.set_max_statement_bytes(limits.max_statement_bytes());
  told.set_max_parameter_bytes(limits.max_parameter_bytes());
  *told.mutable_max_transaction_idle() = limits.max_transaction_idle();
  *told.mutable_max_transaction_statement() =
      limits.max_transaction_statement();
  *told.mutable_max_transaction_time() = limits.max_transaction_time();
  told.set_max_steps(limits.max_steps());
  told.set_max_parameter_rows(limits.max_parameter_rows());
}

void TellDatabases(const identity::Principal& principal,
                   v1::GetCapabilitiesResponse& told) {
  std::vector<std::string> names(principal.databases.begin(),
                                 principal.databases.end());
  std::sort(names.begin(), names.end());
  for (std::string& name : names) {
    v1::DatabaseCapability& database = *told.add_databases();
    database.set_name(std::move(name));
    database.set_access(v1::DATABASE_ACCESS_READ_WRITE);
    database.set_reachable(true);
  }
}

// What one worker knows of the databases; on its loop. A pool that has opened
// no connection knows nothing against a database, nor its version.
void TellBackends(const execution::Executor& executor,
                  v1::GetCapabilitiesResponse& told) {
  for (v1::DatabaseCapability& database : *told.mutable_databases()) {
    if (!executor.IsReachable(database.name())) database.set_reachable(false);
    std::string version = executor.PostgresVersion(database.name());
    if (!version.empty()) database.set_postgres_version(std::move(version));
  }
}

struct GetCapabilitiesMethod {
  using Request = v1::GetCapabilitiesRequest;
  using Response = v1::GetCapabilitiesResponse;
  static constexpr auto kRequest =
      &v1::Database::AsyncService::RequestGetCapabilities;

  static Task<absl::Status> Run(Worker& worker,
                                CallOf<GetCapabilitiesMethod>& call) {
    const absl::StatusOr<const identity::Principal*> principal =
        worker.state.guard.Authenticate(call.context());
    if (!principal.ok()) co_return principal.status();
    v1::GetCapabilitiesResponse& response = *call.response();
    response.set_server_version(SLUICE_VERSION);
    response.set_app((*principal)->app);
    TellLimits(worker.state.limits, *response.mutable_limits());
    TellDatabases(**principal, response);
    for (const Worker* each : worker.state.workers) {
      EventLoop::EnterAwaiter entering = each->executor.loop().Enter();
      co_await entering;
      TellBackends(each->executor, response);
    }
    co_return absl::OkStatus();
  }
};

}  // namespace

void ServeDatabaseCapabilities(Worker& worker) {
  ServeMethod<GetCapabilitiesMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc

#include "server/rpc/database_capabilities.h"

#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "server/base/task.h"
#include "server/policy/permit.h"
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

v1::AccessRight ToProto(policy::Right right) {
  switch (right) {
    case policy::Right::kRead:
      return v1::ACCESS_RIGHT_READ;
    case policy::Right::kWrite:
      return v1::ACCESS_RIGHT_WRITE;
    case policy::Right::kDdl:
      return v1::ACCESS_RIGHT_DDL;
    case policy::Right::kCopy:
      return v1::ACCESS_RIGHT_COPY;
    case policy::Right::kListen:
      return v1::ACCESS_RIGHT_LISTEN;
  }
  return v1::ACCESS_RIGHT_UNSPECIFIED;
}

v1::DatabaseAccess AccessOf(policy::Rights rights) {
  if (rights.Has(policy::Right::kWrite)) return v1::DATABASE_ACCESS_READ_WRITE;
  return rights.Has(policy::Right::kRead) ? v1::DATABASE_ACCESS_READ
                                          : v1::DATABASE_ACCESS_UNSPECIFIED;
}

void TellDatabases(const policy::Permit& permit,
                   v1::GetCapabilitiesResponse& told) {
  std::set<std::string> names;
  for (const policy::Grant& grant : permit.app().grants) {
    if (permit.CheckDatabase(grant.database).ok()) names.insert(grant.database);
  }
  for (const std::string& name : names) {
    const policy::Rights rights = permit.RightsIn(name);
    v1::DatabaseCapability& database = *told.add_databases();
    database.set_name(name);
    database.set_access(AccessOf(rights));
    database.set_reachable(true);
    for (const policy::Right right : policy::kAllRights) {
      if (rights.Has(right)) database.add_rights(ToProto(right));
    }
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
  static constexpr auto kService = &ServerState::database_service;
  static constexpr auto kRequest =
      &v1::Database::AsyncService::RequestGetCapabilities;
  static constexpr absl::string_view kPath =
      "/sluice.v1.Database/GetCapabilities";
  static constexpr Proof kProof = Proof::kToken;

  static Task<absl::Status> Run(Worker& worker, const Caller& caller,
                                CallOf<GetCapabilitiesMethod>& call) {
    v1::GetCapabilitiesResponse& response = *call.response();
    response.set_server_version(SLUICE_VERSION);
    response.set_app(caller.app());
    TellLimits(worker.state.limits, *response.mutable_limits());
    TellDatabases(caller.permit(), response);
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

#include "tests/integration/granted_stack.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace sluice::testing {
namespace {

constexpr char kTables[] = R"(
CREATE TABLE item (id int, maker text DEFAULT session_user, tenant text);
GRANT SELECT ON item TO ro;
GRANT ALL ON item TO rw, tenant_a, tenant_b;
CREATE FUNCTION make_item() RETURNS text LANGUAGE sql SECURITY DEFINER
  AS 'INSERT INTO item VALUES (1) RETURNING maker';
CREATE TABLE secret (id int, owner text, tenant text);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON secret TO tenant_a, tenant_b;
CREATE POLICY of_owner ON secret FOR SELECT
  USING (owner = session_user AND tenant = current_setting('app.tenant'));
INSERT INTO secret VALUES (1, 'tenant_a', 'a'), (2, 'tenant_b', 'a'),
  (3, 'tenant_a', 'b''); DROP TABLE item; --'),
  (4, 'tenant_b', 'b''); DROP TABLE item; --');
GRANT CREATE ON SCHEMA public TO owner;
)";

constexpr char kPolicy[] = R"(apps:
  - name: reader
    spiffe_ids: [spiffe://sluice.test/app/reader]
    grants:
      - {database: app, role: ro, access: [read]}
  - name: split
    spiffe_ids: [spiffe://sluice.test/app/split]
    grants:
      - {database: app, role: ro, access: [read]}
      - {database: app, role: rw, access: [write]}
      - {database: app, role: owner, access: [ddl]}
  - name: migrator
    spiffe_ids: [spiffe://sluice.test/app/migrator]
    grants:
      - {database: app, role: ro, access: [read]}
      - {database: app, role: owner, access: [ddl]}
  - name: writer
    spiffe_ids: [spiffe://sluice.test/app/writer]
    grants:
      - {database: app, role: rw, access: [write]}
  - name: limited
    spiffe_ids: [spiffe://sluice.test/app/limited]
    grants:
      - {database: app, role: rw, access: [read, write]}
    limits:
      max_statement_time: 300ms
      max_transaction_time: 1500ms
      max_open_transactions: 1
      max_rows: 3
      max_result_bytes: 1000
      max_stream_rows: 5
      max_stream_bytes: 2000
  - name: single
    spiffe_ids: [spiffe://sluice.test/app/single]
    grants:
      - {database: app, role: rw, access: [read, write]}
    limits: {max_calls: 1}
  - name: tenant_a
    spiffe_ids: [spiffe://sluice.test/app/tenant_a]
    grants:
      - database: app
        role: tenant_a
        access: [read, write]
        settings: {app.tenant: "TENANT_A"}
  - name: tenant_b
    spiffe_ids: [spiffe://sluice.test/app/tenant_b]
    grants:
      - database: app
        role: tenant_b
        access: [read, write]
        settings: {app.tenant: "TENANT_B"}
)";

// Apps whose role is called as they are, and may do nothing here.
constexpr const char* kRefusedApps[] = {"misled", "super", "bypass", "creator",
                                        "replica"};

std::string FirstOr(const grpc::Status& status, const v1::ResultSet& result) {
  return status.ok() ? FirstText(result) : CallError::Of(status).info.reason();
}

}  // namespace

std::string GrantedTest::Policy(const std::string& tenant_a) {
  std::string policy = absl::StrReplaceAll(
      kPolicy, {{"TENANT_A", tenant_a}, {"TENANT_B", kTenantB}});
  for (const absl::string_view app : kRefusedApps) {
    absl::StrAppend(&policy, "  - name: ", app,
                    "\n    spiffe_ids: [spiffe://sluice.test/app/", app,
                    "]\n    grants:\n      - {database: app, role: ", app,
                    ", access: [read]}\n");
  }
  return policy;
}

StackOptions GrantedTest::Options() {
  StackOptions options;
  options.gateway = {{"pool.max_connections", "4"},
                     {"pool.min_connections", "0"}};
  options.roles = {{"ro", "", ""},
                   {"rw", "", ""},
                   {"owner", "", ""},
                   {"tenant_a", "", ""},
                   {"tenant_b", "", ""},
                   {"misled", "", "rw"},
                   {"super", "SUPERUSER", ""},
                   {"bypass", "BYPASSRLS", ""},
                   {"creator", "CREATEROLE", ""},
                   {"replica", "REPLICATION", ""}};
  options.apps = {"reader",  "split",  "migrator", "writer",
                  "limited", "single", "tenant_a", "tenant_b"};
  options.apps.insert(options.apps.end(), std::begin(kRefusedApps),
                      std::end(kRefusedApps));
  options.policy = Policy();
  return options;
}

void GrantedTest::SetUpTestSuite() {
  StackTest::SetUpTestSuite();
  if (HasFatalFailure()) return;
  const auto made = stack().postgres().Execute("app", kTables);
  ASSERT_TRUE(made.ok()) << made.status();
}

void GrantedTest::SetUp() {
  ASSERT_TRUE(stack().postgres().Execute("app", "TRUNCATE item").ok());
}

GatewayClient GrantedTest::As(const std::string& app,
                              const std::vector<std::string>& scopes) {
  ClientOptions options = stack().client_options(app, stack().gateway().port());
  options.scopes = scopes;
  return GatewayClient(options);
}

std::string GrantedTest::Query(GatewayClient& client, const std::string& sql) {
  const QueryOutcome outcome = client.Query(sql);
  return FirstOr(outcome.status, outcome.response.result_set());
}

std::string GrantedTest::Query(const std::string& app, const std::string& sql) {
  GatewayClient client = As(app);
  return Query(client, sql);
}

std::string GrantedTest::Execute(GatewayClient& client,
                                 const std::string& sql) {
  const ExecuteOutcome outcome = client.Execute(sql);
  return FirstOr(outcome.status, outcome.response.result_set());
}

std::string GrantedTest::Execute(const std::string& app,
                                 const std::string& sql) {
  GatewayClient client = As(app);
  return Execute(client, sql);
}

std::string GrantedTest::Stream(GatewayClient& client, const std::string& sql) {
  const StreamOutcome outcome = client.QueryStream(sql);
  return FirstOr(outcome.status, outcome.result_set);
}

std::string GrantedTest::Stream(const std::string& app,
                                const std::string& sql) {
  GatewayClient client = As(app);
  return Stream(client, sql);
}

std::string GrantedTest::Describe(GatewayClient& client,
                                  const std::string& sql) {
  v1::DescribeRequest request;
  request.set_database("app");
  request.mutable_statement()->set_sql(sql);
  return FirstOr(client.Describe(request).status, v1::ResultSet());
}

std::string GrantedTest::RunSteps(GatewayClient& client,
                                  const std::vector<std::string>& steps) {
  v1::RunTransactionRequest request;
  request.set_database("app");
  for (const std::string& sql : steps) {
    request.add_steps()->mutable_statement()->set_sql(sql);
  }
  grpc::ClientContext context;
  SetDeadline(context, GatewayClient::kDeadline);
  v1::RunTransactionResponse response;
  const grpc::Status status =
      client.stub().RunTransaction(&context, request, &response);
  if (!status.ok()) return CallError::Of(status).info.reason();
  return FirstText(response.results(response.results_size() - 1).result_set());
}

std::string GrantedTest::RunSteps(const std::string& app,
                                  const std::vector<std::string>& steps) {
  GatewayClient client = As(app);
  return RunSteps(client, steps);
}

std::string GrantedTest::Begin(TransactStream& stream,
                               v1::TransactionAccess access) {
  v1::TransactionOptions options;
  options.set_access(access);
  if (stream.Ask(MakeBegin(options)).has_begun()) return "begun";
  return CallError::Of(stream.Finish()).info.reason();
}

std::string GrantedTest::Ask(TransactStream& stream, const std::string& sql) {
  const v1::TransactResponse response = stream.Ask(MakeStatement(sql));
  return response.has_error() ? response.error().reason()
                              : FirstText(response.result().result_set());
}

}  // namespace sluice::testing

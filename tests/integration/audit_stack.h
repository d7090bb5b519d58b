// AuditTest: a gateway with an audit log, and a look at its records.

#ifndef SLUICE_TESTS_INTEGRATION_AUDIT_STACK_H_
#define SLUICE_TESTS_INTEGRATION_AUDIT_STACK_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/identity/digest.h"
#include "server/telemetry/audit_folder.h"
#include "server/telemetry/audit_verification.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

inline v1::RunTransactionRequest MakeRun(
    const std::vector<std::string>& statements) {
  v1::RunTransactionRequest request;
  request.set_database("app");
  for (const std::string& sql : statements) {
    request.add_steps()->mutable_statement()->set_sql(sql);
  }
  return request;
}

inline grpc::Status RunTransaction(GatewayClient& client,
                                   const v1::RunTransactionRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context, GatewayClient::kDeadline);
  v1::RunTransactionResponse response;
  return client.stub().RunTransaction(&context, request, &response);
}

// Of what the gateway does without a caller who waits for it.
inline constexpr absl::Duration kPatience = absl::Seconds(20);

// Each test has a gateway with an audit log of its own, and the table
// `item (id int PRIMARY KEY, note text)`, empty.
class AuditTest : public StackTest<AuditTest> {
 protected:
  friend class StackTest<AuditTest>;

  void SetUp() override {
    ASSERT_TRUE(stack()
                    .postgres()
                    .Execute("app",
                             "DROP TABLE IF EXISTS item; CREATE TABLE item "
                             "(id int PRIMARY KEY, note text); "
                             "ALTER TABLE item OWNER TO app")
                    .ok());
    absl::StatusOr<TempDir> base = TempDir::Make();
    ASSERT_TRUE(base.ok());
    base_.emplace(*std::move(base));
    ASSERT_TRUE(std::filesystem::create_directory(folder()));
    StartGateway();
  }

  // Another one, on the same log, with further settings.
  void StartGateway(Settings settings = {}) {
    client_.reset();
    gateway_.reset();
    settings["audit.folder"] = folder();
    auto gateway = stack().StartGateway(settings);
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
    client_ = std::make_unique<GatewayClient>(
        stack().client_options("app", gateway_->port()));
  }

  std::string folder() const { return base_->Path("audit"); }
  GatewayClient& client() { return *client_; }

  std::string Bytes() const {
    std::string bytes;
    const std::vector<std::string> names =
        telemetry::ListAuditFiles(folder()).value();
    for (const std::string& name : names) {
      absl::StrAppend(&bytes, ReadFile(absl::StrCat(folder(), "/", name)));
    }
    return bytes;
  }
  // Those of an event.
  std::vector<nlohmann::json> Records(const std::string& event) const {
    std::vector<nlohmann::json> records;
    for (absl::string_view line : absl::StrSplit(Bytes(), '\n')) {
      const nlohmann::json record =
          nlohmann::json::parse(std::string(line), nullptr, false);
      if (record.is_object() && record["event"] == event) {
        records.push_back(record);
      }
    }
    return records;
  }
  // Whether a record of that event says so, soon.
  bool AwaitRecord(const std::string& event, const std::string& name,
                   const nlohmann::json& value) const {
    return Await(kPatience, [&] {
      for (const nlohmann::json& record : Records(event)) {
        if (record.value(name, nlohmann::json()) == value) return true;
      }
      return false;
    });
  }

  telemetry::AuditReport Verify() const {
    const auto report = telemetry::VerifyAuditLog(folder(), &identity::Sha256);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    EXPECT_FALSE(report->first_break.has_value())
        << report->first_break->file << ":" << report->first_break->line << " "
        << report->first_break->message;
    return *report;
  }

  std::optional<TempDir> base_;
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<GatewayClient> client_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_AUDIT_STACK_H_

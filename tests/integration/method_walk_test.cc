// Walks every method of every service that the server has: none does anything
// for a caller who has not proved who they are.

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptor;
using ::google::protobuf::MethodDescriptor;
using ::google::protobuf::ServiceDescriptor;
using ::grpc::StatusCode;
using ::testing::AnyOf;

constexpr char kIssueToken[] = "/sluice.v1.Tokens/IssueToken";
constexpr char kAdmin[] = "sluice.v1.Admin";
// Takes an empty request as one about the token of the call.
constexpr char kTokens[] = "sluice.v1.Tokens";

struct Method {
  std::string path;
  std::string service;
  // Whether a request without fields is all that there is.
  bool is_bare = false;
};

// Names of the files of the API, such as "sluice/v1/database.proto".
std::vector<std::string> ApiFiles() {
  std::vector<std::string> files;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(
      opendir(SourcePath("proto/sluice/v1").c_str()), &closedir);
  if (folder == nullptr) return files;
  while (const dirent* entry = readdir(folder.get())) {
    if (absl::EndsWith(entry->d_name, ".proto")) {
      files.push_back(absl::StrCat("sluice/v1/", entry->d_name));
    }
  }
  return files;
}

std::vector<Method> AllMethods() {
  std::vector<Method> methods;
  for (const std::string& name : ApiFiles()) {
    const FileDescriptor* file =
        DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr) {
      ADD_FAILURE() << name << " is not linked to this test";
      continue;
    }
    for (int i = 0; i < file->service_count(); ++i) {
      const ServiceDescriptor* service = file->service(i);
      for (int j = 0; j < service->method_count(); ++j) {
        const MethodDescriptor* method = service->method(j);
        methods.push_back(
            {absl::StrCat("/", service->full_name(), "/", method->name()),
             service->full_name(), method->input_type()->field_count() == 0});
      }
    }
  }
  return methods;
}

class MethodWalkTest : public StackTest<MethodWalkTest> {
 protected:
  friend class StackTest<MethodWalkTest>;

  // Callers who are refused all the time keep their connection.
  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"listener.max_invalid_tokens", "100000"}};
    return options;
  }

  static ClientOptions OptionsOf(const std::string& certificate) {
    return stack().client_options(certificate, stack().gateway().port());
  }
  static GatewayClient ClientWith(std::vector<std::string> authorization) {
    ClientOptions options = OptionsOf("app");
    options.authorization = std::move(authorization);
    return GatewayClient(options);
  }
};

TEST_F(MethodWalkTest, FindsTheServices) {
  int of_admin = 0;
  int of_tokens = 0;
  const std::vector<Method> methods = AllMethods();
  for (const Method& method : methods) {
    of_admin += method.service == kAdmin ? 1 : 0;
    of_tokens += method.service == kTokens ? 1 : 0;
  }
  EXPECT_GE(of_admin, 5);
  EXPECT_GE(of_tokens, 5);
  EXPECT_GE(methods.size(), 17);
}

TEST_F(MethodWalkTest, EveryMethodIsServedToWhoMayCallIt) {
  ClientOptions options = OptionsOf("admin");
  options.scopes = {"admin", "read", "write"};
  GatewayClient admin(options);
  for (const Method& method : AllMethods()) {
    const grpc::Status answer = admin.CallByPath(method.path);
    if (method.is_bare) {
      EXPECT_THAT(answer, IsOk()) << method.path;
    } else {
      // The empty request may be at fault, but never the caller.
      EXPECT_THAT(answer,
                  AnyOf(IsOk(),
                        FailsWith(StatusCode::INVALID_ARGUMENT,
                                  v1::ERROR_REASON_INVALID_REQUEST),
                        FailsWith(StatusCode::FAILED_PRECONDITION,
                                  v1::ERROR_REASON_REVOCATION_UNAVAILABLE)))
          << method.path;
    }
  }
}

TEST_F(MethodWalkTest, NoMethodButIssueTokenWorksWithoutAToken) {
  GatewayClient silent = ClientWith({});
  for (const Method& method : AllMethods()) {
    const grpc::Status answer = silent.CallByPath(method.path);
    if (method.path == kIssueToken) {
      EXPECT_THAT(answer, IsOk());
    } else {
      EXPECT_THAT(answer, FailsWith(StatusCode::UNAUTHENTICATED,
                                    v1::ERROR_REASON_TOKEN_MISSING))
          << method.path;
    }
  }
}

TEST_F(MethodWalkTest, NoMethodTakesWhatIsNotOneBearerToken) {
  GatewayClient app = stack().MakeClient();
  const std::string token = app.IssueToken().response.token();
  const std::vector<std::vector<std::string>> headers = {
      {""},
      {token},
      {absl::StrCat("Basic ", token)},
      {absl::StrCat("Bearer", token)},
      {"Bearer "},
      {absl::StrCat("Bearer ", token), absl::StrCat("Bearer ", token)},
      {absl::StrCat("Bearer ", token), "Bearer x"}};
  GatewayClient right = ClientWith({absl::StrCat("Bearer ", token)});
  EXPECT_THAT(right.Query("SELECT 1").status, IsOk());
  for (const std::vector<std::string>& header : headers) {
    GatewayClient wrong = ClientWith(header);
    for (const Method& method : AllMethods()) {
      if (method.path == kIssueToken) continue;
      EXPECT_THAT(wrong.CallByPath(method.path),
                  FailsWith(StatusCode::UNAUTHENTICATED,
                            v1::ERROR_REASON_TOKEN_MISSING))
          << method.path << " with " << header.size() << ": " << header[0];
    }
  }
}

TEST_F(MethodWalkTest, EveryMethodRefusesEveryBadTokenWithTheSameWords) {
  GatewayClient app = stack().MakeClient();
  const std::string token = app.IssueToken().response.token();
  std::string changed = token;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  GatewayClient spare(OptionsOf("spare"));
  const std::string bad_tokens[] = {"x",
                                    "..",
                                    changed,
                                    absl::StrCat(" ", token),
                                    absl::StrCat(token, "."),
                                    std::string(8000, 'x'),
                                    spare.IssueToken().response.token()};
  const grpc::Status first = ClientWith({"Bearer x"}).Query("SELECT 1").status;
  for (const std::string& bad : bad_tokens) {
    GatewayClient client = ClientWith({absl::StrCat("Bearer ", bad)});
    for (const Method& method : AllMethods()) {
      if (method.path == kIssueToken) continue;
      const grpc::Status answer = client.CallByPath(method.path);
      EXPECT_THAT(answer, FailsWith(StatusCode::UNAUTHENTICATED,
                                    v1::ERROR_REASON_TOKEN_INVALID))
          << method.path;
      EXPECT_EQ(answer.error_message(), first.error_message()) << method.path;
      EXPECT_EQ(answer.error_details(), first.error_details()) << method.path;
    }
  }
  EXPECT_THAT(
      ClientWith({absl::StrCat("Bearer ", token)}).Query("SELECT 1").status,
      IsOk());
}

TEST_F(MethodWalkTest, AdminMethodsAreForAdminsWithTheScopeAdmin) {
  ClientOptions options = OptionsOf("app");
  options.scopes = {"admin"};
  GatewayClient no_admin(options);
  options = OptionsOf("admin");
  options.scopes = {"read", "write", "ddl", "copy", "listen"};
  GatewayClient no_scope(options);
  options.scopes = {};
  GatewayClient no_scopes(options);
  for (const Method& method : AllMethods()) {
    if (method.service != kAdmin) continue;
    for (GatewayClient* client : {&no_admin, &no_scope, &no_scopes}) {
      EXPECT_THAT(client->CallByPath(method.path),
                  FailsWith(StatusCode::PERMISSION_DENIED,
                            v1::ERROR_REASON_ADMIN_REQUIRED))
          << method.path;
    }
  }
}

TEST_F(MethodWalkTest, EveryMethodRefusesACertificateThatIsNoApps) {
  ASSERT_TRUE(stack().certificates().MakeOddClient("ca", "nameless", "").ok());
  GatewayClient stranger(OptionsOf("stranger"));
  GatewayClient nameless(OptionsOf("nameless"));
  for (const Method& method : AllMethods()) {
    EXPECT_THAT(stranger.CallByPath(method.path),
                FailsWith(StatusCode::PERMISSION_DENIED,
                          v1::ERROR_REASON_APP_NOT_ALLOWED))
        << method.path;
    EXPECT_THAT(nameless.CallByPath(method.path),
                FailsWith(StatusCode::UNAUTHENTICATED,
                          v1::ERROR_REASON_IDENTITY_INVALID))
        << method.path;
  }
}

TEST_F(MethodWalkTest, HealthNeedsNoToken) {
  GatewayClient silent = ClientWith({});
  EXPECT_THAT(silent.CheckHealth("").status, IsOk());
}

}  // namespace
}  // namespace sluice::testing

// Tokens and Admin against services that note what they are asked.

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sluice/client/admin.h"
#include "sluice/client/test_told_tokens.h"
#include "sluice/client/tokens.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;

// "NAME: REQUEST (METADATA)" of each call.
using Log = std::vector<std::string>;

template <typename Request>
grpc::Status Note(const char* name, const grpc::ServerContext* context,
                  const Request* request, Log& log) {
  log.push_back(absl::StrCat(name, ": ", request->ShortDebugString(), " (",
                             TokenOf(*context), ")"));
  return grpc::Status::OK;
}

class NotedTokens : public ToldTokens {
 public:
  explicit NotedTokens(Log& log) : log_(log) {}

  grpc::Status IssueToken(grpc::ServerContext* context,
                          const v1::IssueTokenRequest* request,
                          v1::IssueTokenResponse* response) override {
    Note("issue", context, request, log_);
    return ToldTokens::IssueToken(context, request, response);
  }
  grpc::Status RevokeToken(grpc::ServerContext* context,
                           const v1::RevokeTokenRequest* request,
                           v1::RevokeTokenResponse*) override {
    return Note("revoke", context, request, log_);
  }
  grpc::Status IntrospectToken(grpc::ServerContext* context,
                               const v1::IntrospectTokenRequest* request,
                               v1::IntrospectTokenResponse* response) override {
    response->set_app("demo");
    return Note("introspect", context, request, log_);
  }
  grpc::Status GetSigningKeys(grpc::ServerContext* context,
                              const v1::GetSigningKeysRequest* request,
                              v1::GetSigningKeysResponse*) override {
    return Note("keys", context, request, log_);
  }

 private:
  Log& log_;
};

class NotedAdmin : public v1::Admin::Service {
 public:
  explicit NotedAdmin(Log& log) : log_(log) {}

  grpc::Status RevokeTokens(grpc::ServerContext* context,
                            const v1::RevokeTokensRequest* request,
                            v1::RevokeTokensResponse*) override {
    return Note("revoke", context, request, log_);
  }
  grpc::Status GetVersion(grpc::ServerContext* context,
                          const v1::GetVersionRequest* request,
                          v1::GetVersionResponse* response) override {
    response->set_instance("g1");
    return Note("version", context, request, log_);
  }
  grpc::Status ReloadConfig(grpc::ServerContext* context,
                            const v1::ReloadConfigRequest* request,
                            v1::ReloadConfigResponse*) override {
    return Note("reload", context, request, log_);
  }
  grpc::Status ListActivity(grpc::ServerContext* context,
                            const v1::ListActivityRequest* request,
                            v1::ListActivityResponse*) override {
    return Note("list", context, request, log_);
  }
  grpc::Status CancelActivity(grpc::ServerContext* context,
                              const v1::CancelActivityRequest* request,
                              v1::CancelActivityResponse*) override {
    return Note("cancel", context, request, log_);
  }

 private:
  Log& log_;
};

class ServicesTest : public ::testing::Test {
 protected:
  ServicesTest() : noted_tokens_(log_), noted_admin_(log_) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&noted_tokens_);
    builder.RegisterService(&noted_admin_);
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials());
  }

  Log log_;
  NotedTokens noted_tokens_;
  NotedAdmin noted_admin_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ServicesTest, ATokenIsIssuedToTheCertificateAlone) {
  const Tokens tokens(channel_, {});
  const auto issued =
      tokens.Issue({.scopes = {"read"}, .ttl = absl::Seconds(30)});
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->token(), "token 1");
  EXPECT_THAT(log_, ElementsAre("issue: ttl { seconds: 30 } scopes: \"read\" "
                                "()"));
}

TEST_F(ServicesTest, CallsAboutATokenCarryAnother) {
  const Tokens tokens(channel_, {});
  const auto said = tokens.Introspect("x");
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_EQ(said->app(), "demo");
  EXPECT_TRUE(tokens.Revoke("x").ok());
  EXPECT_TRUE(tokens.GetSigningKeys().ok());
  EXPECT_THAT(log_, ElementsAre("issue:  ()",
                                "introspect: token: \"x\" (Bearer token 1)",
                                "revoke: token: \"x\" (Bearer token 1)",
                                "keys:  (Bearer token 1)"));
}

TEST_F(ServicesTest, CallsOfAnAdminCarryATokenWithTheScope) {
  const Admin admin(channel_, {});
  v1::RevokeTokensRequest revocation;
  revocation.set_app("demo");
  EXPECT_TRUE(admin.RevokeTokens(revocation).ok());
  EXPECT_EQ(admin.GetVersion()->instance(), "g1");
  EXPECT_TRUE(admin.ReloadConfig().ok());
  EXPECT_TRUE(admin.ListActivity().ok());
  EXPECT_TRUE(admin.CancelActivity("7").ok());
  EXPECT_THAT(
      log_, ElementsAre("issue: scopes: \"admin\" ()",
                        "revoke: app: \"demo\" (Bearer token 1)",
                        "version:  (Bearer token 1)",
                        "reload:  (Bearer token 1)", "list:  (Bearer token 1)",
                        "cancel: activity_id: \"7\" (Bearer token 1)"));
}

}  // namespace
}  // namespace sluice::client

#include "server/identity/app_directory.h"

#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::identity {
namespace {

absl::StatusOr<AppDirectory> MakeDirectory(const std::string& config_text) {
  config::v1::Config config;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(config_text, &config));
  return AppDirectory::Make(config);
}

class AppDirectoryTest : public testing::Test {
 protected:
  absl::StatusOr<const Principal*> Find(std::vector<std::string> uri_names) {
    return directory_->FindPrincipal(uri_names);
  }

  void ExpectInvalid(std::vector<std::string> uri_names) {
    absl::Status status = Find(uri_names).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated)
        << testing::PrintToString(uri_names);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_IDENTITY_INVALID);
  }

  absl::StatusOr<AppDirectory> directory_ = MakeDirectory(R"pb(
    identity { trust_domain: "sluice.example" }
    apps {
      name: "demo"
      spiffe_id: "spiffe://sluice.example/app/demo"
      databases: "demo"
      databases: "other"
    }
    apps { name: "idle" spiffe_id: "spiffe://sluice.example/app/idle" }
  )pb");
};

TEST_F(AppDirectoryTest, FindsTheAppOfAnIdentity) {
  absl::StatusOr<const Principal*> principal =
      Find({"spiffe://sluice.example/app/demo"});
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ((*principal)->app, "demo");
  EXPECT_EQ((*principal)->spiffe_id, "spiffe://sluice.example/app/demo");
  EXPECT_TRUE((*principal)->MayUse("demo"));
  EXPECT_TRUE((*principal)->MayUse("other"));
  EXPECT_FALSE((*principal)->MayUse("third"));
  EXPECT_FALSE((*principal)->MayUse(""));
}

TEST_F(AppDirectoryTest, AppWithoutGrantsMayUseNothing) {
  absl::StatusOr<const Principal*> principal =
      Find({"spiffe://sluice.example/app/idle"});
  ASSERT_TRUE(principal.ok());
  EXPECT_FALSE((*principal)->MayUse("demo"));
}

TEST_F(AppDirectoryTest, RefusesACertificateWithoutExactlyOneUriName) {
  ExpectInvalid({});
  ExpectInvalid(
      {"spiffe://sluice.example/app/demo", "spiffe://sluice.example/app/idle"});
  ExpectInvalid({"spiffe://sluice.example/app/demo", "https://example"});
  ExpectInvalid(
      {"spiffe://sluice.example/app/demo", "spiffe://sluice.example/app/demo"});
}

TEST_F(AppDirectoryTest, RefusesWhatIsNoIdentityOfTheTrustDomain) {
  ExpectInvalid({""});
  ExpectInvalid({"https://sluice.example/app/demo"});
  ExpectInvalid({"spiffe://other.example/app/demo"});
  ExpectInvalid({"spiffe://sluice.example.other/app/demo"});
  ExpectInvalid({"spiffe://SLUICE.example/app/demo"});
  ExpectInvalid({"spiffe://sluice.example/app/demo/"});
  ExpectInvalid({"spiffe://sluice.example/app/./demo"});
  ExpectInvalid({"spiffe://sluice.example/app/demo?x"});
  ExpectInvalid({std::string("spiffe://sluice.example/app/demo\0", 33)});
}

TEST_F(AppDirectoryTest, RefusesAnIdentityThatNoAppHas) {
  absl::Status status = Find({"spiffe://sluice.example/app/demo2"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_APP_NOT_ALLOWED);
}

TEST(AppDirectoryMakeTest, ReportsAllFaultsAtOnce) {
  absl::Status status =
      MakeDirectory(R"pb(
        identity { trust_domain: "sluice.example" }
        apps { name: "a" spiffe_id: "spiffe://other/a" }
        apps { name: "b" spiffe_id: "spiffe://sluice.example/b" }
        apps { name: "c" spiffe_id: "spiffe://sluice.example/b" }
        apps { name: "d" spiffe_id: "demo" }
      )pb")
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "apps[0].spiffe_id: it is not of the trust domain sluice.example\n"
            "apps[2].spiffe_id: another app has it too\n"
            "apps[3].spiffe_id: it does not begin with spiffe://");
}

TEST(AppDirectoryMakeTest, RefusesATrustDomainInCapitals) {
  absl::Status status =
      MakeDirectory("identity { trust_domain: 'Sluice.example' }").status();
  EXPECT_EQ(status.message(),
            "identity.trust_domain: a trust domain may hold a-z, 0-9, '.', '-' "
            "and '_' only");
}

}  // namespace
}  // namespace sluice::identity

#include "tests/fuzz/fuzz_deployment.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/identity/base64url.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {
namespace {

using identity::SigningKey;
using identity::SigningKeys;

constexpr size_t kMaxCached = 16;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

// RFC 8410, section 7: the key is an octet string within an octet string.
constexpr char kPem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    "-----END PRIVATE KEY-----\n";

SigningKey Key() {
  absl::StatusOr<SigningKey> key = SigningKey::ParsePem(kPem);
  Require(key.ok(), "the key of the fuzzers");
  return *std::move(key);
}

identity::TokenProfile Profile() {
  identity::TokenProfile profile;
  profile.issuer = "issuer";
  profile.audience = "audience";
  return profile;
}

identity::TokenClaims Claims() {
  identity::TokenClaims claims;
  claims.subject = "spiffe://sluice.example/app/demo";
  claims.app = "demo";
  claims.token_id = identity::EncodeBase64Url("0123456789abcdef");
  claims.scopes = {"read", "database:demo"};
  claims.issue_time = kNow;
  claims.expire_time = kNow + absl::Minutes(10);
  claims.authentication_time = kNow - absl::Hours(1);
  claims.thumbprint = identity::EncodeBase64Url(std::string(32, 'a'));
  return claims;
}

// Keys are read from a folder alone.
std::shared_ptr<const SigningKeys> LoadKeys(const SigningKey& key) {
  std::string folder = std::filesystem::temp_directory_path() / "fuzz.XXXXXX";
  Require(mkdtemp(folder.data()) != nullptr, "a temporary folder");
  const std::string path =
      absl::StrCat(folder, "/", key.id(), ".active.1700000000.pem");
  std::ofstream(path) << key.ToPem();
  chmod(path.c_str(), 0600);
  absl::StatusOr<std::shared_ptr<const SigningKeys>> keys =
      SigningKeys::Load(folder);
  std::filesystem::remove_all(folder);
  Require(keys.ok(), "the keys of the fuzzers");
  return *std::move(keys);
}

}  // namespace

FuzzDeployment& FuzzDeployment::Get() {
  static auto* const kDeployment = new FuzzDeployment();
  return *kDeployment;
}

FuzzDeployment::FuzzDeployment()
    : forge_(Profile(), Key(), Claims()), valid_(forge_.Valid()) {
  keys_.Set(LoadKeys(forge_.key()));
  revocations_.Set(std::make_shared<const identity::Revocations>());
  verifier_ = std::make_unique<identity::TokenVerifier>(Profile(), kMaxCached,
                                                        keys_, revocations_);
  Require(Verifies(valid_), "the valid token");
}

bool FuzzDeployment::Verifies(absl::string_view token) {
  const identity::TokenClaims& claims = forge_.claims();
  const absl::Status status =
      verifier_->Verify(token, claims.thumbprint, claims.subject, kNow)
          .status();
  Require(status.ok() || status == identity::TokenInvalidError(),
          absl::StrCat("the one error: ", status.ToString()));
  return status.ok();
}

}  // namespace sluice::fuzz

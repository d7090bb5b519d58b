// Measures the check of a call that the guard makes, of what it has seen
// before: certificate, token, app and grant.
//
//   sluice_check_bench [MAX_NANOSECONDS]
//
// Prints a Markdown table. With a limit it fails when even the best round of
// the whole check takes longer.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/snapshot.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/signing_key_folder.h"
#include "server/identity/test_certificate.h"
#include "server/identity/token_issuer.h"
#include "server/identity/token_verifier.h"
#include "server/policy/permit.h"
#include "server/policy/policy.h"
#include "tests/bench/cpu_timing.h"

namespace sluice::bench {
namespace {

using identity::CommonNames;
using identity::PeerCertificate;
using identity::PeerCertificates;
using identity::Revocations;
using identity::SigningKeys;
using identity::TestCertificate;
using identity::TokenClaims;
using identity::TokenIssuer;
using identity::TokenVerifier;
using policy::Policy;

constexpr char kDomain[] = "sluice.example";
constexpr char kIdentity[] = "spiffe://sluice.example/app/demo";
// As many as are in use at once, so that caches of the processor count too.
constexpr int kTokenCount = 1000;
constexpr size_t kMaxCached = 65'536;

void Require(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "sluice_check_bench: %s\n", what);
  std::exit(2);
}

template <typename T>
T Must(absl::StatusOr<T> value, const char* what) {
  Require(value.ok(), what);
  return *std::move(value);
}

std::shared_ptr<const SigningKeys> MakeKeys() {
  std::string folder = std::filesystem::temp_directory_path() / "keys.XXXXXX";
  Require(mkdtemp(folder.data()) != nullptr, "no temporary folder");
  const absl::Time now = absl::Now();
  const auto key =
      Must(identity::GenerateSigningKey(folder, now), "no signing key");
  Must(SetSigningKeyState(folder, key, identity::KeyState::kActive, now),
       "no active key");
  Must(identity::GenerateSigningKey(folder, now), "no prepared key");
  auto keys = Must(SigningKeys::Load(folder), "no keys");
  std::filesystem::remove_all(folder);
  return keys;
}

std::shared_ptr<const Policy> MakePolicy() {
  config::v1::Config config;
  config.mutable_identity()->set_trust_domain(kDomain);
  config.mutable_tokens()->mutable_default_ttl()->set_seconds(600);
  config.mutable_tokens()->mutable_max_ttl()->set_seconds(900);
  config::v1::Database& database = *config.add_databases();
  database.set_name("demo");
  database.set_entry("demo.{role}");
  config::v1::Policy policy;
  config::v1::App& app = *policy.add_apps();
  app.set_name("demo");
  app.add_spiffe_ids(kIdentity);
  config::v1::Grant& grant = *app.add_grants();
  grant.set_database("demo");
  grant.set_role("demo_rw");
  grant.add_access(config::v1::ACCESS_READ);
  grant.add_access(config::v1::ACCESS_WRITE);
  return Must(Policy::Make(policy, config), "no policy");
}

// All that a check needs, as the gateway has it.
class Bench {
 public:
  Bench()
      : keys_(MakeKeys()),
        revocations_(std::make_shared<const Revocations>(MakeRevocations())),
        policy_(MakePolicy()),
        certificates_(kDomain, CommonNames::kRefused),
        verifier_(Profile(), kMaxCached, keys_, revocations_) {
    TestCertificate certificate;
    pem_ = certificate.CommonName("demo").Uri(kIdentity).Pem();
    peer_ = Must(certificates_.Find(pem_), "no certificate");
    const TokenIssuer issuer(Profile(), keys_);
    for (int i = 0; i < kTokenCount; ++i) {
      TokenClaims claims;
      claims.subject = kIdentity;
      claims.app = "demo";
      claims.scopes = {"read", "write"};
      claims.issue_time = absl::Now();
      claims.expire_time = claims.issue_time + absl::Minutes(15);
      claims.authentication_time = claims.issue_time;
      claims.thumbprint = peer_->thumbprint;
      tokens_.push_back(Must(issuer.Sign(claims), "no token"));
      CheckToken(i);
    }
  }

  void CheckCertificate(int) {
    Must(certificates_.Find(pem_), "a certificate is refused");
  }
  std::shared_ptr<const TokenClaims> CheckToken(int call) {
    return Must(
        verifier_.Verify(tokens_[static_cast<size_t>(call % kTokenCount)],
                         peer_->thumbprint, peer_->identity, absl::Now()),
        "a token is refused");
  }
  void CheckPolicy(const TokenClaims& claims) {
    std::shared_ptr<const Policy> policy = policy_.Get();
    const policy::App* app = policy->FindApp(claims.subject);
    Require(app != nullptr && app->name == claims.app, "no such app");
    const policy::Permit permit(
        std::move(policy), *app,
        Must(policy::Scope::Parse(claims.scopes), "a scope is refused"));
    Must(permit.FindGrant("demo", {policy::Right::kRead}), "no grant");
  }
  void CheckAll(int call) {
    CheckCertificate(call);
    CheckPolicy(*CheckToken(call));
  }
  const std::string& token() const { return tokens_.front(); }

 private:
  static identity::TokenProfile Profile() {
    identity::TokenProfile profile;
    profile.issuer = "sluice";
    profile.audience = "sluice";
    return profile;
  }

  static Revocations MakeRevocations() {
    Revocations revocations;
    revocations.AddToken("another");
    revocations.AddApp("another", absl::Now());
    revocations.AddCertificate("another");
    revocations.AddKey("another");
    return revocations;
  }

  const Snapshot<SigningKeys> keys_;
  const Snapshot<Revocations> revocations_;
  const Snapshot<Policy> policy_;
  PeerCertificates certificates_;
  TokenVerifier verifier_;
  std::string pem_;
  std::shared_ptr<const PeerCertificate> peer_;
  std::vector<std::string> tokens_;
};

int Main(int argc, char** argv) {
  Bench bench;
  const auto claims = bench.CheckToken(0);
  std::printf("A token has %zu bytes.\n\n", bench.token().size());
  PrintTableHead("check");
  MeasureRow("certificate", [&](int i) { bench.CheckCertificate(i); });
  MeasureRow("token", [&](int i) { bench.CheckToken(i); });
  MeasureRow("app, scopes and grant", [&](int) { bench.CheckPolicy(*claims); });
  const Timing all = MeasureRow("all", [&](int i) { bench.CheckAll(i); });
  if (argc < 2 || all.best_ns <= std::atof(argv[1])) return EXIT_SUCCESS;
  std::fprintf(stderr, "the whole check takes longer than %s ns\n", argv[1]);
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::Main(argc, argv); }

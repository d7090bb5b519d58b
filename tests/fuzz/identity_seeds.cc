#include "tests/fuzz/identity_seeds.h"

#include "absl/strings/str_cat.h"
#include "server/identity/test_certificate.h"
#include "server/identity/test_hostile_tokens.h"
#include "tests/fuzz/fuzz_deployment.h"

namespace sluice::fuzz {
namespace {

using identity::ForgedToken;
using identity::TestCertificate;
using identity::TokenForge;

using Seeds = std::vector<std::string>;

// The form of a seed in front.
std::string Form(char form, absl::string_view rest) {
  return absl::StrCat(std::string(1, form), rest);
}

// The claims of a token, where it has some.
void AddClaims(const std::string& token, Seeds& seeds) {
  const size_t begin = token.find('.');
  const size_t end = token.find('.', begin + 1);
  std::string json;
  if (end != token.npos &&
      identity::DecodeBase64Url(token.substr(begin + 1, end - begin - 1),
                                &json)) {
    seeds.push_back(Form(2, json));
  }
}

Seeds TokenSeeds() {
  const TokenForge& forge = FuzzDeployment::Get().forge();
  Seeds seeds = {Form(0, forge.Valid()), Form(1, "\1\1\1\1"),
                 Form(2, forge.ClaimsJson())};
  std::string header;
  identity::DecodeBase64Url(forge.key().token_header(), &header);
  seeds.push_back(Form(3, header));
  for (const ForgedToken& token : identity::HostileTokens()) {
    seeds.push_back(Form(0, token.make(forge)));
    AddClaims(token.make(forge), seeds);
  }
  // As whole tokens they would be valid.
  for (const ForgedToken& token : identity::BorderlineTokens()) {
    AddClaims(token.make(forge), seeds);
  }
  return seeds;
}

Seeds SpiffeSeeds() {
  return {"spiffe://sluice.example/app/demo",
          "spiffe://a-b_c.1/x",
          "spiffe://sluice.example",
          "spiffe://sluice.example/",
          "spiffe://sluice.example//a",
          "spiffe://sluice.example/a/../b",
          "spiffe://sluice.example/./b",
          "spiffe://sluice.example/...",
          "spiffe://Sluice.example/a",
          "spiffe://user@sluice.example:1/a?b#c",
          absl::StrCat("spiffe://", std::string(255, 'a'), "/b"),
          absl::StrCat("spiffe://a/", std::string(2037, 'b'))};
}

void AddCertificate(TestCertificate& certificate, Seeds& seeds) {
  seeds.push_back(Form(0, certificate.Pem()));
  seeds.push_back(Form(1, certificate.Der()));
}

Seeds CertificateSeeds() {
  constexpr char kUri[] = "spiffe://sluice.example/app/demo";
  Seeds seeds;
  TestCertificate plain;
  AddCertificate(plain.Uri(kUri), seeds);
  TestCertificate named;
  AddCertificate(named.CommonName("demo"), seeds);
  TestCertificate many;
  AddCertificate(many.CommonName("a").CommonName("b").Dns("c").Uri(kUri).Uri(
                     "spiffe://other.example/x"),
                 seeds);
  TestCertificate ca;
  AddCertificate(ca.Uri(kUri).Ca(), seeds);
  TestCertificate odd;
  AddCertificate(odd.Extension(NID_subject_alt_name, "x"), seeds);
  return seeds;
}

}  // namespace

std::vector<std::string> IdentitySeeds(absl::string_view fuzzer) {
  if (fuzzer == "token_fuzzer") return TokenSeeds();
  if (fuzzer == "spiffe_fuzzer") return SpiffeSeeds();
  if (fuzzer == "certificate_fuzzer") return CertificateSeeds();
  return {};
}

}  // namespace sluice::fuzz

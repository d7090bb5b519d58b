// Hostile tokens whose claims are in order: what is wrong is around them.

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/identity/test_hostile_tokens.h"

namespace sluice::identity {
namespace {

std::string HeaderJson(const TokenForge& forge, absl::string_view alg = "EdDSA",
                       absl::string_view more = "") {
  return absl::StrCat(R"({"alg":")", alg, R"(","kid":")", forge.key().id(),
                      R"(","typ":"at+jwt")", more, "}");
}

// A header that the right key has signed with Ed25519 all the same.
ForgedToken Header(std::string name,
                   std::function<std::string(const TokenForge&)> json) {
  return {std::move(name), [json](const TokenForge& forge) {
            return forge.ForgeHeader(json(forge));
          }};
}

ForgedToken HeaderWith(std::string name, std::string alg,
                       std::string more = "") {
  return Header(std::move(name), [=](const TokenForge& forge) {
    return HeaderJson(forge, alg, more);
  });
}

// The public key as the secret of an HMAC: RFC 8725, section 2.1.
std::string SignedWithPublicKey(const TokenForge& forge) {
  const std::string text =
      absl::StrCat(EncodeBase64Url(HeaderJson(forge, "HS256")), ".",
                   EncodeBase64Url(forge.ClaimsJson()));
  const std::string& secret = forge.key().public_key();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac,
       &size);
  return absl::StrCat(
      text, ".", EncodeBase64Url({reinterpret_cast<const char*>(mac), size}));
}

// Without any signature.
std::string Unsigned(const TokenForge& forge, absl::string_view alg) {
  return absl::StrCat(EncodeBase64Url(HeaderJson(forge, alg)), ".",
                      EncodeBase64Url(forge.ClaimsJson()), ".");
}

std::string SignedByForeignKey(const TokenForge& forge, const SigningKey& key,
                               absl::string_view header) {
  const std::string text =
      absl::StrCat(header, ".", EncodeBase64Url(forge.ClaimsJson()));
  return absl::StrCat(text, ".", EncodeBase64Url(key.Sign(text)));
}

std::vector<ForgedToken> HeaderRows() {
  return {
      {"AlgNone", [](const TokenForge& d) { return Unsigned(d, "none"); }},
      {"AlgNoneInCapitals",
       [](const TokenForge& d) { return Unsigned(d, "NONE"); }},
      {"RightHeaderWithoutSignature",
       [](const TokenForge& d) { return Unsigned(d, "EdDSA"); }},
      {"HmacWithThePublicKey", SignedWithPublicKey},
      HeaderWith("AlgNoneSigned", "none"),
      HeaderWith("AlgEmpty", ""),
      HeaderWith("AlgInLowerCase", "eddsa"),
      HeaderWith("AlgEs256", "ES256"),
      HeaderWith("AlgRs256", "RS256"),
      HeaderWith("AlgEd25519", "Ed25519"),
      HeaderWith("WithKeySetUrl", "EdDSA",
                 R"(,"jku":"https://evil.example/keys")"),
      HeaderWith("WithKey", "EdDSA",
                 R"(,"jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"})"),
      HeaderWith("WithCertificateUrl", "EdDSA",
                 R"(,"x5u":"https://evil.example/x")"),
      HeaderWith("WithCertificates", "EdDSA", R"(,"x5c":["AA"])"),
      HeaderWith("WithCritical", "EdDSA", R"(,"crit":["exp"])"),
      HeaderWith("WithUnencodedPayload", "EdDSA",
                 R"(,"b64":false,"crit":["b64"])"),
      HeaderWith("WithTwoAlgs", "EdDSA", R"(,"alg":"none")"),
      HeaderWith("WithEncryption", "EdDSA", R"(,"enc":"A256GCM")"),
      HeaderWith("WithCompression", "EdDSA", R"(,"zip":"DEF")"),
      Header("InAnotherOrder",
             [](const TokenForge& d) {
               return absl::StrCat(R"({"typ":"at+jwt","alg":"EdDSA","kid":")",
                                   d.key().id(), R"("})");
             }),
      Header(
          "WithWhiteSpace",
          [](const TokenForge& d) { return absl::StrCat(HeaderJson(d), " "); }),
      Header("OfAnotherType",
             [](const TokenForge& d) {
               return absl::StrReplaceAll(HeaderJson(d), {{"at+jwt", "JWT"}});
             }),
      Header("WithoutKeyId",
             [](const TokenForge&) {
               return R"({"alg":"EdDSA","typ":"at+jwt"})";
             }),
      Header("WithAPathAsKeyId",
             [](const TokenForge& d) {
               return absl::StrReplaceAll(HeaderJson(d),
                                          {{d.key().id(), "../../dev/null"}});
             }),
      Header("WithSqlAsKeyId",
             [](const TokenForge& d) {
               return absl::StrReplaceAll(HeaderJson(d),
                                          {{d.key().id(), "' OR 1=1"}});
             }),
      Header("Empty", [](const TokenForge&) { return ""; }),
      Header("EmptyObject", [](const TokenForge&) { return "{}"; }),
      {"HeaderInJson",
       [](const TokenForge& d) {
         return d.Forge(HeaderJson(d), EncodeBase64Url(d.ClaimsJson()));
       }},
      {"HeaderWithPadding",
       [](const TokenForge& d) {
         return d.Forge(absl::StrCat(d.key().token_header(), "="),
                        EncodeBase64Url(d.ClaimsJson()));
       }},
      {"UnknownKey",
       [](const TokenForge& d) {
         const SigningKey key = SigningKey::Generate();
         return SignedByForeignKey(d, key, key.token_header());
       }},
      {"UnknownKeyUnderAKnownName",
       [](const TokenForge& d) {
         return SignedByForeignKey(d, SigningKey::Generate(),
                                   d.key().token_header());
       }},
  };
}

// The other spellings of a text in base64url that ends with bits to spare.
std::string WithSpareBits(std::string text) {
  constexpr absl::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  text.back() = kDigits[kDigits.find(text.back()) + 1];
  return text;
}

// White space after its claims gives them that many bytes modulo 3.
std::string ClaimsOfLength(const TokenForge& forge, size_t rest) {
  std::string json = forge.ClaimsJson();
  while (json.size() % 3 != rest) json += ' ';
  return EncodeBase64Url(json);
}

ForgedToken Claims64(std::string name, size_t rest,
                     std::function<std::string(std::string)> change) {
  return {std::move(name), [=](const TokenForge& forge) {
            return forge.Forge(forge.key().token_header(),
                               change(ClaimsOfLength(forge, rest)));
          }};
}

// Changes the whole of the valid token.
ForgedToken Token(std::string name,
                  std::function<std::string(std::string)> change) {
  return {std::move(name), [change](const TokenForge& forge) {
            return change(forge.ForgeClaims(forge.ClaimsJson()));
          }};
}

std::vector<ForgedToken> FormRows() {
  using Text = std::string;
  return {
      Token("Nothing", [](const Text&) { return ""; }),
      Token("ADot", [](const Text&) { return "."; }),
      Token("TwoDots", [](const Text&) { return ".."; }),
      Token("ManyDots", [](const Text&) { return Text(4000, '.'); }),
      Token("AFourthPart", [](const Text& t) { return t + "."; }),
      Token("AFourthPartWithText", [](const Text& t) { return t + ".AA"; }),
      Token("ADotInFront", [](const Text& t) { return "." + t; }),
      Token("WithoutSignatureAndDot",
            [](const Text& t) { return t.substr(0, t.rfind('.')); }),
      Token("WithoutSignature",
            [](const Text& t) { return t.substr(0, t.rfind('.') + 1); }),
      Token("WithoutHeader",
            [](const Text& t) { return t.substr(t.find('.')); }),
      Token("ASpaceAfter", [](const Text& t) { return t + " "; }),
      Token("ASpaceBefore", [](const Text& t) { return " " + t; }),
      Token("ALineFeedAfter", [](const Text& t) { return t + "\n"; }),
      Token("ANulAfter", [](const Text& t) { return t + Text(1, '\0'); }),
      Token("Twice", [](const Text& t) { return t + t; }),
      Token("InCapitals",
            [](const Text& t) { return absl::AsciiStrToUpper(t); }),
      Token("WithBearer", [](const Text& t) { return "Bearer " + t; }),
      Token("SignatureWithPadding", [](const Text& t) { return t + "=="; }),
      Token("SignatureWithAByteMore", [](const Text& t) { return t + "A"; }),
      Token("SignatureWithThreeBytesMore",
            [](const Text& t) { return t + "AAAA"; }),
      Token("SignatureWithACharacterLess",
            [](const Text& t) { return t.substr(0, t.size() - 1); }),
      Token("SignatureWithSpareBits", WithSpareBits),
      Token("SignatureOfZeros",
            [](const Text& t) {
              return t.substr(0, t.rfind('.') + 1) +
                     EncodeBase64Url(Text(64, '\0'));
            }),
      Claims64("ClaimsWithPadding", 2, [](const Text& t) { return t + "="; }),
      Claims64("ClaimsWithTwoPaddings", 1,
               [](const Text& t) { return t + "=="; }),
      Claims64("ClaimsWithSpareBits", 1, WithSpareBits),
      Claims64("ClaimsWithSpareBitsToo", 2, WithSpareBits),
      Claims64(
          "ClaimsWithALineFeed", 0,
          [](const Text& t) { return t.substr(0, 8) + "\n" + t.substr(8); }),
      Claims64("ClaimsWithASpaceAfter", 0,
               [](const Text& t) { return t + " "; }),
      Claims64("ClaimsWithAComma", 0,
               [](const Text& t) { return t + ",AAAA"; }),
      Claims64("ClaimsEmpty", 0, [](const Text&) { return ""; }),
      {"SignatureOfOtherClaims",
       [](const TokenForge& d) {
         const std::string one = d.Valid();
         TokenClaims claims = d.claims();
         claims.token_id = EncodeBase64Url("another token id");
         const std::string other = d.ForgeClaims(claims);
         return one.substr(0, one.rfind('.')) + other.substr(other.rfind('.'));
       }},
      {"LongerThanATokenMayBe",
       [](const TokenForge& d) {
         TokenClaims claims = d.claims();
         claims.scopes.assign(kMaxScopes, std::string(kMaxScopeBytes, 'x'));
         return d.ForgeClaims(claims);
       }},
      // Valid but for its length.
      {"AByteLongerThanATokenMayBe",
       [](const TokenForge& d) {
         std::string json = d.ClaimsJson();
         while (d.ForgeClaims(json).size() <= kMaxTokenBytes) json += ' ';
         return d.ForgeClaims(json);
       }},
  };
}

}  // namespace

std::vector<ForgedToken> HostileForms() {
  std::vector<ForgedToken> all = HeaderRows();
  const std::vector<ForgedToken> others = FormRows();
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace sluice::identity

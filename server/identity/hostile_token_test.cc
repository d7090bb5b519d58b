// Tokens that somebody would like to be taken for valid.

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/test_deployment.h"

namespace sluice::identity {
namespace {

struct Row {
  std::string name;
  // Makes the token; the deployment's own is its valid twin.
  std::function<std::string(const TestDeployment&)> make;
};

void PrintTo(const Row& row, std::ostream* output) { *output << row.name; }

std::string NameOf(const testing::TestParamInfo<Row>& row) {
  return row.param.name;
}

// Each row after its valid twin, with and without the twin remembered.
class HostileTokenTest : public testing::TestWithParam<Row> {};

TEST_P(HostileTokenTest, IsRefused) {
  TestDeployment deployment;
  const std::string hostile = GetParam().make(deployment);
  EXPECT_EQ(deployment.Verify(hostile), TokenInvalidError());
  const std::string twin = deployment.ForgeClaims(deployment.ClaimsJson());
  ASSERT_NE(hostile, twin);
  ASSERT_TRUE(deployment.Verify(twin).ok());
  EXPECT_EQ(deployment.Verify(hostile), TokenInvalidError());
  EXPECT_EQ(deployment.verifier().Inspect(hostile, deployment.now()).status(),
            TokenInvalidError());
  EXPECT_TRUE(deployment.Verify(twin).ok());
}

std::string HeaderJson(const TestDeployment& deployment,
                       absl::string_view alg = "EdDSA",
                       absl::string_view more = "") {
  return absl::StrCat(R"({"alg":")", alg, R"(","kid":")",
                      deployment.active().key_id, R"(","typ":"at+jwt")", more,
                      "}");
}

// A header that the right key has signed with Ed25519 all the same.
Row Header(std::string name,
           std::function<std::string(const TestDeployment&)> json) {
  return {std::move(name), [json](const TestDeployment& deployment) {
            return deployment.ForgeHeader(json(deployment));
          }};
}

Row HeaderWith(std::string name, std::string alg, std::string more = "") {
  return Header(std::move(name), [=](const TestDeployment& deployment) {
    return HeaderJson(deployment, alg, more);
  });
}

// The public key as the secret of an HMAC: RFC 8725, section 2.1.
std::string SignedWithPublicKey(const TestDeployment& deployment) {
  const std::string text =
      absl::StrCat(EncodeBase64Url(HeaderJson(deployment, "HS256")), ".",
                   EncodeBase64Url(deployment.ClaimsJson()));
  const std::string& secret = deployment.active().public_key;
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac,
       &size);
  return absl::StrCat(
      text, ".", EncodeBase64Url({reinterpret_cast<const char*>(mac), size}));
}

// Without any signature.
std::string Unsigned(const TestDeployment& deployment, absl::string_view alg) {
  return absl::StrCat(EncodeBase64Url(HeaderJson(deployment, alg)), ".",
                      EncodeBase64Url(deployment.ClaimsJson()), ".");
}

std::string SignedByForeignKey(const TestDeployment& deployment,
                               const SigningKey& key,
                               absl::string_view header) {
  const std::string text =
      absl::StrCat(header, ".", EncodeBase64Url(deployment.ClaimsJson()));
  return absl::StrCat(text, ".", EncodeBase64Url(key.Sign(text)));
}

const std::vector<Row> HeaderRows() {
  return {
      {"AlgNone", [](const TestDeployment& d) { return Unsigned(d, "none"); }},
      {"AlgNoneInCapitals",
       [](const TestDeployment& d) { return Unsigned(d, "NONE"); }},
      {"RightHeaderWithoutSignature",
       [](const TestDeployment& d) { return Unsigned(d, "EdDSA"); }},
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
             [](const TestDeployment& d) {
               return absl::StrCat(R"({"typ":"at+jwt","alg":"EdDSA","kid":")",
                                   d.active().key_id, R"("})");
             }),
      Header("WithWhiteSpace",
             [](const TestDeployment& d) {
               return absl::StrCat(HeaderJson(d), " ");
             }),
      Header("OfAnotherType",
             [](const TestDeployment& d) {
               return absl::StrReplaceAll(HeaderJson(d), {{"at+jwt", "JWT"}});
             }),
      Header("WithoutKeyId",
             [](const TestDeployment&) {
               return R"({"alg":"EdDSA","typ":"at+jwt"})";
             }),
      Header("WithAPathAsKeyId",
             [](const TestDeployment& d) {
               return absl::StrReplaceAll(
                   HeaderJson(d), {{d.active().key_id, "../../dev/null"}});
             }),
      Header("WithSqlAsKeyId",
             [](const TestDeployment& d) {
               return absl::StrReplaceAll(HeaderJson(d),
                                          {{d.active().key_id, "' OR 1=1"}});
             }),
      Header("Empty", [](const TestDeployment&) { return ""; }),
      Header("EmptyObject", [](const TestDeployment&) { return "{}"; }),
      {"HeaderInJson",
       [](const TestDeployment& d) {
         return d.Forge(HeaderJson(d), EncodeBase64Url(d.ClaimsJson()));
       }},
      {"HeaderWithPadding",
       [](const TestDeployment& d) {
         return d.Forge(absl::StrCat(d.key().token_header(), "="),
                        EncodeBase64Url(d.ClaimsJson()));
       }},
      {"UnknownKey",
       [](const TestDeployment& d) {
         const SigningKey key = SigningKey::Generate();
         return SignedByForeignKey(d, key, key.token_header());
       }},
      {"UnknownKeyUnderAKnownName",
       [](const TestDeployment& d) {
         return SignedByForeignKey(d, SigningKey::Generate(),
                                   d.key().token_header());
       }},
  };
}
INSTANTIATE_TEST_SUITE_P(Header, HostileTokenTest,
                         testing::ValuesIn(HeaderRows()), NameOf);

// The other spellings of a text in base64url that ends with bits to spare.
std::string WithSpareBits(std::string text) {
  constexpr absl::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  text.back() = kDigits[kDigits.find(text.back()) + 1];
  return text;
}

// White space after its claims gives them that many bytes modulo 3.
std::string ClaimsOfLength(const TestDeployment& deployment, size_t rest) {
  std::string json = deployment.ClaimsJson();
  while (json.size() % 3 != rest) json += ' ';
  return EncodeBase64Url(json);
}

Row Claims64(std::string name, size_t rest,
             std::function<std::string(std::string)> change) {
  return {std::move(name), [=](const TestDeployment& deployment) {
            return deployment.Forge(deployment.key().token_header(),
                                    change(ClaimsOfLength(deployment, rest)));
          }};
}

// Changes the whole of the valid token.
Row Token(std::string name, std::function<std::string(std::string)> change) {
  return {std::move(name), [change](const TestDeployment& deployment) {
            return change(deployment.ForgeClaims(deployment.ClaimsJson()));
          }};
}

std::vector<Row> FormRows() {
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
       [](const TestDeployment& d) {
         const std::string one = d.Issue();
         const std::string other = d.Issue();
         return one.substr(0, one.rfind('.')) + other.substr(other.rfind('.'));
       }},
      {"LongerThanATokenMayBe",
       [](const TestDeployment& d) {
         TokenClaims claims = d.Claims();
         claims.scopes.assign(kMaxScopes, std::string(kMaxScopeBytes, 'x'));
         return d.ForgeClaims(FormatClaims(TestDeployment::Profile(), claims));
       }},
      // Valid but for its length.
      {"AByteLongerThanATokenMayBe",
       [](const TestDeployment& d) {
         std::string json = d.ClaimsJson();
         while (d.ForgeClaims(json).size() <= kMaxTokenBytes) json += ' ';
         return d.ForgeClaims(json);
       }},
  };
}
INSTANTIATE_TEST_SUITE_P(Form, HostileTokenTest, testing::ValuesIn(FormRows()),
                         NameOf);

// Replaces a piece of the claims, which has to be there.
Row Claim(std::string name, std::string from, std::string to) {
  return {std::move(name), [=](const TestDeployment& deployment) {
            std::string json = deployment.ClaimsJson();
            EXPECT_EQ(absl::StrReplaceAll({{from, to}}, &json), 1) << from;
            return deployment.ForgeClaims(json);
          }};
}

Row ClaimsText(std::string name,
               std::function<std::string(std::string)> change) {
  return {std::move(name), [change](const TestDeployment& deployment) {
            return deployment.ForgeClaims(change(deployment.ClaimsJson()));
          }};
}

// Claims that are well-formed.
Row Typed(std::string name, std::function<void(TokenClaims&)> change) {
  return {std::move(name), [change](const TestDeployment& deployment) {
            TokenClaims claims = deployment.Claims();
            change(claims);
            return deployment.ForgeClaims(
                FormatClaims(TestDeployment::Profile(), claims));
          }};
}

// The same without one claim and its comma.
Row Without(std::string name, std::string claim) {
  return ClaimsText(std::move(name), [claim](std::string json) {
    const size_t begin = json.find(absl::StrCat("\"", claim, "\":"));
    EXPECT_NE(begin, json.npos) << claim;
    size_t end = json.find(",\"", begin);
    json.erase(begin, end + 1 - begin);
    return json;
  });
}

std::vector<Row> MissingClaimRows() {
  return {Without("WithoutIssuer", "iss"),
          Without("WithoutSubject", "sub"),
          Without("WithoutAudience", "aud"),
          Without("WithoutApp", "client_id"),
          Without("WithoutIssueTime", "iat"),
          Without("WithoutNotBefore", "nbf"),
          Without("WithoutEnd", "exp"),
          Without("WithoutTokenId", "jti"),
          Without("WithoutAuthenticationTime", "auth_time"),
          Without("WithoutConfirmation", "cnf"),
          Claim("WithoutThumbprint",
                absl::StrCat(R"({"x5t#S256":")", TestDeployment::Thumbprint(),
                             R"("})"),
                "{}")};
}
INSTANTIATE_TEST_SUITE_P(Missing, HostileTokenTest,
                         testing::ValuesIn(MissingClaimRows()), NameOf);

std::vector<Row> JsonRows() {
  using Text = std::string;
  const auto add = [](Text members) {
    return [members](const Text& json) {
      return absl::StrCat("{", members, ",", json.substr(1));
    };
  };
  return {
      ClaimsText("AnArray", [](const Text& t) { return "[" + t + "]"; }),
      ClaimsText("AString", [](const Text&) { return R"("claims")"; }),
      ClaimsText("ANumber", [](const Text&) { return "1700000000"; }),
      ClaimsText("Null", [](const Text&) { return "null"; }),
      ClaimsText("AnEmptyObject", [](const Text&) { return "{}"; }),
      ClaimsText("TwoObjects", [](const Text& t) { return t + t; }),
      ClaimsText("TextAfter", [](const Text& t) { return t + "x"; }),
      ClaimsText("ANulAmongThem",
                 [](const Text& t) { return t + Text(1, '\0') + t; }),
      ClaimsText("AByteOrderMark",
                 [](const Text& t) { return "\xef\xbb\xbf" + t; }),
      ClaimsText("ANulAfterwards",
                 [](const Text& t) { return t + Text(1, '\0'); }),
      ClaimsText("WithoutItsEnd",
                 [](const Text& t) { return t.substr(0, t.size() - 1); }),
      ClaimsText(
          "ACommaTooMany",
          [](const Text& t) { return t.substr(0, t.size() - 1) + ",}"; }),
      ClaimsText("AComment", [](const Text& t) { return "/**/" + t; }),
      ClaimsText("DeepNesting", [](const Text&) { return Text(2000, '['); }),
      ClaimsText("DeepObjects",
                 [](const Text&) {
                   Text text;
                   while (text.size() < 2000) text += R"({"cnf":)";
                   return text;
                 }),
      ClaimsText("IssuerTwice", add(R"("iss":"issuer")")),
      ClaimsText("EndTwice", add(R"("exp":1700000600)")),
      ClaimsText("ConfirmationTwice", add(R"("cnf":{})")),
      ClaimsText("ScopesTwice", add(R"("scp":["write"])")),
      ClaimsText("EndTwiceByEscape", add(R"("\u0065xp":1700000600)")),
      ClaimsText("AnUnknownClaim", add(R"("name":"x")")),
      ClaimsText("AnEmptyName", add(R"("":"x")")),
      ClaimsText("ANameWithANul", add(R"("exp\u0000":1700000600)")),
      ClaimsText("ThumbprintOutside",
                 add(absl::StrCat(R"("x5t#S256":")",
                                  TestDeployment::Thumbprint(), R"(")"))),
      Claim("IssuerInConfirmation", R"({"x5t#S256")",
            R"({"scp":[],"x5t#S256")"),
      Claim("AnUnknownConfirmation", R"({"x5t#S256")",
            R"({"jkt":"x","x5t#S256")"),
      Claim("ThumbprintTwice", R"({"x5t#S256")",
            absl::StrCat(R"({"x5t#S256":")", TestDeployment::Thumbprint('b'),
                         R"(","x5t#S256")")),
      Claim("ThumbprintAsObject",
            absl::StrCat(R"(")", TestDeployment::Thumbprint(), R"(")"),
            R"({"cnf":{}})"),
      Claim("BadUtf8", "\"demo\"", "\"d\xff mo\""),
      Claim("AudienceAsArray", R"("aud":"audience")", R"("aud":["audience"])"),
      Claim("AudienceAsNull", R"("aud":"audience")", R"("aud":null)"),
      Claim("SubjectAsNumber",
            absl::StrCat("\"", TestDeployment::kSubject, "\""), "1"),
      Claim("AppAsTruth", R"("client_id":"demo")", R"("client_id":true)"),
      Claim("ConfirmationAsText", R"("cnf":{)", R"("cnf":"x","cnf":{)"),
      Claim("ScopesAsText", R"(["read","database:demo"])", R"("read")"),
      Claim("ScopesAsNumbers", R"(["read","database:demo"])", "[1]"),
      Claim("ScopesAsNull", R"(["read","database:demo"])", "null"),
      Claim("ScopesWithNull", R"(["read","database:demo"])",
            R"(["read",null])"),
      Claim("ScopesNested", R"(["read","database:demo"])", R"([["read"]])"),
      Claim("ScopesWithAnObject", R"(["read","database:demo"])", R"([{}])"),
      Claim("AnEmptyScope", R"(["read","database:demo"])", R"(["read",""])"),
  };
}
INSTANTIATE_TEST_SUITE_P(Json, HostileTokenTest, testing::ValuesIn(JsonRows()),
                         NameOf);

std::vector<Row> TextRows() {
  const std::string id = EncodeBase64Url("0123456789abcdef");
  const std::string thumbprint = TestDeployment::Thumbprint();
  return {
      Claim("AnotherIssuer", R"("issuer")", R"("another")"),
      Claim("AnIssuerThatGoesOn", R"("issuer")", R"("issuer2")"),
      Claim("IssuerInCapitals", R"("issuer")", R"("ISSUER")"),
      Claim("AnEmptyIssuer", R"("issuer")", R"("")"),
      Claim("AnotherAudience", R"("audience")", R"("another")"),
      Claim("AnAudienceThatGoesOn", R"("audience")", R"("audience/x")"),
      Claim("AnAudienceWithANul", R"("audience")", R"("audience\u0000")"),
      Claim("AnEmptyAudience", R"("audience")", R"("")"),
      Claim("NoSubject", TestDeployment::kSubject, ""),
      Claim("NoApp", R"("demo")", R"("")"),
      Claim("ALongApp", R"("demo")",
            absl::StrCat("\"", std::string(64, 'a'), "\"")),
      Claim("NoTokenId", id, ""),
      Claim("AShortTokenId", id, id.substr(0, 20)),
      Claim("ALongTokenId", id, EncodeBase64Url("0123456789abcdefg")),
      Claim("ATokenIdWithPadding", id, id + "=="),
      Claim("NoThumbprint", thumbprint, ""),
      Claim("AShortThumbprint", thumbprint,
            EncodeBase64Url(std::string(31, 'a'))),
      Claim("AThumbprintInHexadecimal", thumbprint, std::string(64, 'a')),
      Claim("AThumbprintWithPadding", thumbprint, thumbprint + "="),
      Typed("ALongSubject",
            [](TokenClaims& c) { c.subject = std::string(2049, 'x'); }),
      Typed("ALongScope",
            [](TokenClaims& c) { c.scopes = {std::string(129, 'x')}; }),
      Typed("ManyScopes", [](TokenClaims& c) { c.scopes.assign(65, "x"); }),
  };
}
INSTANTIATE_TEST_SUITE_P(Text, HostileTokenTest, testing::ValuesIn(TextRows()),
                         NameOf);

std::vector<Row> TimeRows() {
  const auto end = [](std::string name, std::string value) {
    return Claim(std::move(name), R"("exp":1700000600)",
                 absl::StrCat(R"("exp":)", value));
  };
  const auto issue = [](std::string name, std::string value) {
    return Claim(std::move(name), R"("iat":1700000000)",
                 absl::StrCat(R"("iat":)", value));
  };
  return {
      end("EndAsFraction", "1700000600.5"),
      end("EndWithAPoint", "1700000600.0"),
      end("EndWithAnExponent", "17000006e2"),
      end("EndAsText", R"("1700000600")"),
      end("EndAsNull", "null"),
      end("EndAsTruth", "true"),
      end("EndAsArray", "[1700000600]"),
      end("EndNegative", "-1700000600"),
      end("EndBeyondTheYear9999", "253402300800"),
      end("EndBeyond63Bits", "9223372036854775808"),
      end("EndBeyond64Bits", "18446744073709553216"),
      end("EndOfManyDigits", std::string(400, '9')),
      end("EndInHexadecimal", "0x6553F358"),
      end("EndWithZeroInFront", "01700000600"),
      end("EndIsTheIssue", "1700000000"),
      end("EndBeforeTheIssue", "1699999999"),
      end("EndIsZero", "0"),
      issue("IssueIsZero", "0"),
      issue("IssueNegative", "-1"),
      Claim("NotBeforeIsLater", R"("nbf":1700000000)", R"("nbf":1700000001)"),
      Claim("NotBeforeIsEarlier", R"("nbf":1700000000)", R"("nbf":1699999999)"),
      Claim("AuthenticationIsZero", R"("auth_time":1699996400)",
            R"("auth_time":0)"),
      Typed("Expired",
            [](TokenClaims& c) {
              c.issue_time -= absl::Minutes(10);
              c.expire_time = c.issue_time + absl::Minutes(10);
            }),
      Typed("NotYetIssued",
            [](TokenClaims& c) { c.issue_time += absl::Seconds(6); }),
      Typed("LongerThanATokenLasts",
            [](TokenClaims& c) {
              c.expire_time = c.issue_time + absl::Seconds(901);
            }),
      Typed("AuthenticatedAfterTheIssue",
            [](TokenClaims& c) {
              c.authentication_time = c.issue_time + absl::Seconds(1);
            }),
      Typed("SessionOver",
            [](TokenClaims& c) {
              c.authentication_time =
                  c.expire_time - absl::Hours(12) - absl::Seconds(1);
            }),
  };
}
INSTANTIATE_TEST_SUITE_P(Time, HostileTokenTest, testing::ValuesIn(TimeRows()),
                         NameOf);

// What stands just within the limits that the rows above are beyond.
std::vector<Row> ValidRows() {
  return {
      Typed("LastsAsLongAsATokenMay",
            [](TokenClaims& c) {
              c.expire_time = c.issue_time + absl::Seconds(900);
            }),
      Typed("LastsASecond",
            [](TokenClaims& c) {
              c.expire_time = c.issue_time + absl::Seconds(1);
            }),
      Typed("IssuedWithinTheSkew",
            [](TokenClaims& c) { c.issue_time += absl::Seconds(5); }),
      Typed("AuthenticatedAtTheIssue",
            [](TokenClaims& c) { c.authentication_time = c.issue_time; }),
      Typed("AtTheEndOfTheSession",
            [](TokenClaims& c) {
              c.authentication_time = c.expire_time - absl::Hours(12);
            }),
      Typed("ALongApp", [](TokenClaims& c) { c.app = std::string(63, 'a'); }),
      Typed("ALongScope",
            [](TokenClaims& c) { c.scopes = {std::string(128, 'x')}; }),
      Typed("ManyScopes", [](TokenClaims& c) { c.scopes.assign(64, "x"); }),
      Typed("NoScopes", [](TokenClaims& c) { c.scopes.clear(); }),
      Claim("AnEmptyListOfScopes", R"(["read","database:demo"])", "[]"),
      ClaimsText(
          "WhiteSpace",
          [](const std::string& t) { return "{ " + t.substr(1) + "\n"; }),
      {"AsLongAsATokenMayBe",
       [](const TestDeployment& d) {
         std::string json = d.ClaimsJson();
         while (d.ForgeClaims(json + ' ').size() <= kMaxTokenBytes) {
           json += ' ';
         }
         return d.ForgeClaims(json);
       }},
  };
}

class BorderlineTokenTest : public testing::TestWithParam<Row> {};

TEST_P(BorderlineTokenTest, IsValid) {
  TestDeployment deployment;
  const std::string token = GetParam().make(deployment);
  EXPECT_TRUE(deployment.Verify(token).ok()) << token;
}
INSTANTIATE_TEST_SUITE_P(Valid, BorderlineTokenTest,
                         testing::ValuesIn(ValidRows()), NameOf);

TEST(ChangedTokenTest, IsRefusedAtEveryByte) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  TestDeployment deployment;
  const std::string token = deployment.Issue();
  ASSERT_TRUE(deployment.Verify(token).ok());
  for (size_t i = 0; i < token.size(); ++i) {
    std::vector<int> values = {0, '.', '=', ' ', '\n', '+', '/', '-', '_'};
    for (int bit = 0; bit < 8; ++bit) values.push_back(token[i] ^ (1 << bit));
    for (int n = 0; n < 4; ++n) values.push_back(static_cast<int>(random()));
    for (const int value : values) {
      std::string changed = token;
      changed[i] = static_cast<char>(value);
      if (changed == token) continue;
      ASSERT_EQ(deployment.Verify(changed), TokenInvalidError())
          << i << " " << value;
    }
    ASSERT_EQ(deployment.Verify(token.substr(0, i)), TokenInvalidError());
    ASSERT_EQ(deployment.Verify(token.substr(i + 1)), TokenInvalidError());
  }
  EXPECT_TRUE(deployment.Verify(token).ok());
}

}  // namespace
}  // namespace sluice::identity

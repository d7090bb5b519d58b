#include "server/identity/test_hostile_tokens.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

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

// Replaces a piece of the claims, which has to be there. Names of claims in
// angle brackets stand for their values (TokenForge::Fill).
ForgedToken Claim(std::string name, std::string from, std::string to) {
  return {std::move(name), [=](const TokenForge& forge) {
            std::string json = forge.ClaimsJson();
            const std::string old = forge.Fill(from);
            EXPECT_EQ(absl::StrReplaceAll({{old, forge.Fill(to)}}, &json), 1)
                << old;
            return forge.ForgeClaims(json);
          }};
}

ForgedToken ClaimsText(std::string name,
                       std::function<std::string(std::string)> change) {
  return {std::move(name), [change](const TokenForge& forge) {
            return forge.ForgeClaims(change(forge.ClaimsJson()));
          }};
}

// Members in front of the claims.
ForgedToken Added(std::string name, std::string members) {
  return {std::move(name), [members](const TokenForge& forge) {
            return forge.ForgeClaims(absl::StrCat(
                "{", forge.Fill(members), ",", forge.ClaimsJson().substr(1)));
          }};
}

// Claims that are well-formed.
ForgedToken Typed(std::string name, std::function<void(TokenClaims&)> change) {
  return {std::move(name), [change](const TokenForge& forge) {
            TokenClaims claims = forge.claims();
            change(claims);
            return forge.ForgeClaims(claims);
          }};
}

// The same without one claim and its comma.
ForgedToken Without(std::string name, std::string claim) {
  return ClaimsText(std::move(name), [claim](std::string json) {
    const size_t begin = json.find(absl::StrCat("\"", claim, "\":"));
    EXPECT_NE(begin, json.npos) << claim;
    size_t end = json.find(",\"", begin);
    json.erase(begin, end + 1 - begin);
    return json;
  });
}

std::vector<ForgedToken> MissingClaimRows() {
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
          Claim("WithoutThumbprint", R"({"x5t#S256":"<x5t>"})", "{}")};
}

std::vector<ForgedToken> JsonRows() {
  using Text = std::string;
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
      Added("IssuerTwice", R"("iss":"<iss>")"),
      Added("EndTwice", R"("exp":<exp>)"),
      Added("ConfirmationTwice", R"("cnf":{})"),
      Added("ScopesTwice", R"("scp":["write"])"),
      Added("EndTwiceByEscape", R"("\u0065xp":<exp>)"),
      Added("AnUnknownClaim", R"("name":"x")"),
      Added("AnEmptyName", R"("":"x")"),
      Added("ANameWithANul", R"("exp\u0000":<exp>)"),
      Added("ThumbprintOutside", R"("x5t#S256":"<x5t>")"),
      Claim("ThumbprintOutsideAlone", R"({"x5t#S256":"<x5t>"})",
            R"({},"x5t#S256":"<x5t>")"),
      {"AppInConfirmationAlone",
       [](const TokenForge& forge) {
         const std::string app = forge.Fill(R"("client_id":"<client_id>",)");
         std::string json = forge.ClaimsJson();
         EXPECT_EQ(
             absl::StrReplaceAll(
                 {{app, ""}, {R"({"x5t)", absl::StrCat("{", app, R"("x5t)")}},
                 &json),
             2);
         return forge.ForgeClaims(json);
       }},
      Claim("IssuerInConfirmation", R"({"x5t#S256")",
            R"({"scp":[],"x5t#S256")"),
      Claim("AnUnknownConfirmation", R"({"x5t#S256")",
            R"({"jkt":"x","x5t#S256")"),
      Claim("ThumbprintTwice", R"({"x5t#S256")",
            absl::StrCat(R"({"x5t#S256":")",
                         EncodeBase64Url(std::string(32, 'b')),
                         R"(","x5t#S256")")),
      Claim("ThumbprintAsObject", R"("<x5t>")", R"({"cnf":{}})"),
      Claim("BadUtf8", R"("<client_id>")", "\"d\xff mo\""),
      Claim("AudienceAsArray", R"("aud":"<aud>")", R"("aud":["<aud>"])"),
      Claim("AudienceAsNull", R"("aud":"<aud>")", R"("aud":null)"),
      Claim("SubjectAsNumber", R"("<sub>")", "1"),
      Claim("AppAsTruth", R"("client_id":"<client_id>")",
            R"("client_id":true)"),
      Claim("ConfirmationAsText", R"("cnf":{)", R"("cnf":"x","cnf":{)"),
      Claim("ScopesAsText", R"(["read","database:demo"])", R"("read")"),
      Claim("ScopesAsNumbers", R"(["read","database:demo"])", "[1]"),
      Claim("ScopesAsNull", R"(["read","database:demo"])", "null"),
      Claim("ScopesWithTruth", R"("read",)", R"("read",true,)"),
      Claim("ScopesWithANegativeNumber", R"("read",)", R"("read",-1,)"),
      Claim("ScopesWithAFraction", R"("read",)", R"("read",1.5,)"),
      Claim("ScopesWithNull", R"(["read","database:demo"])",
            R"(["read",null])"),
      Claim("ScopesNested", R"(["read","database:demo"])", R"([["read"]])"),
      Claim("ScopesWithAnObject", R"(["read","database:demo"])", R"([{}])"),
      Claim("AnEmptyScope", R"(["read","database:demo"])", R"(["read",""])"),
  };
}

std::vector<ForgedToken> TextRows() {
  return {
      Claim("AnotherIssuer", R"("iss":"<iss>")", R"("iss":"another")"),
      Claim("AnIssuerThatGoesOn", R"("iss":"<iss>")", R"("iss":"<iss>2")"),
      Claim("IssuerInCapitals", R"("iss":"<iss>")", R"("iss":"ISSUER")"),
      Claim("AnEmptyIssuer", R"("iss":"<iss>")", R"("iss":"")"),
      Claim("AnotherAudience", R"("aud":"<aud>")", R"("aud":"another")"),
      Claim("AnAudienceThatGoesOn", R"("aud":"<aud>")", R"("aud":"<aud>/x")"),
      Claim("AnAudienceWithANul", R"("aud":"<aud>")", R"("aud":"<aud>\u0000")"),
      Claim("AnEmptyAudience", R"("aud":"<aud>")", R"("aud":"")"),
      Claim("NoSubject", "<sub>", ""),
      Claim("NoApp", R"("<client_id>")", R"("")"),
      Claim("ALongApp", R"("<client_id>")",
            absl::StrCat("\"", std::string(64, 'a'), "\"")),
      Claim("NoTokenId", "<jti>", ""),
      Claim("AShortTokenId", R"("<jti>")", R"("MDEyMzQ1Njc4OWFiY2Rl")"),
      Claim("ALongTokenId", R"("<jti>")", R"("MDEyMzQ1Njc4OWFiY2RlZmc")"),
      Claim("ATokenIdWithPadding", "<jti>", "<jti>=="),
      Claim("NoThumbprint", "<x5t>", ""),
      Claim("AShortThumbprint", "<x5t>", EncodeBase64Url(std::string(31, 'a'))),
      Claim("AThumbprintInHexadecimal", "<x5t>", std::string(64, 'a')),
      Claim("AThumbprintWithPadding", "<x5t>", "<x5t>="),
      Claim("AnotherThumbprint", "<x5t>",
            EncodeBase64Url(std::string(32, 'b'))),
      Claim("AnotherSubject", "<sub>", "<sub>2"),
      Typed("ALongSubject",
            [](TokenClaims& c) { c.subject = std::string(2049, 'x'); }),
      Typed("ALongScope",
            [](TokenClaims& c) { c.scopes = {std::string(129, 'x')}; }),
      Typed("ManyScopes", [](TokenClaims& c) { c.scopes.assign(65, "x"); }),
  };
}

std::vector<ForgedToken> TimeRows() {
  const auto end = [](std::string name, std::string value) {
    return Claim(std::move(name), R"("exp":<exp>)",
                 absl::StrCat(R"("exp":)", value));
  };
  const auto issue = [](std::string name, std::string value) {
    return Claim(std::move(name), R"("iat":<iat>)",
                 absl::StrCat(R"("iat":)", value));
  };
  return {
      end("EndAsFraction", "<exp>.5"),
      end("EndWithAPoint", "<exp>.0"),
      end("EndWithAnExponent", "<exp>e0"),
      end("EndAsText", R"("<exp>")"),
      end("EndAsNull", "null"),
      end("EndAsTruth", "true"),
      end("EndAsArray", "[<exp>]"),
      end("EndNegative", "-<exp>"),
      end("EndBeyondTheYear9999", "253402300800"),
      end("EndBeyond63Bits", "9223372036854775808"),
      end("EndBeyond64Bits", "18446744073709553216"),
      end("EndOfManyDigits", std::string(400, '9')),
      end("EndInHexadecimal", "<exp_in_hexadecimal>"),
      end("EndWithZeroInFront", "0<exp>"),
      end("EndIsTheIssue", "<iat>"),
      end("EndBeforeTheIssue", "<before_iat>"),
      end("EndIsZero", "0"),
      issue("IssueIsZero", "0"),
      issue("IssueNegative", "-1"),
      Claim("NotBeforeIsLater", R"("nbf":<iat>)", R"("nbf":<after_iat>)"),
      Claim("NotBeforeIsEarlier", R"("nbf":<iat>)", R"("nbf":<before_iat>)"),
      Claim("AuthenticationIsZero", R"("auth_time":<auth_time>)",
            R"("auth_time":0)"),
      Typed("Expired",
            [](TokenClaims& c) {
              c.issue_time -= absl::Minutes(10);
              c.expire_time = c.issue_time + absl::Minutes(10);
            }),
      Typed("EndsBeforeTheIssueWithinTheSkew",
            [](TokenClaims& c) {
              c.issue_time += absl::Seconds(4);
              c.expire_time = c.issue_time - absl::Seconds(1);
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

}  // namespace

std::vector<ForgedToken> HostileTokens() {
  std::vector<ForgedToken> all;
  for (const auto& rows : {HeaderRows(), FormRows(), MissingClaimRows(),
                           JsonRows(), TextRows(), TimeRows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

std::vector<ForgedToken> BorderlineTokens() {
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
       [](const TokenForge& d) {
         std::string json = d.ClaimsJson();
         while (d.ForgeClaims(json + ' ').size() <= kMaxTokenBytes) {
           json += ' ';
         }
         return d.ForgeClaims(json);
       }},
  };
}

}  // namespace sluice::identity

#include "server/identity/test_hostile_tokens.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace sluice::identity {
namespace {

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
  for (const auto& rows : {HostileForms(), MissingClaimRows(), JsonRows(),
                           TextRows(), TimeRows()}) {
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

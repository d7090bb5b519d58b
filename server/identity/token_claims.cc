#include "server/identity/token_claims.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"
#include "server/identity/spiffe_id.h"

namespace sluice::identity {
namespace {

using Json = nlohmann::ordered_json;

enum ClaimNumber : size_t {
  kIssuer,
  kAudience,
  kSubject,
  kApp,
  kTokenId,
  kThumbprint,
  kIssueTime,
  kNotBefore,
  kExpireTime,
  kAuthenticationTime,
  kConfirmation,
  kScopes,
  kClaimCount,
};

enum class ClaimType { kText, kTime, kObject, kTexts };

struct ClaimRule {
  absl::string_view name;
  ClaimType type;
};

constexpr std::array<ClaimRule, kClaimCount> kRules = {{
    {"iss", ClaimType::kText},
    {"aud", ClaimType::kText},
    {"sub", ClaimType::kText},
    {"client_id", ClaimType::kText},
    {"jti", ClaimType::kText},
    // Within `cnf`; the others are not.
    {"x5t#S256", ClaimType::kText},
    {"iat", ClaimType::kTime},
    {"nbf", ClaimType::kTime},
    {"exp", ClaimType::kTime},
    {"auth_time", ClaimType::kTime},
    {"cnf", ClaimType::kObject},
    {"scp", ClaimType::kTexts},
}};

// The year 9999: what google.protobuf.Timestamp and RFC 3339 can hold.
constexpr uint64_t kMaxUnixSeconds = 253'402'300'799;
constexpr size_t kTokenIdBytes = 16;

// Takes the claims as nlohmann-json reads them, and stops it at the first
// fault.
class ClaimsReader final : public nlohmann::json_sax<Json> {
 public:
  const std::string& text(ClaimNumber claim) const { return texts_[claim]; }
  int64_t seconds(ClaimNumber claim) const { return seconds_[claim]; }
  absl::Time time(ClaimNumber claim) const {
    return absl::FromUnixSeconds(seconds(claim));
  }
  std::vector<std::string> TakeScopes() { return std::move(scopes_); }

  bool HasAll() const {
    std::bitset<kClaimCount> needed;
    needed.set();
    needed.reset(kScopes);
    return (seen_ & needed) == needed;
  }

  bool key(std::string& name) override {
    const auto rule = absl::c_find_if(
        kRules, [&name](const ClaimRule& known) { return known.name == name; });
    if (rule == kRules.end()) return false;
    current_ = static_cast<size_t>(rule - kRules.begin());
    if ((current_ == kThumbprint) != (place_ == Place::kConfirmation)) {
      return false;
    }
    if (seen_.test(current_)) return false;
    seen_.set(current_);
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::kScopes) {
      if (scopes_.size() == kMaxScopes) return false;
      scopes_.push_back(std::move(value));
      return true;
    }
    if (!Expects(ClaimType::kText)) return false;
    texts_[current_] = std::move(value);
    return true;
  }

  bool number_unsigned(uint64_t value) override {
    if (!Expects(ClaimType::kTime)) return false;
    if (value > kMaxUnixSeconds) return false;
    seconds_[current_] = static_cast<int64_t>(value);
    return true;
  }

  bool start_object(size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kClaims;
      return true;
    }
    if (!Expects(ClaimType::kObject)) return false;
    place_ = Place::kConfirmation;
    return true;
  }
  bool end_object() override {
    place_ = Place::kClaims;
    return true;
  }

  bool start_array(size_t) override {
    if (!Expects(ClaimType::kTexts)) return false;
    place_ = Place::kScopes;
    return true;
  }
  bool end_array() override {
    place_ = Place::kClaims;
    return true;
  }

  // The profile has nothing of these.
  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(int64_t) override { return false; }
  bool number_float(double, const std::string&) override { return false; }
  bool binary(Json::binary_t&) override { return false; }
  bool parse_error(size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  enum class Place { kOutside, kClaims, kConfirmation, kScopes };

  // Whether the key before takes a value of that type; nothing within `scp`
  // does, nor a value without a key.
  bool Expects(ClaimType type) const {
    return (place_ == Place::kClaims || place_ == Place::kConfirmation) &&
           kRules[current_].type == type;
  }

  Place place_ = Place::kOutside;
  size_t current_ = 0;
  std::bitset<kClaimCount> seen_;
  std::array<std::string, kClaimCount> texts_;
  std::array<int64_t, kClaimCount> seconds_ = {};
  std::vector<std::string> scopes_;
};

bool IsScope(absl::string_view scope) {
  return !scope.empty() && scope.size() <= kMaxScopeBytes;
}

bool AreTextsValid(const TokenProfile& profile, const ClaimsReader& claims) {
  if (claims.text(kIssuer) != profile.issuer) return false;
  if (claims.text(kAudience) != profile.audience) return false;
  if (claims.text(kSubject).empty()) return false;
  if (claims.text(kSubject).size() > SpiffeId::kMaxBytes) return false;
  if (claims.text(kApp).empty()) return false;
  if (claims.text(kApp).size() > kMaxAppBytes) return false;
  if (!IsBase64Url(claims.text(kTokenId), kTokenIdBytes)) return false;
  return IsBase64Url(claims.text(kThumbprint), kSha256Bytes);
}

bool DoTimesFit(const TokenProfile& profile, const ClaimsReader& claims) {
  if (claims.time(kNotBefore) != claims.time(kIssueTime)) return false;
  if (claims.time(kExpireTime) <= claims.time(kIssueTime)) return false;
  if (claims.time(kExpireTime) - claims.time(kIssueTime) > profile.max_ttl) {
    return false;
  }
  if (claims.time(kAuthenticationTime) > claims.time(kIssueTime)) return false;
  return claims.time(kExpireTime) - claims.time(kAuthenticationTime) <=
         profile.max_session;
}

}  // namespace

std::string FormatClaims(const TokenProfile& profile,
                         const TokenClaims& claims) {
  const int64_t issue_seconds = absl::ToUnixSeconds(claims.issue_time);
  Json json = {
      {"iss", profile.issuer},
      {"sub", claims.subject},
      {"aud", profile.audience},
      {"client_id", claims.app},
      {"iat", issue_seconds},
      {"nbf", issue_seconds},
      {"exp", absl::ToUnixSeconds(claims.expire_time)},
      {"jti", claims.token_id},
      {"auth_time", absl::ToUnixSeconds(claims.authentication_time)},
      {"cnf", {{"x5t#S256", claims.thumbprint}}},
  };
  if (!claims.scopes.empty()) json["scp"] = claims.scopes;
  // Bytes that are no UTF-8 do not come here; the default would throw.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::optional<TokenClaims> ParseClaims(const TokenProfile& profile,
                                        absl::string_view json) {
  // nlohmann-json skips a byte order mark, and takes a NUL for the end.
  if (json.empty() || json.front() != '{') return absl::nullopt;
  if (json.find('\0') != json.npos) return absl::nullopt;
  ClaimsReader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) {
    return absl::nullopt;
  }
  if (!reader.HasAll()) return absl::nullopt;
  if (!AreTextsValid(profile, reader)) return absl::nullopt;
  if (!DoTimesFit(profile, reader)) return absl::nullopt;
  TokenClaims claims;
  claims.subject = reader.text(kSubject);
  claims.app = reader.text(kApp);
  claims.token_id = reader.text(kTokenId);
  claims.thumbprint = reader.text(kThumbprint);
  claims.issue_time = reader.time(kIssueTime);
  claims.expire_time = reader.time(kExpireTime);
  claims.authentication_time = reader.time(kAuthenticationTime);
  claims.scopes = reader.TakeScopes();
  if (!absl::c_all_of(claims.scopes, IsScope)) return absl::nullopt;
  return claims;
}

}  // namespace sluice::identity

#include "server/identity/revocations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"

namespace sluice::identity {
namespace {

constexpr size_t kTokenIdBytes = 16;

bool IsAppName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxAppBytes &&
         absl::c_all_of(name, [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                  c == '-' || c == '_';
         });
}

absl::Status AddToken(absl::string_view id, Revocations& revocations) {
  if (!IsBase64Url(id, kTokenIdBytes)) {
    return absl::InvalidArgumentError("it has no identifier of a token");
  }
  revocations.AddToken(std::string(id));
  return absl::OkStatus();
}

absl::Status AddKey(absl::string_view id, Revocations& revocations) {
  if (!IsBase64Url(id, kSha256Bytes)) {
    return absl::InvalidArgumentError("it has no identifier of a key");
  }
  revocations.AddKey(std::string(id));
  return absl::OkStatus();
}

absl::Status AddCertificate(absl::string_view text, Revocations& revocations) {
  absl::StatusOr<std::string> thumbprint = CanonicalThumbprint(text);
  if (!thumbprint.ok()) return thumbprint.status();
  revocations.AddCertificate(*std::move(thumbprint));
  return absl::OkStatus();
}

absl::Status AddApp(absl::string_view name, absl::string_view until,
                    Revocations& revocations) {
  if (!IsAppName(name)) {
    return absl::InvalidArgumentError("it has no name of an app");
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, until, &time, &error)) {
    return absl::InvalidArgumentError("its time is not by RFC 3339");
  }
  revocations.AddApp(std::string(name), time);
  return absl::OkStatus();
}

absl::Status AddLine(absl::string_view line, Revocations& revocations) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty() || words[0][0] == '#') return absl::OkStatus();
  const absl::string_view kind = words[0];
  const size_t count = words.size() - 1;
  if (kind == "token_id" && count == 1) return AddToken(words[1], revocations);
  if (kind == "key_id" && count == 1) return AddKey(words[1], revocations);
  if (kind == "certificate_thumbprint" && count == 1) {
    return AddCertificate(words[1], revocations);
  }
  if (kind == "app" && count == 2) {
    return AddApp(words[1], words[2], revocations);
  }
  return absl::InvalidArgumentError(
      "it is none of: token_id ID, app NAME TIME, certificate_thumbprint "
      "SHA256, key_id ID");
}

}  // namespace

void Revocations::AddToken(std::string token_id) {
  tokens_.insert(std::move(token_id));
}

void Revocations::AddApp(const std::string& app, absl::Time until) {
  absl::Time& latest =
      apps_.try_emplace(app, absl::InfinitePast()).first->second;
  latest = std::max(latest, until);
}

void Revocations::AddCertificate(std::string thumbprint) {
  certificates_.insert(std::move(thumbprint));
}

void Revocations::AddKey(std::string key_id) {
  keys_.insert(std::move(key_id));
}

void Revocations::Add(const Revocations& others) {
  tokens_.insert(others.tokens_.begin(), others.tokens_.end());
  certificates_.insert(others.certificates_.begin(),
                       others.certificates_.end());
  keys_.insert(others.keys_.begin(), others.keys_.end());
  for (const auto& [app, until] : others.apps_) AddApp(app, until);
}

bool Revocations::Revokes(const TokenClaims& claims) const {
  if (tokens_.contains(claims.token_id)) return true;
  if (certificates_.contains(claims.thumbprint)) return true;
  if (keys_.contains(claims.key_id)) return true;
  return claims.issue_time <= RevokedUntil(claims.app);
}

absl::Time Revocations::RevokedUntil(absl::string_view app) const {
  const auto found = apps_.find(app);
  return found == apps_.end() ? absl::InfinitePast() : found->second;
}

bool Revocations::RevokesCertificate(absl::string_view thumbprint) const {
  return certificates_.contains(thumbprint);
}

absl::StatusOr<Revocations> Revocations::ParseDenyList(absl::string_view text) {
  Revocations revocations;
  std::vector<std::string> faults;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::Status status =
        AddLine(absl::StripSuffix(line, "\r"), revocations);
    if (!status.ok()) {
      faults.push_back(absl::StrCat("line ", number, ": ", status.message()));
    }
  }
  if (!faults.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  }
  return revocations;
}

absl::StatusOr<std::string> CanonicalThumbprint(absl::string_view text) {
  if (IsBase64Url(text, kSha256Bytes)) return std::string(text);
  const bool has_colons = text.size() == 3 * kSha256Bytes - 1 && text[2] == ':';
  const std::string digits =
      has_colons ? absl::StrReplaceAll(text, {{":", ""}}) : std::string(text);
  if (digits.size() == 2 * kSha256Bytes &&
      absl::c_all_of(digits, absl::ascii_isxdigit)) {
    return EncodeBase64Url(absl::HexStringToBytes(digits));
  }
  return absl::InvalidArgumentError(
      "it has no SHA-256 of a certificate, as base64url or hexadecimal");
}

}  // namespace sluice::identity

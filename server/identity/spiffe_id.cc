#include "server/identity/spiffe_id.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sluice::identity {
namespace {

constexpr absl::string_view kScheme = "spiffe://";
constexpr size_t kMaxTrustDomainBytes = 255;

bool IsTrustDomainCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' ||
         c == '-' || c == '_';
}

bool IsSegmentCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
}

// `path` begins with its slash, or is empty.
absl::Status CheckPath(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "/")) {
    return absl::InvalidArgumentError("it has no path");
  }
  for (absl::string_view segment : absl::StrSplit(path, '/')) {
    if (segment.empty()) {
      return absl::InvalidArgumentError("its path has an empty segment");
    }
    if (segment == "." || segment == "..") {
      return absl::InvalidArgumentError("its path has a relative segment");
    }
    if (!absl::c_all_of(segment, IsSegmentCharacter)) {
      return absl::InvalidArgumentError(
          "its path may hold letters, digits, '.', '-' and '_' only");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTrustDomain(absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("no trust domain");
  if (name.size() > kMaxTrustDomainBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a trust domain has at most ", kMaxTrustDomainBytes, " bytes"));
  }
  if (!absl::c_all_of(name, IsTrustDomainCharacter)) {
    return absl::InvalidArgumentError(
        "a trust domain may hold a-z, 0-9, '.', '-' and '_' only");
  }
  return absl::OkStatus();
}

absl::StatusOr<SpiffeId> SpiffeId::Parse(absl::string_view text) {
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has more than ", kMaxBytes, " bytes"));
  }
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, kScheme)) {
    return absl::InvalidArgumentError("it does not begin with spiffe://");
  }
  const absl::string_view trust_domain = rest.substr(0, rest.find('/'));
  absl::Status checked = CheckTrustDomain(trust_domain);
  if (checked.ok()) checked = CheckPath(rest.substr(trust_domain.size()));
  if (!checked.ok()) return checked;
  return SpiffeId(std::string(text), kScheme.size() + trust_domain.size());
}

absl::string_view SpiffeId::trust_domain() const {
  return absl::string_view(text_).substr(kScheme.size(),
                                         path_start_ - kScheme.size());
}

absl::string_view SpiffeId::path() const {
  return absl::string_view(text_).substr(path_start_);
}

}  // namespace sluice::identity

#include "server/pgbouncer/host_syntax.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace sluice::pgbouncer {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

// The one form in which the system writes the address; "" for none.
std::string Canonical(int family, const std::string& text) {
  in6_addr address;  // The larger one of both.
  char canonical[INET6_ADDRSTRLEN];
  if (inet_pton(family, text.c_str(), &address) != 1) return "";
  if (inet_ntop(family, &address, canonical, sizeof(canonical)) == nullptr) {
    return "";
  }
  return canonical;
}

bool IsLabelByte(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' ||
         c == '_';
}

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         label.front() != '-' && label.back() != '-' &&
         absl::c_all_of(label, IsLabelByte);
}

bool IsNumber(absl::string_view label) {
  if (absl::StartsWith(label, "0x")) {
    return absl::c_all_of(label.substr(2), absl::ascii_isxdigit);
  }
  return absl::c_all_of(label, absl::ascii_isdigit);
}

bool IsName(absl::string_view host) {
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  return absl::c_all_of(labels, IsLabel) && !IsNumber(labels.back());
}

}  // namespace

absl::optional<HostKind> FindHostKind(absl::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return absl::nullopt;
  // inet_pton would stop at a zero byte.
  if (!absl::c_all_of(host, absl::ascii_isgraph)) return absl::nullopt;
  const std::string text(host);
  if (absl::StrContains(host, ':')) {
    const bool is_ipv6 =
        !absl::StrContains(host, '.') && Canonical(AF_INET6, text) == text;
    return is_ipv6 ? absl::make_optional(HostKind::kIpv6) : absl::nullopt;
  }
  if (Canonical(AF_INET, text) == text) return HostKind::kIpv4;
  return IsName(host) ? absl::make_optional(HostKind::kName) : absl::nullopt;
}

}  // namespace sluice::pgbouncer

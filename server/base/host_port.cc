#include "server/base/host_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sluice {
namespace {

// RFC 1035, section 2.3.4, without the length bytes of the wire.
constexpr size_t kMaxNameBytes = 253;
constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxBytesTold = 80;

std::optional<std::string> CanonicalAddress(const std::string& text) {
  unsigned char address[sizeof(in6_addr)];
  char canonical[INET6_ADDRSTRLEN];
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), address) == 1 &&
        inet_ntop(family, address, canonical, sizeof(canonical)) != nullptr) {
      return std::string(canonical);
    }
  }
  return std::nullopt;
}

bool IsLabelCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '_';
}

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes &&
         label.front() != '-' && label.back() != '-' &&
         absl::c_all_of(label, IsLabelCharacter);
}

// Resolvers take names that end in one, such as "127.1" and "0x7f000001", for
// addresses.
bool IsNumber(absl::string_view label) {
  if (absl::ConsumePrefix(&label, "0x") || absl::ConsumePrefix(&label, "0X")) {
    return absl::c_all_of(label, absl::ascii_isxdigit);
  }
  return absl::c_all_of(label, absl::ascii_isdigit);
}

absl::Status Refused(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", absl::CHexEscape(text.substr(0, kMaxBytesTold)), "\" ", why));
}

struct Parts {
  absl::string_view host;
  // Empty: none.
  absl::string_view port;
  bool has_brackets = false;
};

// Nothing where brackets or colons do not fit.
std::optional<Parts> Split(absl::string_view text) {
  Parts parts;
  absl::string_view rest;
  if (absl::ConsumePrefix(&text, "[")) {
    const size_t end = text.find(']');
    if (end == absl::string_view::npos) return std::nullopt;
    parts = {text.substr(0, end), {}, true};
    rest = text.substr(end + 1);
  } else {
    const size_t end = text.find(':');
    parts.host = text.substr(0, end);
    if (end != absl::string_view::npos) rest = text.substr(end);
  }
  if (rest.empty()) return parts;
  if (!absl::ConsumePrefix(&rest, ":") || rest.empty()) return std::nullopt;
  parts.port = rest;
  return parts;
}

}  // namespace

bool IsIpAddress(const std::string& text) {
  return CanonicalAddress(text).has_value();
}

std::optional<std::string> CanonicalHost(absl::string_view text) {
  // inet_pton takes what stands before a zero byte.
  if (absl::c_linear_search(text, '\0')) return std::nullopt;
  std::optional<std::string> address = CanonicalAddress(std::string(text));
  if (address.has_value()) {
    const bool stands_for_ipv4 =
        absl::StrContains(*address, ':') && absl::StrContains(*address, '.');
    return stands_for_ipv4 ? std::nullopt : address;
  }
  absl::ConsumeSuffix(&text, ".");
  if (text.size() > kMaxNameBytes) return std::nullopt;
  const std::vector<absl::string_view> labels = absl::StrSplit(text, '.');
  if (!absl::c_all_of(labels, IsLabel) || IsNumber(labels.back())) {
    return std::nullopt;
  }
  return absl::AsciiStrToLower(text);
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text,
                                       uint16_t default_port) {
  if (text.empty()) return Refused(text, "is no address");
  if (IsIpAddress(std::string(text)) && absl::StrContains(text, ':')) {
    return Refused(text, "is an IPv6 address without brackets");
  }
  const std::optional<Parts> parts = Split(text);
  if (!parts.has_value()) return Refused(text, "is not HOST:PORT");
  std::optional<std::string> host = CanonicalHost(parts->host);
  if (!host.has_value() ||
      parts->has_brackets != absl::StrContains(*host, ':')) {
    return Refused(text, "has neither a host name nor an IP address");
  }
  uint32_t port = default_port;
  if (!parts->port.empty() &&
      (!absl::c_all_of(parts->port, absl::ascii_isdigit) ||
       !absl::SimpleAtoi(parts->port, &port))) {
    port = 0;
  }
  if (port < 1 || port > UINT16_MAX) {
    return Refused(text, "has no port of 1 to 65535");
  }
  return HostPort{*std::move(host), static_cast<uint16_t>(port)};
}

}  // namespace sluice

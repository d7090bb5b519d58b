#include "server/pgbouncer_sync/allow_list.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "server/pgbouncer/host_syntax.h"
#include "server/pgbouncer/proposal.h"

namespace sluice::pgbouncer_sync {
namespace {

using pgbouncer::FindHostKind;
using pgbouncer::HostKind;

constexpr size_t kByteBits = 8;

absl::Status NoHost(absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text,
      "\" is no name, IP address, \".DOMAIN\" or \"ADDRESS/BITS\", each in "
      "its one form: lower case, no dot at the end, no leading zeros"));
}

// The bit of that number, the highest of the first byte being 0.
bool BitOf(const std::array<uint8_t, 16>& bytes, size_t number) {
  return (bytes[number / kByteBits] >> (kByteBits - 1 - number % kByteBits)) &
         1;
}

}  // namespace

absl::Status AllowList::AddHost(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  if (absl::StrContains(text, '/')) {
    return AddNetwork(parts.first, parts.second);
  }
  if (absl::StartsWith(text, ".")) {
    if (FindHostKind(text.substr(1)) != HostKind::kName) return NoHost(text);
    domains_.emplace_back(text);
    return absl::OkStatus();
  }
  if (!FindHostKind(text).has_value()) return NoHost(text);
  hosts_.emplace(text);
  return absl::OkStatus();
}

absl::Status AllowList::AddNetwork(absl::string_view address,
                                   absl::string_view bits) {
  const std::string text = absl::StrCat(address, "/", bits);
  const absl::optional<HostKind> kind = FindHostKind(address);
  if (!kind.has_value() || kind == HostKind::kName) return NoHost(text);
  Network network;
  network.address = AddressOf(std::string(address));
  uint32_t bit_count = 0;
  const bool valid = !bits.empty() && bits.size() <= 3 &&
                     absl::c_all_of(bits, absl::ascii_isdigit) &&
                     (bits == "0" || bits[0] != '0') &&
                     absl::SimpleAtoi(bits, &bit_count) &&
                     bit_count <= network.address.bits;
  if (!valid) return NoHost(text);
  network.bits = bit_count;
  for (size_t bit = network.bits; bit < network.address.bits; ++bit) {
    if (BitOf(network.address.bytes, bit)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" has bits beyond its network"));
    }
  }
  networks_.push_back(network);
  return absl::OkStatus();
}

absl::Status AllowList::AddPort(absl::string_view text) {
  const absl::StatusOr<uint16_t> port = pgbouncer::ParsePort(text);
  if (!port.ok()) return port.status();
  ports_.insert(*port);
  return absl::OkStatus();
}

absl::Status AllowList::Check(const std::string& host, uint16_t port) const {
  if (!Allows(host)) {
    return absl::PermissionDeniedError(
        absl::StrCat("host ", host, " is none of those allowed"));
  }
  if (!ports_.contains(port)) {
    return absl::PermissionDeniedError(
        absl::StrCat("port ", port, " is none of those allowed"));
  }
  return absl::OkStatus();
}

bool AllowList::Allows(const std::string& host) const {
  const absl::optional<HostKind> kind = FindHostKind(host);
  if (!kind.has_value()) return false;
  if (hosts_.contains(host)) return true;
  if (kind == HostKind::kName) {
    // A host has no dot at its beginning, so it is longer than the domain.
    return absl::c_any_of(domains_, [&host](const std::string& domain) {
      return absl::EndsWith(host, domain);
    });
  }
  const Address address = AddressOf(host);
  return absl::c_any_of(networks_, [&address](const Network& network) {
    return Holds(network, address);
  });
}

AllowList::Address AllowList::AddressOf(const std::string& host) {
  const int family = FindHostKind(host) == HostKind::kIpv6 ? AF_INET6 : AF_INET;
  Address address;
  if (inet_pton(family, host.c_str(), address.bytes.data()) == 1) {
    address.bits = (family == AF_INET6 ? 16 : 4) * kByteBits;
  }
  return address;
}

bool AllowList::Holds(const Network& network, const Address& address) {
  if (network.address.bits != address.bits) return false;
  for (size_t bit = 0; bit < network.bits; ++bit) {
    if (BitOf(network.address.bytes, bit) != BitOf(address.bytes, bit)) {
      return false;
    }
  }
  return true;
}

}  // namespace sluice::pgbouncer_sync

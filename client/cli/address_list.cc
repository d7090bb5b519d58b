#include "client/cli/address_list.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice::cli {
namespace {

// Of a list of gRPC's; empty for others.
absl::string_view SchemeOf(absl::string_view text) {
  for (const absl::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (absl::StartsWith(text, scheme)) return scheme;
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitAddresses(
    absl::string_view text) {
  const absl::string_view scheme = SchemeOf(text);
  std::vector<std::string> addresses;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const absl::string_view bare = absl::StripAsciiWhitespace(part);
    if (bare.empty()) {
      return absl::InvalidArgumentError("an address is empty");
    }
    std::string address =
        absl::StrCat(SchemeOf(bare).empty() ? scheme : "", bare);
    if (std::find(addresses.begin(), addresses.end(), address) !=
        addresses.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the address ", address, " is given twice"));
    }
    addresses.push_back(std::move(address));
  }
  return addresses;
}

std::string OneTarget(absl::string_view text) {
  if (!SchemeOf(text).empty()) return std::string(text);
  return std::string(
      absl::StripAsciiWhitespace(text.substr(0, text.find(','))));
}

}  // namespace sluice::cli

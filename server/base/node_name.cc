#include "server/base/node_name.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"

namespace sluice {
namespace {

bool IsNodeByte(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' ||
         c == '_' || c == '-';
}

bool IsClusterByte(char c) { return IsNodeByte(c) || absl::ascii_isupper(c); }

}  // namespace

bool IsNodeName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNodeNameBytes &&
         absl::c_all_of(name, IsNodeByte);
}

bool IsClusterName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxClusterNameBytes &&
         absl::c_all_of(name, IsClusterByte);
}

}  // namespace sluice

#include "server/topology/file_source.h"

#include <sys/stat.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/config/node_list.h"
#include "server/config/settings_file.h"

namespace sluice::topology {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr absl::Duration kSettleTime = absl::Milliseconds(100);
constexpr int kMaxReads = 20;

absl::StatusOr<std::string> Read(const std::string& path) {
  struct stat status {};
  // Opening a FIFO would wait for its writer.
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is no regular file"));
  }
  return config::ReadSettingsFile(path);
}

}  // namespace

FileSource::FileSource(std::string path) : path_(std::move(path)) {}

SourceAnswer FileSource::Ask(const StopSignal& stop) {
  absl::StatusOr<std::string> text = ReadSettled(stop);
  if (!text.ok()) return {text.status(), kInterval};
  text_ = *std::move(text);
  absl::StatusOr<std::vector<NodeAddress>> nodes = ParseNodeFile(text_);
  if (!nodes.ok()) {
    nodes = absl::InvalidArgumentError(
        absl::StrCat(path_, ": ", nodes.status().message()));
  }
  return {std::move(nodes), kInterval};
}

absl::StatusOr<std::string> FileSource::ReadSettled(const StopSignal& stop) {
  absl::StatusOr<std::string> text = Read(path_);
  for (int reads = 1; reads < kMaxReads; ++reads) {
    if (!text.ok() || *text == text_) return text;
    stop.WaitFor(kSettleTime);
    absl::StatusOr<std::string> again = Read(path_);
    if (again.ok() && *again == *text) return text;
    text = std::move(again);
  }
  return absl::UnavailableError(absl::StrCat(path_, " never stops changing"));
}

absl::StatusOr<std::vector<NodeAddress>> ParseNodeFile(
    const std::string& text) {
  absl::StatusOr<std::vector<std::string>> addresses =
      config::ReadNodeList(text);
  if (!addresses.ok()) return addresses.status();
  std::vector<NodeAddress> nodes;
  for (const std::string& address : *addresses) {
    absl::StatusOr<NodeAddress> node = ParseNodeAddress(address);
    if (!node.ok()) return node.status();
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

}  // namespace sluice::topology

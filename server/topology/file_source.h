// FileSource: a YAML file of nodes, as a renderer of service discovery writes
// it.

#ifndef SLUICE_SERVER_TOPOLOGY_FILE_SOURCE_H_
#define SLUICE_SERVER_TOPOLOGY_FILE_SOURCE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/topology/node_address.h"
#include "server/topology/node_source.h"
#include "server/topology/stop_signal.h"

namespace sluice::topology {

// The nodes of such a file (config::ReadNodeList).
// Errors: INVALID_ARGUMENT.
absl::StatusOr<std::vector<NodeAddress>> ParseNodeFile(const std::string& text);

// Looks every second, at the content: links and folders that change where the
// path leads need no care. A file that has changed is read until two reads are
// the same, 100 ms apart, so that one being written is not taken half.
class FileSource final : public NodeSource {
 public:
  explicit FileSource(std::string path);

  SourceAnswer Ask(const StopSignal& stop) override;

 private:
  absl::StatusOr<std::string> ReadSettled(const StopSignal& stop);

  const std::string path_;
  // As it was taken last.
  std::string text_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_FILE_SOURCE_H_

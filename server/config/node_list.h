// ReadNodeList: the nodes of a cluster as a renderer of service discovery
// writes them into a YAML file.

#ifndef SLUICE_SERVER_CONFIG_NODE_LIST_H_
#define SLUICE_SERVER_CONFIG_NODE_LIST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::config {

// Reads
//
//   primary: HOST:PORT
//   read_only:
//     - HOST:PORT
//
// from the top of the document, or from below the one key there that has
// either. Gives what stands there, the primary first, without empty values; the
// texts are not looked at.
//
// Errors: INVALID_ARGUMENT, on one line, for what is no YAML, has neither of
// the two keys, has them below several keys, or values of another form.
absl::StatusOr<std::vector<std::string>> ReadNodeList(const std::string& text);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_NODE_LIST_H_

// ReadYaml: a YAML document as a proto message, by the names of its fields.

#ifndef SLUICE_SERVER_CONFIG_YAML_READER_H_
#define SLUICE_SERVER_CONFIG_YAML_READER_H_

#include <string>

#include "google/protobuf/message.h"
#include "server/config/config_faults.h"

namespace sluice::config {

// Sets the fields of `message` that `text` gives and leaves the others. What
// is unknown, given twice or of another type is added to `faults`, and its
// field is left. Durations are written as absl::ParseDuration reads them,
// values of enums by their name without the enum's prefix, in lower case. A
// message, map or list without a value is an empty one. Anchors and aliases are
// faults. The time that it takes is bounded by the length of `text`.
void ReadYaml(const std::string& text, google::protobuf::Message& message,
              ConfigFaults& faults);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_YAML_READER_H_

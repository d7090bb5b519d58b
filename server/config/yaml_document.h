// LoadYaml: the one YAML document of a text, without what could make a short
// text a large tree.

#ifndef SLUICE_SERVER_CONFIG_YAML_DOCUMENT_H_
#define SLUICE_SERVER_CONFIG_YAML_DOCUMENT_H_

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "server/config/config_faults.h"

namespace sluice::config {

// Nothing, with a fault, for what is no valid YAML: no UTF-8, with control
// characters, anchors, aliases or a second document too. The time that it takes
// is bounded by the length of `text`.
std::optional<YAML::Node> LoadYaml(const std::string& text,
                                   ConfigFaults& faults);

// What yaml-cpp throws, when values of a node are asked for as well.
void AddYamlFault(const YAML::Exception& error, ConfigFaults& faults);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_YAML_DOCUMENT_H_

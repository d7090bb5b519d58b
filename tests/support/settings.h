// Settings of a server by name, as its own configuration file writes them.

#ifndef SLUICE_TESTS_SUPPORT_SETTINGS_H_
#define SLUICE_TESTS_SUPPORT_SETTINGS_H_

#include <map>
#include <string>

namespace sluice::testing {

using Settings = std::map<std::string, std::string>;

// `defaults` with those of `changes` in their place.
inline Settings Changed(Settings defaults, const Settings& changes) {
  for (const auto& [name, value] : changes) defaults[name] = value;
  return defaults;
}

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_SETTINGS_H_

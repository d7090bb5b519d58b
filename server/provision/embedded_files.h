// Files of the source tree that are part of the program; made by
// embed_files.cmake.

#ifndef SLUICE_SERVER_PROVISION_EMBEDDED_FILES_H_
#define SLUICE_SERVER_PROVISION_EMBEDDED_FILES_H_

#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::provision {

struct EmbeddedFile {
  // Without its folder: "0001_requests.sql".
  absl::string_view name;
  absl::string_view text;
};

// The folders served/ and control/, by name.
std::vector<EmbeddedFile> ServedFiles();
std::vector<EmbeddedFile> ControlFiles();

// rights.sql.
absl::string_view RightsFile();

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_EMBEDDED_FILES_H_

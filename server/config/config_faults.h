// ConfigFaults: what is wrong with a configuration, and where it stands in the
// file.

#ifndef SLUICE_SERVER_CONFIG_CONFIG_FAULTS_H_
#define SLUICE_SERVER_CONFIG_CONFIG_FAULTS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::config {

// Fields are named by their path: "databases[1].name"; the whole is "".
class ConfigFaults {
 public:
  // Notes that the file gives a field, and on which line, counted from 1.
  void NoteField(absl::string_view path, int line);

  bool IsGiven(absl::string_view path) const;

  // Adds a fault: "databases[1].name: required (line 12)". The line is that of
  // the field or, where the file does not give it, of what it belongs to. Only
  // the first fault of a field is kept: others follow from it.
  void Add(absl::string_view path, absl::string_view message);

  // The same for a fault of the file itself.
  void AddAtLine(int line, absl::string_view message);

  // OK if there are none, else INVALID_ARGUMENT with all, one to a line; of
  // very many the first hundred and how many more.
  absl::Status ToStatus() const;

 private:
  absl::flat_hash_map<std::string, int> line_of_field_;
  absl::flat_hash_set<std::string> faulty_;
  std::vector<std::string> faults_;
};

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CONFIG_FAULTS_H_

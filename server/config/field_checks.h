// FieldChecks: what the validation of files of settings asks of single fields.

#ifndef SLUICE_SERVER_CONFIG_FIELD_CHECKS_H_
#define SLUICE_SERVER_CONFIG_FIELD_CHECKS_H_

#include <sys/stat.h>

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/duration.pb.h"
#include "server/config/config_faults.h"

namespace sluice::config {

// What an entry of pgbouncer has in place of the role.
inline constexpr absl::string_view kRoleMark = "{role}";
// The same of the node's name.
inline constexpr absl::string_view kNodeMark = "{node}";
// PostgreSQL's limit of names, NAMEDATALEN - 1.
inline constexpr size_t kMaxNameBytes = 63;

// Values of one field of many messages, such as the names of all apps.
using Uniques = absl::flat_hash_set<std::string>;

// Each check adds a fault to the field of that path, or nothing.
class FieldChecks {
 public:
  // Lifetime: `faults` outlives it.
  explicit FieldChecks(ConfigFaults& faults) : faults_(faults) {}

  void Add(absl::string_view path, absl::string_view message) {
    faults_.Add(path, message);
  }

  // Whether it is given.
  bool CheckGiven(const std::string& path, const std::string& value);
  void CheckRange(const std::string& path, int64_t value, int64_t least,
                  int64_t most);
  void CheckPositive(const std::string& path,
                     const google::protobuf::Duration& duration);
  void CheckNotNegative(const std::string& path,
                        const google::protobuf::Duration& duration);
  // For what holds of the longest value as well.
  void CheckAtMost(const std::string& path,
                   const google::protobuf::Duration& duration,
                   const google::protobuf::Duration& most,
                   absl::string_view most_name);
  // An empty value passes: it is reported as missing already.
  void CheckUnique(const std::string& path, const std::string& value,
                   Uniques& values);
  // Of something of PostgreSQL or pgbouncer; an empty one passes.
  void CheckName(const std::string& path, const std::string& name);
  void CheckAppName(const std::string& path, const std::string& name);

  // What a mark in the template of an entry stands for, as short as it can be.
  struct Mark {
    absl::string_view mark;
    absl::string_view value;
  };
  // Of an entry of pgbouncer, in which the marks are filled in.
  void CheckEntryTemplate(const std::string& path, const std::string& entry,
                          std::initializer_list<Mark> marks);

  // Whether the file can be read; its status goes to `status`.
  bool CheckFile(const std::string& path, const std::string& file,
                 struct stat* status = nullptr);
  // That others than its owner and group can't read it, besides.
  void CheckSecretFile(const std::string& path, const std::string& file);
  void CheckFolder(const std::string& path, const std::string& folder);
  // One that is made if it is not there, in a folder that is.
  void CheckNewFolder(const std::string& path, const std::string& folder);

 private:
  ConfigFaults& faults_;
};

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_FIELD_CHECKS_H_

#include "server/config/field_checks.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::config {
namespace {

using google::protobuf::Duration;

bool IsAppNameCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' ||
         c == '_';
}

// Sorts as durations do: both parts have the sign of the whole.
std::pair<int64_t, int32_t> PartsOf(const Duration& duration) {
  return {duration.seconds(), duration.nanos()};
}

constexpr std::pair<int64_t, int32_t> kZero = {0, 0};

}  // namespace

bool FieldChecks::CheckGiven(const std::string& path,
                             const std::string& value) {
  if (value.empty()) faults_.Add(path, "required");
  return !value.empty();
}

void FieldChecks::CheckRange(const std::string& path, int64_t value,
                             int64_t least, int64_t most) {
  if (value >= least && value <= most) return;
  const std::string range = most == INT64_MAX || most == UINT32_MAX
                                ? absl::StrCat("at least ", least)
                                : absl::StrCat(least, " to ", most);
  faults_.Add(path, absl::StrCat("expected ", range, ", not ", value));
}

void FieldChecks::CheckPositive(const std::string& path,
                                const Duration& duration) {
  if (PartsOf(duration) <= kZero) faults_.Add(path, "expected more than 0s");
}

void FieldChecks::CheckNotNegative(const std::string& path,
                                   const Duration& duration) {
  if (PartsOf(duration) < kZero) faults_.Add(path, "expected 0s or more");
}

void FieldChecks::CheckAtMost(const std::string& path, const Duration& duration,
                              const Duration& most,
                              absl::string_view most_name) {
  if (PartsOf(duration) > PartsOf(most)) {
    faults_.Add(path, absl::StrCat("more than ", most_name));
  }
}

void FieldChecks::CheckUnique(const std::string& path, const std::string& value,
                              Uniques& values) {
  if (!value.empty() && !values.insert(value).second) {
    faults_.Add(path, absl::StrCat("\"", value, "\" is not unique"));
  }
}

void FieldChecks::CheckAppName(const std::string& path,
                               const std::string& name) {
  if (!CheckGiven(path, name)) return;
  if (name.size() > kMaxNameBytes ||
      !absl::c_all_of(name, IsAppNameCharacter)) {
    faults_.Add(path, "expected 1 to 63 of a-z, 0-9, '-' and '_'");
  }
}

void FieldChecks::CheckName(const std::string& path, const std::string& name) {
  if (name.size() > kMaxNameBytes ||
      absl::c_any_of(name, absl::ascii_iscntrl)) {
    faults_.Add(path, "expected 1 to 63 bytes without a control character");
  }
}

void FieldChecks::CheckEntryTemplate(const std::string& path,
                                     const std::string& entry,
                                     std::initializer_list<Mark> marks) {
  std::string filled = entry;
  std::string names;
  for (const Mark& mark : marks) {
    filled = absl::StrReplaceAll(filled, {{mark.mark, mark.value}});
    absl::StrAppend(&names, names.empty() ? "" : " and ", mark.mark);
  }
  CheckName(path, filled);
  if (absl::StrContains(filled, '{') || absl::StrContains(filled, '}')) {
    Add(path, absl::StrCat("braces stand for nothing but ", names));
  }
}

bool FieldChecks::CheckFile(const std::string& path, const std::string& file,
                            struct stat* status) {
  if (!CheckGiven(path, file)) return false;
  struct stat own_status;
  if (status == nullptr) status = &own_status;
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 || fstat(descriptor, status) != 0) {
    faults_.Add(path,
                absl::StrCat("can't read ", file, ": ", std::strerror(errno)));
    if (descriptor >= 0) close(descriptor);
    return false;
  }
  close(descriptor);
  if (S_ISREG(status->st_mode)) return true;
  faults_.Add(path, absl::StrCat(file, " is no regular file"));
  return false;
}

void FieldChecks::CheckSecretFile(const std::string& path,
                                  const std::string& file) {
  struct stat status;
  if (CheckFile(path, file, &status) && (status.st_mode & S_IRWXO) != 0) {
    faults_.Add(path, absl::StrCat(file,
                                   " is open to others than its owner and "
                                   "group; take that away (chmod o=)"));
  }
}

void FieldChecks::CheckFolder(const std::string& path,
                              const std::string& folder) {
  struct stat status;
  if (stat(folder.c_str(), &status) != 0) {
    faults_.Add(
        path, absl::StrCat("can't open ", folder, ": ", std::strerror(errno)));
  } else if (!S_ISDIR(status.st_mode)) {
    faults_.Add(path, absl::StrCat(folder, " is no folder"));
  }
}

void FieldChecks::CheckNewFolder(const std::string& path,
                                 const std::string& folder) {
  struct stat status;
  if (stat(folder.c_str(), &status) == 0 || errno != ENOENT) {
    return CheckFolder(path, folder);
  }
  std::filesystem::path made = folder;
  // With a slash at its end.
  if (!made.has_filename()) made = made.parent_path();
  CheckFolder(path, made.parent_path().string());
}

}  // namespace sluice::config

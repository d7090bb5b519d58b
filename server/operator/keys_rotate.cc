#include "server/operator/keys_rotate.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/identity/signing_key_folder.h"
#include "server/operator/folder_lock.h"
#include "server/operator/key_rotation.h"

namespace sluice::operators {
namespace {

constexpr absl::string_view kUsage =
    "Usage: sluice keys rotate FOLDER [--overlap DURATION] [--wait]\n"
    "\n"
    "Activates the prepared key, retires the one that was active, deletes "
    "keys\n"
    "that have been retired for 17 minutes, when no token of theirs is valid\n"
    "any longer, and prepares the next key. No call fails on that: servers "
    "look\n"
    "at the folder every second, and verify with the retired key what it has\n"
    "signed. Where no key is prepared, it prepares one.\n"
    "\n"
    "  --overlap DURATION  how long a key has to be prepared before it signs,\n"
    "                      so that each server knows it; longer if the folder\n"
    "                      takes its time to reach all hosts. Default: 30s\n"
    "  --wait              wait until then; without it, fail\n"
    "\n"
    "Exit codes: 0 rotated; 1 failed, or too early; 2 a wrong command line.\n";

absl::StatusOr<absl::Duration> ParseOverlap(const Arguments& arguments) {
  absl::Duration overlap;
  if (!absl::ParseDuration(arguments.ValueOf("--overlap", "30s"), &overlap) ||
      overlap < absl::ZeroDuration() || overlap > absl::Hours(24)) {
    return WrongUse("--overlap needs a duration from 0s to 24h, such as 30s");
  }
  return overlap;
}

std::string FormatSeconds(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

absl::StatusOr<KeyRotation> RotateNow(const std::string& folder,
                                      absl::Duration overlap,
                                      std::ostream& output) {
  absl::StatusOr<KeyRotation> rotation =
      RotateKeys(folder, overlap, absl::Now());
  if (!rotation.ok()) return rotation.status();
  for (const std::string& change : rotation->changes) output << change << "\n";
  output.flush();
  return rotation;
}

absl::Status Rotate(const Arguments& arguments, std::ostream& output) {
  const std::string& folder = arguments.operands().front();
  const absl::StatusOr<absl::Duration> overlap = ParseOverlap(arguments);
  if (!overlap.ok()) return overlap.status();
  const absl::StatusOr<FolderLock> lock = FolderLock::Take(folder);
  if (!lock.ok()) return lock.status();
  absl::Status cleaned = identity::DeleteUnfinishedKeys(folder);
  if (!cleaned.ok()) return cleaned;
  absl::StatusOr<KeyRotation> rotation = RotateNow(folder, *overlap, output);
  while (rotation.ok() && !rotation->done) {
    const std::string ready = FormatSeconds(rotation->ready_time);
    if (!arguments.Has("--wait")) {
      return absl::FailedPreconditionError(absl::StrCat(
          folder, ": the prepared key can be activated from ", ready, " on"));
    }
    output << "waiting until " << ready << std::endl;
    absl::SleepFor(rotation->ready_time - absl::Now());
    rotation = RotateNow(folder, *overlap, output);
  }
  return rotation.status();
}

}  // namespace

Command KeysRotateCommand() {
  return {.name = "keys rotate",
          .summary = "has the prepared key sign, and prepares the next one",
          .usage = kUsage,
          .min_operands = 1,
          .max_operands = 1,
          .options = {{"--overlap", OptionValue::kNeeded}, {"--wait"}},
          .run = Rotate};
}

}  // namespace sluice::operators

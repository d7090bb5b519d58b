#include "server/operator/keys_generate.h"

#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/identity/signing_key_folder.h"
#include "server/operator/folder_lock.h"

namespace sluice::operators {
namespace {

constexpr absl::string_view kUsage =
    "Usage: sluice keys generate FOLDER [--activate]\n"
    "\n"
    "Makes an Ed25519 key that is to sign tokens, in the state prepared: all\n"
    "servers that have the folder verify with it, none signs with it until\n"
    "`sluice keys rotate` activates it. The folder is made if it is not "
    "there.\n"
    "\n"
    "  --activate  activate it at once: for the first key of a folder, as no\n"
    "              server starts without an active key\n"
    "\n"
    "The file has mode 0600; root gives it to the owner of the folder.\n"
    "Exit codes: 0 done; 1 failed; 2 a wrong command line.\n";

using identity::KeyState;
using identity::SigningKeyFacts;
using identity::StoredKey;

absl::Status CheckNoneActive(const std::string& folder) {
  const absl::StatusOr<std::vector<StoredKey>> keys =
      identity::ReadSigningKeys(folder);
  if (!keys.ok()) return keys.status();
  if (keys->empty() || keys->front().facts.state != KeyState::kActive) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      folder, ": a key is active; `sluice keys rotate` changes it"));
}

absl::Status Generate(const Arguments& arguments, std::ostream& output) {
  const std::string& folder = arguments.operands().front();
  // As GenerateSigningKey does; the lock needs it.
  mkdir(folder.c_str(), 0700);
  const absl::StatusOr<FolderLock> lock = FolderLock::Take(folder);
  if (!lock.ok()) return lock.status();
  absl::Status status = identity::DeleteUnfinishedKeys(folder);
  const bool activate = arguments.Has("--activate");
  if (status.ok() && activate) status = CheckNoneActive(folder);
  if (!status.ok()) return status;
  const absl::Time now = absl::Now();
  absl::StatusOr<SigningKeyFacts> key =
      identity::GenerateSigningKey(folder, now);
  if (key.ok() && activate) {
    key = identity::SetSigningKeyState(folder, *key, KeyState::kActive, now);
  }
  if (!key.ok()) return key.status();
  output << absl::StrCat(key->key_id, " ", identity::KeyStateName(key->state),
                         "\n");
  return absl::OkStatus();
}

}  // namespace

Command KeysGenerateCommand() {
  return {.name = "keys generate",
          .summary = "makes a key that is to sign tokens",
          .usage = kUsage,
          .min_operands = 1,
          .max_operands = 1,
          .options = {{"--activate"}},
          .run = Generate};
}

}  // namespace sluice::operators

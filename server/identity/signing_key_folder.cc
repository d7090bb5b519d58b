#include "server/identity/signing_key_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"

namespace sluice::identity {
namespace {

constexpr std::array<std::pair<KeyState, absl::string_view>, 3> kStateNames = {{
    {KeyState::kPrepared, "prepared"},
    {KeyState::kActive, "active"},
    {KeyState::kRetired, "retired"},
}};
// A PKCS#8 file of Ed25519 has 119 bytes.
constexpr size_t kMaxFileBytes = 4096;
constexpr int kMaxReadings = 100;
constexpr size_t kMaxTimeDigits = 12;

struct KeyFileName {
  std::string key_id;
  KeyState state;
  absl::Time since;
};

absl::Status SystemFault(absl::string_view path, int error) {
  return absl::UnavailableError(
      absl::StrCat(path, ": ", absl::ErrnoToStatus(error, "").message()));
}

absl::optional<KeyState> ParseState(absl::string_view name) {
  for (const auto& [state, known] : kStateNames) {
    if (known == name) return state;
  }
  return absl::nullopt;
}

std::string FormatName(const KeyFileName& name) {
  return absl::StrCat(name.key_id, ".", KeyStateName(name.state), ".",
                      absl::ToUnixSeconds(name.since), ".pem");
}

absl::optional<KeyFileName> ParseName(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  if (parts.size() != 4 || parts[3] != "pem") return absl::nullopt;
  const absl::optional<KeyState> state = ParseState(parts[1]);
  int64_t seconds = 0;
  if (!state.has_value() || parts[2].size() > kMaxTimeDigits ||
      !absl::c_all_of(parts[2], absl::ascii_isdigit) ||
      !absl::SimpleAtoi(parts[2], &seconds)) {
    return absl::nullopt;
  }
  return KeyFileName{std::string(parts[0]), *state,
                     absl::FromUnixSeconds(seconds)};
}

std::string PathOf(const std::string& folder, const SigningKeyFacts& key) {
  return absl::StrCat(folder, "/",
                      FormatName({key.key_id, key.state, key.since}));
}

using Names = std::vector<std::string>;

// What GenerateSigningKey calls a file until it is whole.
std::string UnfinishedName(absl::string_view key_id) {
  return absl::StrCat(".", key_id, ".new");
}

bool IsUnfinishedName(absl::string_view name) {
  return absl::ConsumePrefix(&name, ".") &&
         absl::ConsumeSuffix(&name, ".new") && IsBase64Url(name, kSha256Bytes);
}

bool IsVisible(absl::string_view name) { return name.front() != '.'; }

// Names of the files that `wanted` is true of, sorted.
absl::StatusOr<Names> ListFolder(
    const std::string& folder, bool (*wanted)(absl::string_view) = IsVisible) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(folder.c_str()),
                                                      closedir);
  if (directory == nullptr) {
    return absl::InvalidArgumentError(SystemFault(folder, errno).message());
  }
  Names names;
  while (const dirent* entry = readdir(directory.get())) {
    if (wanted(entry->d_name)) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Errors: NOT_FOUND, INVALID_ARGUMENT.
absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  // A FIFO of that name blocks nobody.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0 && errno == ENOENT) return absl::NotFoundError(path);
  if (file < 0) {
    return absl::InvalidArgumentError(SystemFault(path, errno).message());
  }
  const absl::Cleanup close_file = [file] { close(file); };
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is no file"));
  }
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": others than its owner and group have rights on it"));
  }
  std::string text(kMaxFileBytes, '\0');
  const ssize_t size = read(file, text.data(), text.size());
  if (size < 0) {
    return absl::InvalidArgumentError(SystemFault(path, errno).message());
  }
  text.resize(static_cast<size_t>(size));
  return text;
}

// Errors: NOT_FOUND when it has gone meanwhile; INVALID_ARGUMENT.
absl::StatusOr<StoredKey> ReadKey(const std::string& folder,
                                  const std::string& name) {
  const std::string path = absl::StrCat(folder, "/", name);
  const absl::optional<KeyFileName> parsed = ParseName(name);
  if (!parsed.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is not named KEY_ID.STATE.TIME.pem"));
  }
  absl::StatusOr<std::string> pem = ReadKeyFile(path);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<SigningKey> key = SigningKey::ParsePem(*pem);
  OPENSSL_cleanse(pem->data(), pem->size());
  if (!key.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", key.status().message()));
  }
  if (key->id() != parsed->key_id) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds the key ", key->id()));
  }
  return StoredKey{{key->id(), parsed->state, parsed->since, key->public_key()},
                   *std::move(key)};
}

int Rank(KeyState state) {
  switch (state) {
    case KeyState::kActive:
      return 0;
    case KeyState::kPrepared:
      return 1;
    case KeyState::kRetired:
      break;
  }
  return 2;
}

bool GoesBefore(const StoredKey& a, const StoredKey& b) {
  return std::make_tuple(Rank(a.facts.state),
                         -absl::ToUnixSeconds(a.facts.since), a.facts.key_id) <
         std::make_tuple(Rank(b.facts.state),
                         -absl::ToUnixSeconds(b.facts.since), b.facts.key_id);
}

// The keys of the files, as they were at some moment; none if a file was
// renamed meanwhile.
absl::StatusOr<absl::optional<std::vector<StoredKey>>> ReadOnce(
    const std::string& folder) {
  const absl::StatusOr<Names> names = ListFolder(folder);
  if (!names.ok()) return names.status();
  if (names->size() > kMaxSigningKeys) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": has more than ", kMaxSigningKeys, " files"));
  }
  std::vector<StoredKey> keys;
  std::vector<std::string> faults;
  for (const std::string& name : *names) {
    absl::StatusOr<StoredKey> key = ReadKey(folder, name);
    if (absl::IsNotFound(key.status())) return absl::nullopt;
    if (key.ok()) {
      keys.push_back(*std::move(key));
    } else {
      faults.emplace_back(key.status().message());
    }
  }
  const absl::StatusOr<Names> names_after = ListFolder(folder);
  if (!names_after.ok()) return names_after.status();
  if (*names_after != *names) return absl::nullopt;
  if (!faults.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  }
  return keys;
}

absl::Status CheckNoneTwice(const std::string& folder,
                            const std::vector<StoredKey>& keys) {
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (keys[i].facts.key_id == keys[j].facts.key_id) {
        return absl::InvalidArgumentError(absl::StrCat(
            folder, ": has the key ", keys[i].facts.key_id, " twice"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return SystemFault(folder, errno);
  const bool done = fsync(file) == 0;
  const int error = errno;
  close(file);
  return done ? absl::OkStatus() : SystemFault(folder, error);
}

// A folder with room for one more.
absl::Status MakeFolder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemFault(folder, errno);
  }
  const absl::StatusOr<Names> names = ListFolder(folder);
  if (!names.ok()) return names.status();
  if (names->size() < kMaxSigningKeys) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(folder, ": has ", kMaxSigningKeys, " files already"));
}

// What root makes, the server has to be able to read.
bool GiveToOwnerOf(const std::string& folder, int file) {
  if (geteuid() != 0) return true;
  struct stat status;
  return stat(folder.c_str(), &status) == 0 &&
         fchown(file, status.st_uid, status.st_gid) == 0;
}

// A new file with all its bytes on disk.
absl::Status WriteNewFile(const std::string& folder, const std::string& path,
                          absl::string_view text) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return SystemFault(path, errno);
  const bool done = GiveToOwnerOf(folder, file) &&
                    write(file, text.data(), text.size()) ==
                        static_cast<ssize_t>(text.size()) &&
                    fsync(file) == 0;
  const int error = errno;
  close(file);
  if (done) return absl::OkStatus();
  unlink(path.c_str());
  return SystemFault(path, error);
}

absl::Status Rename(const std::string& folder, const std::string& from,
                    const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return SystemFault(from, errno);
  }
  return SyncFolder(folder);
}

absl::Time WholeSeconds(absl::Time time) {
  return absl::FromUnixSeconds(absl::ToUnixSeconds(time));
}

}  // namespace

absl::string_view KeyStateName(KeyState state) {
  for (const auto& [known, name] : kStateNames) {
    if (known == state) return name;
  }
  return "";
}

absl::StatusOr<std::vector<StoredKey>> ReadSigningKeys(
    const std::string& folder) {
  for (int i = 0; i < kMaxReadings; ++i) {
    absl::StatusOr<absl::optional<std::vector<StoredKey>>> read =
        ReadOnce(folder);
    if (!read.ok()) return read.status();
    if (!read->has_value()) continue;
    std::vector<StoredKey> keys = **std::move(read);
    absl::Status status = CheckNoneTwice(folder, keys);
    if (!status.ok()) return status;
    std::sort(keys.begin(), keys.end(), GoesBefore);
    return keys;
  }
  return absl::UnavailableError(
      absl::StrCat(folder, ": its files are renamed all the time"));
}

absl::StatusOr<SigningKeyFacts> GenerateSigningKey(const std::string& folder,
                                                   absl::Time now) {
  const SigningKey key = SigningKey::Generate();
  SigningKeyFacts facts = {key.id(), KeyState::kPrepared, WholeSeconds(now),
                           key.public_key()};
  absl::Status status = MakeFolder(folder);
  if (!status.ok()) return status;
  const std::string unfinished =
      absl::StrCat(folder, "/", UnfinishedName(key.id()));
  std::string pem = key.ToPem();
  status = WriteNewFile(folder, unfinished, pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (status.ok()) status = Rename(folder, unfinished, PathOf(folder, facts));
  if (!status.ok()) return status;
  return facts;
}

absl::StatusOr<SigningKeyFacts> SetSigningKeyState(const std::string& folder,
                                                   const SigningKeyFacts& key,
                                                   KeyState state,
                                                   absl::Time now) {
  SigningKeyFacts changed = key;
  changed.state = state;
  changed.since = WholeSeconds(now);
  absl::Status status =
      Rename(folder, PathOf(folder, key), PathOf(folder, changed));
  if (!status.ok()) return status;
  return changed;
}

absl::Status DeleteSigningKey(const std::string& folder,
                              const SigningKeyFacts& key) {
  const std::string path = PathOf(folder, key);
  if (unlink(path.c_str()) != 0) return SystemFault(path, errno);
  return SyncFolder(folder);
}

absl::Status DeleteUnfinishedKeys(const std::string& folder) {
  const absl::StatusOr<Names> names = ListFolder(folder, IsUnfinishedName);
  if (!names.ok()) return absl::UnavailableError(names.status().message());
  for (const std::string& name : *names) {
    const std::string path = absl::StrCat(folder, "/", name);
    if (unlink(path.c_str()) != 0) return SystemFault(path, errno);
  }
  return names->empty() ? absl::OkStatus() : SyncFolder(folder);
}

}  // namespace sluice::identity

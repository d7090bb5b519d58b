#include "server/identity/signing_keys.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/identity/signing_key_folder.h"

namespace sluice::identity {

absl::StatusOr<std::shared_ptr<const SigningKeys>> SigningKeys::Load(
    const std::string& folder) {
  absl::StatusOr<std::vector<StoredKey>> keys = ReadSigningKeys(folder);
  if (!keys.ok()) return keys.status();
  if (keys->empty() || keys->front().facts.state != KeyState::kActive) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": no signing key is active"));
  }
  return std::shared_ptr<const SigningKeys>(new SigningKeys(*std::move(keys)));
}

std::vector<SigningKeyFacts> SigningKeys::Facts() const {
  std::vector<SigningKeyFacts> facts;
  for (const StoredKey& stored : keys_) facts.push_back(stored.facts);
  return facts;
}

const SigningKey* SigningKeys::FindByTokenHeader(
    absl::string_view header) const {
  for (const StoredKey& stored : keys_) {
    if (stored.key.token_header() == header) return &stored.key;
  }
  return nullptr;
}

const SigningKeyFacts* SigningKeys::FindFacts(absl::string_view key_id) const {
  for (const StoredKey& stored : keys_) {
    if (stored.facts.key_id == key_id) return &stored.facts;
  }
  return nullptr;
}

}  // namespace sluice::identity

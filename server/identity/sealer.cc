#include "server/identity/sealer.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/identity/digest.h"

namespace sluice::identity {
namespace {

// A sealed text, before base64url: version, key id, nonce, ciphertext, tag.
// The first two are the associated data.
constexpr char kVersion = 1;
constexpr size_t kKeyIdBytes = 4;
constexpr size_t kHeaderBytes = 1 + kKeyIdBytes;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kOverheadBytes = kHeaderBytes + kNonceBytes + kTagBytes;
// Nothing that the gateway seals comes near; spares it work on nonsense.
constexpr size_t kMaxTextChars = 4096;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const {
    EVP_CIPHER_CTX_free(context);
  }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// For what fails only when there is no memory, or no OpenSSL to speak of.
void Require(bool done) {
  if (!done) std::abort();
}

const EVP_CIPHER* Aes256Gcm() {
  // Never freed: looking it up costs more than a seal.
  static const EVP_CIPHER* const kCipher =
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  Require(kCipher != nullptr);
  return kCipher;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                     static_cast<int>(count)) == 1);
  return bytes;
}

std::string KeyIdOf(absl::string_view key) {
  return Sha256(absl::StrCat("sluice key id ", key)).substr(0, kKeyIdBytes);
}

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

enum class Direction { kOpen = 0, kSeal = 1 };

// A cipher that has taken key, nonce and header.
Context MakeContext(Direction direction, absl::string_view key,
                    absl::string_view nonce, absl::string_view header) {
  Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  Require(context != nullptr &&
          EVP_CipherInit_ex2(context.get(), Aes256Gcm(), Bytes(key),
                             Bytes(nonce), static_cast<int>(direction),
                             nullptr) == 1 &&
          EVP_CipherUpdate(context.get(), nullptr, &size, Bytes(header),
                           static_cast<int>(header.size())) == 1);
  return context;
}

// Ciphertext of a plaintext, or the other way; GCM keeps the length.
std::string Transform(EVP_CIPHER_CTX* context, absl::string_view input) {
  std::string output(input.size(), '\0');
  int size = 0;
  Require(EVP_CipherUpdate(
              context, reinterpret_cast<unsigned char*>(output.data()), &size,
              Bytes(input), static_cast<int>(input.size())) == 1 &&
          static_cast<size_t>(size) == input.size());
  return output;
}

// The bytes of a text in its only valid spelling; false for any other.
bool Unescape(absl::string_view text, std::string* bytes) {
  return text.size() <= kMaxTextChars &&
         absl::WebSafeBase64Unescape(text, bytes) &&
         absl::WebSafeBase64Escape(*bytes) == text;
}

}  // namespace

absl::StatusOr<Sealer> Sealer::Make(const std::vector<std::string>& keys) {
  if (keys.empty()) return absl::InvalidArgumentError("no key");
  std::vector<Key> known;
  for (const std::string& bytes : keys) {
    if (bytes.size() != kKeyBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("a key is not of ", kKeyBytes, " bytes"));
    }
    const auto same = [&bytes](const Key& key) { return key.bytes == bytes; };
    if (std::any_of(known.begin(), known.end(), same)) {
      return absl::InvalidArgumentError("a key is there twice");
    }
    known.push_back({KeyIdOf(bytes), bytes});
  }
  return Sealer(std::move(known));
}

Sealer Sealer::MakeRandom() {
  std::string bytes = RandomBytes(kKeyBytes);
  std::string id = KeyIdOf(bytes);
  return Sealer({{std::move(id), std::move(bytes)}});
}

std::string Sealer::Seal(absl::string_view plaintext) const {
  const Key& key = keys_.front();
  std::string sealed = absl::StrCat(std::string(1, kVersion), key.id);
  const std::string nonce = RandomBytes(kNonceBytes);
  const Context context =
      MakeContext(Direction::kSeal, key.bytes, nonce, sealed);
  const std::string ciphertext = Transform(context.get(), plaintext);
  unsigned char none[1];
  int size = 0;
  std::string tag(kTagBytes, '\0');
  Require(EVP_CipherFinal_ex(context.get(), none, &size) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                              tag.data()) == 1);
  absl::StrAppend(&sealed, nonce, ciphertext, tag);
  return absl::WebSafeBase64Escape(sealed);
}

absl::StatusOr<std::string> Sealer::Open(absl::string_view text) const {
  const absl::Status refusal =
      absl::InvalidArgumentError("the text was not sealed here");
  std::string sealed;
  if (!Unescape(text, &sealed) || sealed.size() < kOverheadBytes ||
      sealed[0] != kVersion) {
    return refusal;
  }
  const absl::string_view all = sealed;
  const absl::string_view header = all.substr(0, kHeaderBytes);
  const Key* key = FindKey(header.substr(1));
  if (key == nullptr) return refusal;
  const absl::string_view nonce = all.substr(kHeaderBytes, kNonceBytes);
  const absl::string_view ciphertext =
      all.substr(kHeaderBytes + kNonceBytes, all.size() - kOverheadBytes);
  const Context context =
      MakeContext(Direction::kOpen, key->bytes, nonce, header);
  std::string plaintext = Transform(context.get(), ciphertext);
  std::string tag(all.substr(all.size() - kTagBytes));
  unsigned char none[1];
  int size = 0;
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes,
                              tag.data()) == 1);
  if (EVP_CipherFinal_ex(context.get(), none, &size) != 1) return refusal;
  return plaintext;
}

const Sealer::Key* Sealer::FindKey(absl::string_view id) const {
  for (const Key& key : keys_) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

}  // namespace sluice::identity

#include "server/identity/signing_keys.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/base64url.h"
#include "server/identity/test_key_folder.h"

namespace sluice::identity {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

// A key of another kind.
std::string MakeP256Pem() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &data));
  std::string pem(data, size);
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

class SigningKeysTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) {
    return absl::StrCat(folder_.path(), "/", name);
  }
  // Of the one key that there is.
  std::string KeyPath() { return Path(folder_.FileNames().front()); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name)) << text;
    chmod(Path(name).c_str(), 0600);
  }

  std::string Read(const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  std::string LoadFault() {
    const auto keys = SigningKeys::Load(folder_.path());
    EXPECT_EQ(keys.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(keys.status().message());
  }

  TestKeyFolder folder_;
};

TEST_F(SigningKeysTest, ListsTheActiveKeyFirst) {
  const SigningKeyFacts retired =
      folder_.Set(folder_.Generate(kNow), KeyState::kRetired, kNow);
  const SigningKeyFacts prepared = folder_.Generate(kNow);
  const SigningKeyFacts active = folder_.GenerateActive(kNow);
  const auto keys = folder_.Load();
  std::vector<std::string> ids;
  for (const SigningKeyFacts& facts : keys->Facts()) {
    ids.push_back(facts.key_id);
    EXPECT_EQ(facts.since, kNow);
    EXPECT_EQ(facts.public_key.size(), 32u);
  }
  EXPECT_THAT(ids, ElementsAre(active.key_id, prepared.key_id, retired.key_id));
  EXPECT_EQ(keys->active_key_id(), active.key_id);
}

TEST_F(SigningKeysTest, SignsWithTheKeyThatIsActiveSinceTheLatestTime) {
  folder_.GenerateActive(kNow);
  const SigningKeyFacts latest =
      folder_.GenerateActive(kNow + absl::Seconds(1));
  folder_.GenerateActive(kNow - absl::Seconds(1));
  EXPECT_EQ(folder_.Load()->active_key_id(), latest.key_id);
}

TEST_F(SigningKeysTest, FindsAKeyByTheHeaderOfItsTokensAlone) {
  const SigningKeyFacts first = folder_.GenerateActive(kNow);
  const SigningKeyFacts second = folder_.Generate(kNow);
  const auto keys = folder_.Load();
  for (const SigningKeyFacts& facts : {first, second}) {
    const std::string header = EncodeBase64Url(absl::StrCat(
        R"({"alg":"EdDSA","kid":")", facts.key_id, R"(","typ":"at+jwt"})"));
    const SigningKey* key = keys->FindByTokenHeader(header);
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->id(), facts.key_id);
    EXPECT_EQ(keys->FindByTokenHeader(header + "="), nullptr);
    EXPECT_EQ(keys->FindByTokenHeader(header.substr(1)), nullptr);
  }
  EXPECT_EQ(keys->FindByTokenHeader(""), nullptr);
}

TEST_F(SigningKeysTest, NamesAKeyByItsThumbprint) {
  // The public key and the thumbprint of RFC 8037, appendix A.2 and A.3.
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n";
  const absl::StatusOr<SigningKey> key = SigningKey::ParsePem(pem);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(EncodeBase64Url(key->public_key()),
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  EXPECT_EQ(key->id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  EXPECT_EQ(key->ToPem(), pem);
}

TEST_F(SigningKeysTest, MakesFilesThatNobodyElseReads) {
  folder_.Generate(kNow);
  struct stat status;
  ASSERT_EQ(stat(KeyPath().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(SigningKeysTest, MakesTheFolder) {
  const std::string folder = Path("new");
  ASSERT_TRUE(GenerateSigningKey(folder, kNow).ok());
  struct stat status;
  ASSERT_EQ(stat(folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_FALSE(GenerateSigningKey(Path("no/such/folder"), kNow).ok());
}

TEST_F(SigningKeysTest, ChangesAStateByARename) {
  const SigningKeyFacts key = folder_.Generate(kNow);
  EXPECT_THAT(folder_.FileNames(),
              ElementsAre(key.key_id + ".prepared.1700000000.pem"));
  folder_.Set(key, KeyState::kActive, kNow + absl::Seconds(2));
  EXPECT_THAT(folder_.FileNames(),
              ElementsAre(key.key_id + ".active.1700000002.pem"));
  EXPECT_FALSE(
      SetSigningKeyState(folder_.path(), key, KeyState::kActive, kNow).ok());
}

TEST_F(SigningKeysTest, AreRefusedWithoutAnActiveOne) {
  EXPECT_THAT(LoadFault(), HasSubstr("no signing key is active"));
  const SigningKeyFacts key = folder_.Generate(kNow);
  EXPECT_THAT(LoadFault(), HasSubstr("no signing key is active"));
  folder_.Set(key, KeyState::kRetired, kNow);
  EXPECT_THAT(LoadFault(), HasSubstr("no signing key is active"));
}

TEST_F(SigningKeysTest, AreRefusedWithoutAFolder) {
  const auto keys = SigningKeys::Load(Path("none"));
  EXPECT_EQ(keys.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(keys.status().message()), HasSubstr("none"));
}

TEST_F(SigningKeysTest, AreRefusedWhenOthersHaveRightsOnThem) {
  folder_.GenerateActive(kNow);
  for (const mode_t mode : {0604, 0602, 0601, 0620, 0644, 0666}) {
    ASSERT_EQ(chmod(KeyPath().c_str(), mode), 0);
    EXPECT_THAT(LoadFault(), HasSubstr("others than its owner")) << mode;
  }
  for (const mode_t mode : {0600, 0640, 0400, 0440}) {
    ASSERT_EQ(chmod(KeyPath().c_str(), mode), 0);
    EXPECT_TRUE(SigningKeys::Load(folder_.path()).ok()) << mode;
  }
}

TEST_F(SigningKeysTest, AreRefusedUnderANameThatIsNotTheirs) {
  const SigningKeyFacts key = folder_.GenerateActive(kNow);
  const std::string good = KeyPath();
  const std::string other = SigningKey::Generate().id();
  for (const std::string& name :
       {absl::StrCat(key.key_id, ".pem"), absl::StrCat(key.key_id, ".active"),
        absl::StrCat(key.key_id, ".active.1.pem.old"),
        absl::StrCat(key.key_id, ".active.1.key"),
        absl::StrCat(key.key_id, ".Active.1.pem"),
        absl::StrCat(key.key_id, ".active..pem"),
        absl::StrCat(key.key_id, ".active.-1.pem"),
        absl::StrCat(key.key_id, ".active.1x.pem"),
        absl::StrCat(key.key_id, ".active.1234567890123.pem"),
        absl::StrCat(other, ".active.1.pem"), std::string("key.active.1.pem"),
        std::string("README")}) {
    std::filesystem::rename(good, Path(name));
    EXPECT_THAT(LoadFault(), HasSubstr(name));
    std::filesystem::rename(Path(name), good);
  }
  EXPECT_TRUE(SigningKeys::Load(folder_.path()).ok());
}

TEST_F(SigningKeysTest, AreRefusedWithAnythingElseInTheirFiles) {
  folder_.GenerateActive(kNow);
  const std::string path = KeyPath();
  const std::string name = std::filesystem::path(path).filename();
  const std::string good = Read(path);
  const std::string rsa_like =
      absl::StrReplaceAll(good, {{"PRIVATE KEY", "RSA PRIVATE KEY"}});
  for (const std::string& text :
       {std::string(), std::string("x"), good.substr(0, good.size() / 2),
        rsa_like, MakeP256Pem()}) {
    Write(name, text);
    EXPECT_THAT(LoadFault(), HasSubstr(name));
  }
  Write(name, SigningKey::Generate().ToPem());
  EXPECT_THAT(LoadFault(), HasSubstr("holds the key"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_THAT(LoadFault(), HasSubstr("is no file"));
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(LoadFault(), HasSubstr("is no file"));
}

TEST_F(SigningKeysTest, TellOfAllFilesAtFault) {
  Write("one", "");
  Write("two", "");
  EXPECT_THAT(LoadFault(), testing::ContainsRegex("one: .*\n.*two: "));
}

TEST_F(SigningKeysTest, AreRefusedWhenOneIsThereTwice) {
  const SigningKeyFacts key = folder_.GenerateActive(kNow);
  std::filesystem::copy(KeyPath(), Path(key.key_id + ".retired.1.pem"));
  EXPECT_THAT(LoadFault(), HasSubstr("twice"));
}

TEST_F(SigningKeysTest, AreRefusedWhenThereAreTooMany) {
  folder_.GenerateActive(kNow);
  for (int i = 0; i < 64; ++i) Write(absl::StrCat("file", i), "");
  EXPECT_THAT(LoadFault(), HasSubstr("more than 64 files"));
}

TEST_F(SigningKeysTest, LeaveHiddenFilesAlone) {
  folder_.GenerateActive(kNow);
  Write(".unfinished.new", "x");
  EXPECT_TRUE(SigningKeys::Load(folder_.path()).ok());
}

TEST_F(SigningKeysTest, AreNotThoseThatWereNeverFinished) {
  folder_.GenerateActive(kNow);
  const std::string unfinished =
      absl::StrCat(".", SigningKey::Generate().id(), ".new");
  Write(unfinished, "half");
  for (const char* other : {".hidden.new", ".new", "..data"}) Write(other, "x");
  EXPECT_EQ(folder_.Load()->Facts().size(), 1u);
  const size_t count = folder_.FileNames().size();
  ASSERT_TRUE(DeleteUnfinishedKeys(folder_.path()).ok());
  EXPECT_EQ(folder_.FileNames().size(), count - 1);
  EXPECT_THAT(folder_.FileNames(), Not(Contains(unfinished)));
  EXPECT_EQ(folder_.Load()->Facts().size(), 1u);
  EXPECT_FALSE(DeleteUnfinishedKeys(folder_.path() + "/none").ok());
}

TEST_F(SigningKeysTest, ReadThroughLinksAsVolumesOfSecretsHaveThem) {
  const SigningKeyFacts key = folder_.GenerateActive(kNow);
  const std::string name = std::filesystem::path(KeyPath()).filename();
  std::filesystem::create_directory(Path("..data"));
  std::filesystem::rename(Path(name), Path("..data/" + name));
  std::filesystem::create_symlink("..data/" + name, Path(name));
  EXPECT_EQ(folder_.Load()->active_key_id(), key.key_id);
}

TEST(SigningKeyTest, VerifiesWhatItSignedAlone) {
  const SigningKey key = SigningKey::Generate();
  const std::string signature = key.Sign("text");
  EXPECT_EQ(signature.size(), kSignatureBytes);
  EXPECT_TRUE(key.Verifies("text", signature));
  EXPECT_FALSE(key.Verifies("texts", signature));
  EXPECT_FALSE(key.Verifies("text", signature.substr(1)));
  EXPECT_FALSE(key.Verifies("text", ""));
  EXPECT_FALSE(SigningKey::Generate().Verifies("text", signature));
}

}  // namespace
}  // namespace sluice::identity

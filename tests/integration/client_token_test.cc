// Tokens and certificates of the C++ client library on the shipped gateway.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sluice/client/channel.h"
#include "sluice/client/tokens.h"
#include "tests/integration/client_stack_test.h"
#include "tests/support/child_process.h"
#include "tests/support/file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_paths.h"

namespace sluice::client {
namespace {

using ::sluice::testing::Await;
using ::sluice::testing::BuildPath;
using ::sluice::testing::RunCommand;
using ::sluice::testing::StackOptions;
using ::sluice::testing::TempDir;

// Renewal is due after two thirds of it.
constexpr absl::Duration kTokenTime = absl::Seconds(3);
constexpr absl::Duration kSoon = absl::Seconds(20);

// Calls of all kinds without a pause, from several threads.
class Load {
 public:
  explicit Load(const Client& client) : client_(client) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this] { Run(); });
  }
  ~Load() { End(); }

  void End() {
    is_over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  int count() const { return count_; }
  // Those that the calls carried.
  size_t token_count() const {
    const std::unique_lock<std::mutex> lock(mutex_);
    return tokens_.size();
  }
  std::vector<absl::Status> errors() const {
    const std::unique_lock<std::mutex> lock(mutex_);
    return errors_;
  }

 private:
  void Run() {
    while (!is_over_) {
      Note(client_.Query("SELECT 1").status());
      Note(client_.Execute("INSERT INTO load VALUES (1)").status());
      Note(client_.QueryStream("SELECT 1").status());
      Note(client_
               .RunInTransaction([](Transaction& transaction) {
                 return transaction.Execute("SELECT 1").status();
               })
               .status());
    }
  }

  void Note(const absl::Status& status) {
    ++count_;
    const absl::StatusOr<std::string> token = client_.tokens()->Get();
    const std::unique_lock<std::mutex> lock(mutex_);
    if (!status.ok()) errors_.push_back(status);
    if (token.ok()) tokens_.insert(*token);
  }

  const Client client_;
  std::atomic<bool> is_over_ = false;
  std::atomic<int> count_ = 0;
  std::vector<std::thread> threads_;
  mutable std::mutex mutex_;
  std::set<std::string> tokens_;
  std::vector<absl::Status> errors_;
};

class ClientTokenTest : public ClientStackTest<ClientTokenTest> {
 protected:
  friend class sluice::testing::StackTest<ClientTokenTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"tokens.default_ttl", absl::FormatDuration(kTokenTime)},
                       {"listener.max_connection_age", "2s"},
                       {"revocation.deny_list_file", DenyList()}};
    return options;
  }
  static void SetUpTestSuite() {
    ASSERT_TRUE(sluice::testing::WriteFile(DenyList(), "", 0644).ok());
    ClientStackTest::SetUpTestSuite();
    ASSERT_TRUE(OpenClient().Execute("CREATE TABLE load (i int)").ok());
  }

  static std::string DenyList() {
    static const absl::StatusOr<TempDir> folder = TempDir::Make();
    return absl::StrCat(folder->path(), "/deny");
  }

  // Once of its calls' token, which is issued where there is none.
  static v1::IntrospectTokenResponse Introspect(const Client& client) {
    const absl::StatusOr<std::string> token = client.tokens()->Get();
    EXPECT_TRUE(token.ok()) << token.status();
    const auto said = TokensOf(ConnectionOf("app")).Introspect(*token);
    EXPECT_TRUE(said.ok()) << said.status();
    return *said;
  }
  static Tokens TokensOf(const ClientOptions& connection) {
    return {*OpenChannel(connection), connection};
  }
};

TEST_F(ClientTokenTest, ALoadOverSeveralRenewalsHasNoFailedCall) {
  Load load(client_);
  EXPECT_TRUE(Await(kSoon, [&] { return load.token_count() >= 4; }));
  load.End();
  EXPECT_THAT(load.errors(), ::testing::IsEmpty());
  EXPECT_GT(load.count(), 100);
}

TEST_F(ClientTokenTest, ARotationOfTheSigningKeysUnderLoadFailsNoCall) {
  const std::string folder = stack().gateway_options().signing_keys;
  const std::string before = Introspect(client_).key_id();
  Load load(client_);
  const auto rotate = [&] {
    return RunCommand(
               {.arguments = {BuildPath("server/operator/sluice-operator"),
                              "keys", "rotate", folder, "--overlap", "2s",
                              "--wait"}})
        .status();
  };
  // The first may do no more than prepare a key.
  EXPECT_TRUE(rotate().ok());
  EXPECT_TRUE(rotate().ok());
  EXPECT_TRUE(
      Await(kSoon, [&] { return Introspect(client_).key_id() != before; }));
  const size_t tokens = load.token_count();
  EXPECT_TRUE(Await(kSoon, [&] { return load.token_count() > tokens; }));
  load.End();
  EXPECT_THAT(load.errors(), ::testing::IsEmpty());
  EXPECT_GT(load.count(), 100);
}

TEST_F(ClientTokenTest, ARevokedTokenIsReplacedWithoutAFailedCall) {
  Load load(client_);
  ASSERT_TRUE(Await(kSoon, [&] { return load.count() > 20; }));
  const std::string id = Introspect(client_).token_id();
  const std::string token = *client_.tokens()->Get();
  ASSERT_TRUE(sluice::testing::WriteFile(
                  DenyList(), absl::StrCat("token_id ", id, "\n"), 0644)
                  .ok());
  const Tokens tokens = TokensOf(ConnectionOf("app"));
  EXPECT_TRUE(
      Await(kSoon, [&] { return !tokens.Introspect(token)->active(); }));
  const int count = load.count();
  EXPECT_TRUE(Await(kSoon, [&] { return load.count() > count + 20; }));
  load.End();
  EXPECT_THAT(load.errors(), ::testing::IsEmpty());
  EXPECT_NE(*client_.tokens()->Get(), token);
}

// A folder of certificate and key that is changed as a whole.
class ChangingPair {
 public:
  explicit ChangingPair(const std::string& folder) : folder_(folder) {}

  // Puts another pair in the place of the one that is there.
  void Put(const ClientOptions& pair) {
    const std::string fresh = absl::StrCat(folder_, "/", ++count_);
    std::filesystem::create_directory(fresh);
    std::filesystem::copy_file(pair.certificate_file, fresh + "/crt");
    std::filesystem::copy_file(pair.key_file, fresh + "/key");
    std::filesystem::create_directory_symlink(fresh, folder_ + "/new");
    std::filesystem::rename(folder_ + "/new", folder_ + "/now");
  }

  std::string certificate_file() const { return folder_ + "/now/crt"; }
  std::string key_file() const { return folder_ + "/now/key"; }

 private:
  const std::string folder_;
  int count_ = 0;
};

TEST_F(ClientTokenTest, ANewCertificateUnderLoadFailsNoCall) {
  const absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok());
  ChangingPair pair(folder->path());
  ClientOptions connection = ConnectionOf("app");
  pair.Put(connection);
  connection.certificate_file = pair.certificate_file();
  connection.key_file = pair.key_file();
  const absl::StatusOr<Client> client = Client::Open(connection);
  ASSERT_TRUE(client.ok()) << client.status();
  Load load(*client);
  ASSERT_TRUE(Await(kSoon, [&] { return load.count() > 20; }));
  const std::string before = Introspect(*client).certificate_thumbprint();
  ASSERT_TRUE(stack()
                  .certificates()
                  .MakeClient("ca", "app-again",
                              absl::StrCat("spiffe://", stack().kTrustDomain,
                                           "/app/app"))
                  .ok());
  pair.Put(ConnectionOf("app-again"));
  // Connections end after two seconds.
  EXPECT_TRUE(Await(kSoon, [&] {
    return Introspect(*client).certificate_thumbprint() != before;
  }));
  const int count = load.count();
  EXPECT_TRUE(Await(kSoon, [&] { return load.count() > count + 20; }));
  load.End();
  EXPECT_THAT(load.errors(), ::testing::IsEmpty());
}

TEST_F(ClientTokenTest, TheScopesOfTheOptionsNarrowWhatACallMayDo) {
  ClientOptions connection = ConnectionOf("app");
  connection.tokens.scopes = {"read"};
  const absl::StatusOr<Client> client = Client::Open(connection);
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_TRUE(client->Query("SELECT 1").ok());
  const absl::Status error =
      client->Execute("INSERT INTO load VALUES (1)").status();
  EXPECT_EQ(ErrorDetails::From(error).reason, v1::ERROR_REASON_ACCESS_DENIED)
      << error;
}

TEST_F(ClientTokenTest, AGatewayOfAnotherNameOrCaIsRefused) {
  ClientOptions connection = ConnectionOf("app");
  ASSERT_TRUE(Client::Open(connection)->Query("SELECT 1").ok());
  connection.server_name = "other.sluice.internal";
  EXPECT_TRUE(absl::IsUnavailable(
      Client::Open(connection)->Query("SELECT 1").status()));
  connection = ConnectionOf("app");
  connection.ca_file = stack().certificates().CertificatePath("other-ca");
  EXPECT_TRUE(absl::IsUnavailable(
      Client::Open(connection)->Query("SELECT 1").status()));
}

}  // namespace
}  // namespace sluice::client

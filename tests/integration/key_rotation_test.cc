// Rotation of the signing keys under load, on two gateways that share them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/identity/signing_key_folder.h"
#include "server/identity/signing_keys.h"
#include "tests/integration/token_caller.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/child_process.h"
#include "tests/support/stack_test.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kSoon = absl::Seconds(30);

using Gateways = std::array<std::unique_ptr<GatewayProcess>, 2>;

// The key that a token names.
std::string KeyIdOf(const std::string& token) {
  std::string header;
  EXPECT_TRUE(
      absl::WebSafeBase64Unescape(token.substr(0, token.find('.')), &header));
  return nlohmann::json::parse(header)["kid"].get<std::string>();
}

// Callers who get one token after the other, each at either gateway, and show
// it at both at once; and with it one that they have had for some time.
class TokenLoad {
 public:
  static constexpr int kThreads = 4;

  TokenLoad(const TestStack& stack, const Gateways& gateways)
      : stack_(stack), gateways_(gateways) {
    std::cout << "seed " << seed_ << "\n";
    for (uint32_t i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this, i] { Run(seed_ + i); });
    }
  }
  ~TokenLoad() { Stop(); }

  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  int calls() const { return calls_; }
  std::vector<std::string> failures() const {
    MutexLock lock(&mutex_);
    return failures_;
  }
  // Calls with a token of that key that a gateway has taken.
  int CallsWith(const std::string& key_id) const {
    MutexLock lock(&mutex_);
    const auto found = calls_by_key_.find(key_id);
    return found == calls_by_key_.end() ? 0 : found->second;
  }
  void AwaitCallsWith(const std::string& key_id, int more) const {
    const int enough = CallsWith(key_id) + more;
    EXPECT_TRUE(Await(kSoon, [&] { return CallsWith(key_id) >= enough; }))
        << key_id;
  }

 private:
  using Callers = std::array<TokenCaller, 2>;

  void Run(uint32_t seed) {
    std::mt19937 random(seed);
    Callers callers = {TokenCaller(stack_, *gateways_[0]),
                       TokenCaller(stack_, *gateways_[1])};
    std::vector<std::string> tokens;
    while (!stop_) {
      const std::string token = GetToken(callers[random() % 2], tokens, random);
      if (token.empty()) continue;
      tokens.push_back(token);
      Show(token, callers);
      Show(tokens[random() % tokens.size()], callers);
    }
  }

  // Every other one is a successor to the one before.
  std::string GetToken(TokenCaller& caller,
                       const std::vector<std::string>& tokens,
                       std::mt19937& random) {
    if (tokens.empty() || random() % 2 == 0) {
      const auto issued = caller.Issue();
      Note("IssueToken", issued.status);
      return issued.response.token();
    }
    const auto renewed = caller.Renew(tokens.back());
    Note("RenewToken", renewed.status);
    return renewed.response.token();
  }

  void Show(const std::string& token, Callers& callers) {
    const std::string key_id = KeyIdOf(token);
    for (TokenCaller& caller : callers) {
      const grpc::Status status = caller.Query(token);
      Note("Query", status);
      MutexLock lock(&mutex_);
      if (status.ok()) ++calls_by_key_[key_id];
    }
  }

  void Note(absl::string_view method, const grpc::Status& status) {
    ++calls_;
    if (status.ok()) return;
    MutexLock lock(&mutex_);
    failures_.push_back(absl::StrCat(method, ": ", status.error_message()));
  }

  const TestStack& stack_;
  const Gateways& gateways_;
  const uint32_t seed_ = std::random_device()();
  std::atomic<bool> stop_ = false;
  std::atomic<int> calls_ = 0;
  mutable Mutex mutex_;
  std::map<std::string, int> calls_by_key_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

class KeyRotationTest : public StackTest<KeyRotationTest> {
 protected:
  void SetUp() override {
    Operate({"generate", KeyFolder(), "--activate"});
    GatewayOptions options = stack().gateway_options();
    options.signing_keys = KeyFolder();
    for (std::unique_ptr<GatewayProcess>& gateway : gateways_) {
      auto started = GatewayProcess::Start(options);
      ASSERT_TRUE(started.ok()) << started.status();
      gateway = *std::move(started);
    }
  }

  std::string KeyFolder() const { return folder_.Path("keys"); }

  // Runs `sluice keys`.
  static void Operate(const std::vector<std::string>& arguments) {
    ChildCommand command;
    command.arguments = {BuildPath("server/operator/sluice-operator"), "keys"};
    command.arguments.insert(command.arguments.end(), arguments.begin(),
                             arguments.end());
    const auto done = RunCommand(command);
    EXPECT_TRUE(done.ok()) << done.status();
  }

  // The overlap is thrice what a gateway takes to look at the folder again.
  void Rotate() const {
    Operate({"rotate", KeyFolder(), "--overlap", "3s", "--wait"});
  }

  identity::SigningKeyFacts ActiveKey() const {
    return identity::ReadSigningKeys(KeyFolder()).value().front().facts;
  }

  const TempDir folder_ = TempDir::Make().value();
  Gateways gateways_;
};

TEST_F(KeyRotationTest, RotationsUnderLoadFailNoCall) {
  constexpr int kRotations = 3;
  constexpr int kEnoughCalls = 500;
  TokenLoad load(stack(), gateways_);
  for (int i = 0; i < kRotations; ++i) {
    const std::string before = ActiveKey().key_id;
    load.AwaitCallsWith(before, 100);
    Rotate();
    const std::string after = ActiveKey().key_id;
    ASSERT_NE(after, before);
    load.AwaitCallsWith(after, 100);
    // Tokens of the retired key are shown on.
    load.AwaitCallsWith(before, 10);
  }
  load.Stop();
  EXPECT_THAT(load.failures(), IsEmpty());
  EXPECT_GE(load.calls(), kEnoughCalls);
  std::cout << load.calls() << " calls over " << kRotations << " rotations\n";
}

// Else the load above would see nothing: neither a key that one gateway signs
// with before the other knows it,
TEST_F(KeyRotationTest, AKeyThatSignsAtOnceFailsCalls) {
  // Both may look at the folder at the same time, and notice nothing.
  constexpr int kMaxKeys = 10;
  TokenLoad load(stack(), gateways_);
  load.AwaitCallsWith(ActiveKey().key_id, 100);
  for (int i = 0; i < kMaxKeys && load.failures().empty(); ++i) {
    const auto key =
        identity::GenerateSigningKey(KeyFolder(), absl::Now()).value();
    // The latest signs, by whole seconds.
    const absl::Time since = absl::Now() + absl::Seconds(i + 1);
    ASSERT_TRUE(identity::SetSigningKeyState(KeyFolder(), key,
                                             identity::KeyState::kActive, since)
                    .ok());
    load.AwaitCallsWith(key.key_id, 10);
  }
  EXPECT_THAT(load.failures(), Not(IsEmpty()));
}

// nor one that goes at once.
TEST_F(KeyRotationTest, AKeyThatIsDeletedWithoutOverlapFailsCalls) {
  TokenLoad load(stack(), gateways_);
  const std::string before = ActiveKey().key_id;
  load.AwaitCallsWith(before, 100);
  Rotate();
  load.AwaitCallsWith(ActiveKey().key_id, 10);
  EXPECT_THAT(load.failures(), IsEmpty());
  const auto keys = identity::ReadSigningKeys(KeyFolder());
  for (const identity::StoredKey& stored : *keys) {
    if (stored.facts.key_id != before) continue;
    ASSERT_TRUE(identity::DeleteSigningKey(KeyFolder(), stored.facts).ok());
  }
  EXPECT_TRUE(Await(kSoon, [&] { return !load.failures().empty(); }));
}

}  // namespace
}  // namespace sluice::testing

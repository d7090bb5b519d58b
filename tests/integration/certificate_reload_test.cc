// New certificates, keys and CAs while the gateway runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/mutex.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/file.h"
#include "tests/support/raw_connection.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kSoon = absl::Seconds(20);
constexpr char kAppId[] = "spiffe://sluice.test/app/app";

// Callers, each with a new connection for every call.
class NewConnections {
 public:
  static constexpr int kThreads = 2;

  explicit NewConnections(ClientOptions options)
      : options_(std::move(options)) {
    for (int i = 0; i < kThreads; ++i) {
      threads_.emplace_back([this] {
        while (!stop_) Call();
      });
    }
  }
  ~NewConnections() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    EXPECT_EQ(failed_, 0);
    EXPECT_GT(calls_, 0);
  }

  // From the next calls on.
  void Use(ClientOptions options) {
    MutexLock lock(&mutex_);
    options_ = std::move(options);
  }

  // Until this many more calls have ended.
  void AwaitCalls(int more) const {
    const int enough = calls_ + more;
    EXPECT_TRUE(Await(kSoon, [&] { return calls_ >= enough; }));
  }

 private:
  void Call() {
    ClientOptions options;
    {
      MutexLock lock(&mutex_);
      options = options_;
    }
    const grpc::Status status = GatewayClient(options).Query("SELECT 1").status;
    EXPECT_THAT(status, IsOk());
    if (!status.ok()) ++failed_;
    ++calls_;
  }

  Mutex mutex_;
  ClientOptions options_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stop_{false};
  std::atomic<int> calls_{0};
  std::atomic<int> failed_{0};
  std::vector<std::thread> threads_;
};

class CertificateReloadTest : public StackTest<CertificateReloadTest> {
 protected:
  static constexpr char kLive[] = "live";

  void SetUp() override {
    Put("gateway", "gateway");
    PutCas({"ca"});
    GatewayOptions options = stack().gateway_options();
    options.certificate_file = Certificate(kLive);
    options.key_file = Key(kLive);
    options.client_ca_file = Certificate("live-cas");
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        GatewayProcess::Start(options);
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
  }

  static std::string Certificate(const std::string& name) {
    return stack().certificates().CertificatePath(name);
  }
  static std::string Key(const std::string& name) {
    return stack().certificates().KeyPath(name);
  }

  // As a careless operator replaces files: one after the other, in place.
  static void Put(const std::string& certificate, const std::string& key) {
    ASSERT_TRUE(WriteFile(Key(kLive), ReadFile(Key(key)), 0600).ok());
    ASSERT_TRUE(
        WriteFile(Certificate(kLive), ReadFile(Certificate(certificate)), 0600)
            .ok());
  }
  static void PutCas(const std::vector<std::string>& names) {
    std::string bundle;
    for (const std::string& name : names) bundle += ReadFile(Certificate(name));
    ASSERT_TRUE(WriteFile(Certificate("live-cas"), bundle, 0600).ok());
  }

  static void MakeServer(const std::string& ca, const std::string& name) {
    const absl::Status made =
        stack().certificates().MakeServer(ca, name, TestStack::kGatewayName);
    ASSERT_TRUE(made.ok()) << made;
  }

  // What a new connection is shown.
  std::string Shown() const {
    absl::StatusOr<RawConnection> connection =
        RawConnection::Connect(gateway_->port());
    if (!connection.ok() ||
        !connection->StartTls(Certificate("app"), Key("app")).ok()) {
      return "";
    }
    return connection->ServerCertificateDigest();
  }

  // How long it takes until new connections are shown another certificate.
  void AwaitOther(const std::string& before) const {
    const absl::Time start = absl::Now();
    EXPECT_TRUE(Await(kSoon, [&] {
      const std::string shown = Shown();
      return !shown.empty() && shown != before;
    }));
    RecordProperty("milliseconds", static_cast<int>((absl::Now() - start) /
                                                    absl::Milliseconds(1)));
  }

  ClientOptions OptionsOf(const std::string& client,
                          const std::string& ca) const {
    ClientOptions options = stack().client_options(client, gateway_->port());
    options.ca_file = Certificate(ca);
    return options;
  }

  grpc::Status QueryAs(const std::string& client, const std::string& ca) const {
    return GatewayClient(OptionsOf(client, ca)).Query("SELECT 1").status;
  }

  std::unique_ptr<GatewayProcess> gateway_;
};

TEST_F(CertificateReloadTest, ShowsANewCertificateAndKeyWithNoFailedCall) {
  GatewayClient established(OptionsOf("app", "ca"));
  EXPECT_THAT(established.Query("SELECT 1").status, IsOk());
  NewConnections load(OptionsOf("app", "ca"));
  load.AwaitCalls(5);
  for (const char* name : {"second", "third"}) {
    MakeServer("ca", name);
    const std::string before = Shown();
    Put(name, name);
    AwaitOther(before);
    load.AwaitCalls(5);
  }
  EXPECT_THAT(established.Query("SELECT 1").status, IsOk());
}

TEST_F(CertificateReloadTest, ChangesTheCaWithNoFailedCall) {
  TestCertificates& certificates = stack().certificates();
  ASSERT_TRUE(certificates.MakeCa("new-ca").ok());
  ASSERT_TRUE(certificates.MakeClient("new-ca", "app-of-new-ca", kAppId).ok());
  MakeServer("new-ca", "of-new-ca");
  ASSERT_TRUE(
      WriteFile(Certificate("both-cas"),
                ReadFile(Certificate("ca")) + ReadFile(Certificate("new-ca")),
                0600)
          .ok());
  EXPECT_THAT(QueryAs("app", "ca"), IsOk());
  EXPECT_EQ(QueryAs("app-of-new-ca", "ca").error_code(),
            grpc::StatusCode::UNAVAILABLE);

  // Everybody trusts both first.
  NewConnections load(OptionsOf("app", "both-cas"));
  PutCas({"ca", "new-ca"});
  EXPECT_TRUE(Await(
      kSoon, [this] { return QueryAs("app-of-new-ca", "both-cas").ok(); }));
  load.AwaitCalls(5);
  // Then both sides show new certificates, and then the old CA goes.
  const std::string before = Shown();
  Put("of-new-ca", "of-new-ca");
  AwaitOther(before);
  load.Use(OptionsOf("app-of-new-ca", "new-ca"));
  load.AwaitCalls(2 * NewConnections::kThreads);
  PutCas({"new-ca"});
  EXPECT_TRUE(
      Await(kSoon, [this] { return !QueryAs("app", "both-cas").ok(); }));
  load.AwaitCalls(5);
}

TEST_F(CertificateReloadTest, KeepsTheLastGoodOnesWhateverIsInTheFiles) {
  MakeServer("ca", "next");
  const std::string shown = Shown();
  NewConnections load(OptionsOf("app", "ca"));
  const std::string half = ReadFile(Certificate("next")).substr(0, 200);
  size_t refusals = 0;
  const auto await_refusal = [&](const char* why) {
    EXPECT_TRUE(Await(kSoon, [&] {
      const std::string log = gateway_->ReadLog();
      const size_t found = log.find(why, refusals);
      if (found == std::string::npos) return false;
      refusals = log.size();
      return true;
    })) << why;
    load.AwaitCalls(3);
    EXPECT_EQ(Shown(), shown);
  };
  Put("next", "gateway");
  await_refusal("the private key is not that of the certificate");
  ASSERT_TRUE(WriteFile(Certificate(kLive), half, 0600).ok());
  await_refusal("certificate 1 cannot be read");
  Put("gateway", "gateway");
  ASSERT_TRUE(WriteFile(Certificate("live-cas"),
                        ReadFile(Certificate("ca")) + half, 0600)
                  .ok());
  await_refusal("certificate 2 cannot be read");

  PutCas({"ca"});
  Put("next", "next");
  AwaitOther(shown);
}

}  // namespace
}  // namespace sluice::testing

// What becomes of writes and tokens when the audit log takes no record, and of
// the log when its process is killed.

#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "absl/strings/match.h"
#include "tests/integration/audit_stack.h"
#include "tests/support/call_error.h"
#include "tests/support/transact_stream.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using grpc::StatusCode;

class AuditFailureTest : public AuditTest {
 protected:
  // The file of the log grows no further: to the gateway, a full disk. Its
  // structured log, which is shorter by now, does.
  void FillDisk() {
    for (int i = 0; i < 40; ++i) {
      ASSERT_THAT(client().Execute("DELETE FROM item WHERE id < 0").status,
                  IsOk());
    }
    const rlim_t size = Bytes().size();
    ASSERT_GT(size, gateway_->ReadLog().size() + 2000);
    const rlimit limit{size, RLIM_INFINITY};
    ASSERT_EQ(prlimit(gateway_->pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
  void ClearDisk() const {
    const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    ASSERT_EQ(prlimit(gateway_->pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }

  grpc::Status Renew() {
    grpc::ClientContext context;
    SetDeadline(context, GatewayClient::kDeadline);
    v1::RenewTokenResponse response;
    return client().tokens().RenewToken(&context, {}, &response);
  }

  // Inserts on several connections until this ends.
  class Load {
   public:
    explicit Load(const GatewayProcess& gateway) {
      for (int i = 0; i < 3; ++i) {
        threads_.emplace_back([this, &gateway, i] {
          GatewayClient client = stack().MakeClient(gateway);
          for (int id = i; !stopping_; id += 3) {
            const auto outcome =
                client.Execute("INSERT INTO item VALUES ($1)", {Int(id)});
            if (outcome.status.ok()) ++done_;
          }
        });
      }
    }
    ~Load() { Stop(); }
    void Stop() {
      stopping_ = true;
      for (std::thread& thread : threads_) thread.join();
      threads_.clear();
    }
    int done() const { return done_; }

   private:
    std::atomic<bool> stopping_ = false;
    std::atomic<int> done_ = 0;
    std::vector<std::thread> threads_;
  };
};

TEST_F(AuditFailureTest, WithoutARecordNothingIsWrittenAndReadsGoOn) {
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  ASSERT_THAT(Renew(), IsOk());
  ASSERT_NO_FATAL_FAILURE(FillDisk());
  for (int i = 0; i < 3; ++i) {
    const auto refused = client().Execute("INSERT INTO item VALUES (2)");
    EXPECT_THAT(refused.status, FailsWith(StatusCode::UNAVAILABLE,
                                          v1::ERROR_REASON_AUDIT_UNAVAILABLE));
    EXPECT_EQ(CallError::Of(refused.status).Metadata("executed"), "no");
  }
  EXPECT_THAT(
      RunTransaction(client(), MakeRun({"INSERT INTO item VALUES (3)"})),
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_AUDIT_UNAVAILABLE));
  const auto stream = client().OpenTransact();
  ASSERT_TRUE(stream->Ask(MakeBegin()).has_begun());
  EXPECT_EQ(stream->Ask(MakeStatement("INSERT INTO item VALUES (4)"))
                .error()
                .reason(),
            "AUDIT_UNAVAILABLE");
  stream->Ask(MakeRollback());
  EXPECT_THAT(stream->Finish(), IsOk());
  const auto is_unavailable =
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_AUDIT_UNAVAILABLE);
  EXPECT_THAT(client().IssueToken().status, is_unavailable);
  EXPECT_THAT(Renew(), is_unavailable);
  EXPECT_THAT(client().Query("SELECT count(*) FROM item").status, IsOk());
  EXPECT_EQ(stack().Ask("SELECT string_agg(id::text, ',') FROM item"), "1");
  EXPECT_TRUE(absl::StrContains(gateway_->ReadLog(), "audit_unavailable"));

  ASSERT_NO_FATAL_FAILURE(ClearDisk());
  EXPECT_TRUE(Await(kPatience, [&] {
    return client().Execute("INSERT INTO item VALUES (5)").status.ok();
  }));
  EXPECT_TRUE(absl::StrContains(gateway_->ReadLog(), "audit_available"));
  EXPECT_GE(Verify().missing_count, 5);
}

TEST_F(AuditFailureTest, WritesGoOnWithoutARecordWhereTheSettingsSaySo) {
  StartGateway({{"audit.on_failure", "continue"}});
  ASSERT_THAT(client().Execute("INSERT INTO item VALUES (1)").status, IsOk());
  ASSERT_NO_FATAL_FAILURE(FillDisk());
  EXPECT_THAT(client().Execute("INSERT INTO item VALUES (2)").status, IsOk());
  ASSERT_NO_FATAL_FAILURE(ClearDisk());
  EXPECT_TRUE(Await(kPatience, [&] { return Verify().missing_count >= 2; }));
}

TEST_F(AuditFailureTest, FilesThatChangeUnderLoadAreOneChain) {
  StartGateway({{"audit.max_file_bytes", "20000"}});
  {
    Load load(*gateway_);
    EXPECT_TRUE(Await(absl::Seconds(60), [&] {
      return telemetry::ListAuditFiles(folder()).value().size() > 6;
    }));
    load.Stop();
    EXPECT_EQ(Records("write_begun").size(), Records("write_ended").size());
    EXPECT_GE(Records("write_ended").size(), load.done());
  }
  Verify();
}

TEST_F(AuditFailureTest, ALogOfAKilledGatewayIsGoneOnWith) {
  for (int round = 0; round < 3; ++round) {
    Load load(*gateway_);
    EXPECT_TRUE(Await(kPatience, [&] { return load.done() > 50; }));
    gateway_->Kill();
    load.Stop();
    const int acknowledged = load.done();
    EXPECT_GE(Records("write_ended").size(), acknowledged);
    StartGateway();
    ASSERT_THAT(client().Execute("DELETE FROM item").status, IsOk());
  }
  EXPECT_LE(Verify().torn_count, 3);
  EXPECT_EQ(Records("log_opened").size(), 4);
}

}  // namespace
}  // namespace sluice::testing

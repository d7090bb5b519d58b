// `sluice topology` and `sluice admin hold|release` over several instances.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/integration/cluster_stack.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/child_process.h"
#include "tests/support/file.h"
#include "tests/support/free_port.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_paths.h"
#include "tests/support/transact_stream.h"

namespace sluice::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWrite[] = "UPDATE counter SET value = value + 1";

class ClusterCommandTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ClusterStackOptions options;
    options.gateways = 2;
    options.cluster.replicas = 1;
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app",
                             "SET ROLE app; CREATE TABLE counter (value int); "
                             "INSERT INTO counter VALUES (0)")
                    .ok());
  }
  static void TearDownTestSuite() { stack_.reset(); }

  void TearDown() override {
    stack_->gateway(1).Resume();
    Run({"admin", "release", "main"}).IgnoreError();
  }

  static std::string AddressAt(int port) {
    return absl::StrCat("127.0.0.1:", port);
  }
  static std::string Address(size_t gateway) {
    return AddressAt(stack_->client_options(gateway).port);
  }
  // Where nobody listens.
  static std::string NoAddress() { return AddressAt(FindFreePort()); }

  static ChildCommand MakeCommand(const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& addresses) {
    const ClientOptions admin = stack_->client_options(0, "admin");
    ChildCommand command;
    command.arguments = {BuildPath("client/cli/sluice")};
    command.arguments.insert(command.arguments.end(), arguments.begin(),
                             arguments.end());
    command.arguments.insert(command.arguments.end(),
                             {"--server-name", admin.server_name});
    command.environment = {
        absl::StrCat("SLUICE_ADDRESS=", absl::StrJoin(addresses, ",")),
        absl::StrCat("SLUICE_CA=", admin.ca_file),
        absl::StrCat("SLUICE_CERT=", admin.certificate_file),
        absl::StrCat("SLUICE_KEY=", admin.key_file)};
    return command;
  }
  // What it prints, at its end.
  // Errors: INTERNAL with that where it fails.
  static absl::StatusOr<std::string> Run(
      const std::vector<std::string>& arguments,
      const std::vector<std::string>& addresses = {Address(0), Address(1)}) {
    return RunCommand(MakeCommand(arguments, addresses), absl::Seconds(30));
  }
  // What one prints that fails.
  static std::string FailureOf(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& addresses = {
                                   Address(0), Address(1)}) {
    const absl::StatusOr<std::string> done = Run(arguments, addresses);
    EXPECT_TRUE(absl::IsInternal(done.status())) << done.status();
    return std::string(done.status().message());
  }

  // By the instance's own word.
  static bool HoldsWrites(size_t gateway) {
    GatewayClient admin(stack_->client_options(gateway, "admin"));
    v1::GetTopologyResponse response;
    grpc::ClientContext context;
    EXPECT_THAT(admin.admin().GetTopology(&context, {}, &response), IsOk());
    return response.clusters(0).writes_held();
  }

  static std::unique_ptr<ClusterStack> stack_;
};

std::unique_ptr<ClusterStack> ClusterCommandTest::stack_;

TEST_F(ClusterCommandTest, HoldsWritesOnAllInstancesUntilTheyAreReleased) {
  const absl::StatusOr<std::string> held =
      Run({"admin", "hold", "--duration", "60s", "main"});
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_THAT(*held, AllOf(HasSubstr("Instance at " + Address(0)),
                           HasSubstr("Instance at " + Address(1)),
                           HasSubstr("Writes in progress: 0")));
  EXPECT_TRUE(HoldsWrites(0));
  EXPECT_TRUE(HoldsWrites(1));
  auto write = std::async(std::launch::async, [] {
    return stack_->MakeClient(1).Execute(kWrite).status;
  });
  EXPECT_EQ(write.wait_for(std::chrono::milliseconds(300)),
            std::future_status::timeout);
  const absl::StatusOr<std::string> released =
      Run({"admin", "release", "main"});
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_THAT(write.get(), IsOk());
  EXPECT_FALSE(HoldsWrites(0));
  EXPECT_FALSE(HoldsWrites(1));
}

TEST_F(ClusterCommandTest, HoldsOnNoneWhereOneIsNotThere) {
  ASSERT_TRUE(Run({"admin", "hold", "main"}).ok());
  ASSERT_TRUE(Run({"admin", "release", "main"}).ok());
  const std::string missing = NoAddress();
  EXPECT_THAT(
      FailureOf({"admin", "hold", "main"}, {Address(0), missing, Address(1)}),
      AllOf(HasSubstr("Instance at " + missing + " may hold writes yet"),
            Not(HasSubstr("Writes are not held")),
            Not(HasSubstr("Instance at " + Address(0)))));
  EXPECT_FALSE(HoldsWrites(0));
  EXPECT_FALSE(HoldsWrites(1));
}

TEST_F(ClusterCommandTest, HoldsOnNoneWhereOneRefuses) {
  // Nothing of this name is there.
  EXPECT_THAT(
      FailureOf({"admin", "hold", "other"}),
      AllOf(HasSubstr("UNKNOWN_CLUSTER"), HasSubstr("Writes are not held")));
  EXPECT_FALSE(HoldsWrites(0));
  EXPECT_FALSE(HoldsWrites(1));
}

TEST_F(ClusterCommandTest, HoldsOnNoneWhereAWriteDoesNotEnd) {
  GatewayClient client = stack_->MakeClient(1);
  const std::unique_ptr<TransactStream> open = client.OpenTransact();
  ASSERT_TRUE(open->Ask(MakeBegin()).has_begun());
  ASSERT_TRUE(open->Ask(MakeStatement(kWrite)).has_result());
  const std::vector<std::string> hold = {"admin", "hold", "--duration", "2s",
                                         "main"};
  EXPECT_THAT(FailureOf(hold),
              AllOf(HasSubstr("Instance at " + Address(1)),
                    HasSubstr("writes that have not ended in time: 1"),
                    HasSubstr("Writes are not held"),
                    Not(HasSubstr("Instance at " + Address(0)))));
  EXPECT_FALSE(HoldsWrites(0));
  EXPECT_FALSE(HoldsWrites(1));
  // It was not harmed.
  EXPECT_TRUE(open->Ask(MakeCommit()).has_committed());
  EXPECT_TRUE(Run(hold).ok());
}

TEST_F(ClusterCommandTest, TellsWhichInstanceMayHoldWritesAfterAFailedHold) {
  ASSERT_TRUE(Run({"admin", "hold", "main"}).ok());
  ASSERT_TRUE(Run({"admin", "release", "main"}).ok());
  stack_->gateway(1).Suspend();
  EXPECT_THAT(
      FailureOf({"admin", "hold", "--timeout", "1s", "main"}),
      AllOf(HasSubstr("Instance at " + Address(1) + " may hold writes yet"),
            Not(HasSubstr("Writes are not held")),
            Not(HasSubstr("Instance at " + Address(0)))));
  EXPECT_FALSE(HoldsWrites(0));
}

TEST_F(ClusterCommandTest, HoldThatIsCancelledBeforeItsAnswerIsReleased) {
  GatewayClient client = stack_->MakeClient(1);
  const std::unique_ptr<TransactStream> open = client.OpenTransact();
  ASSERT_TRUE(open->Ask(MakeBegin()).has_begun());
  ASSERT_TRUE(open->Ask(MakeStatement(kWrite)).has_result());
  GatewayClient admin(stack_->client_options(1, "admin"));
  v1::HoldWritesRequest request;
  request.set_cluster("main");
  request.mutable_duration()->set_seconds(60);
  grpc::ClientContext context;
  auto holding = std::async(std::launch::async, [&] {
    v1::HoldWritesResponse response;
    return admin.admin().HoldWrites(&context, request, &response);
  });
  EXPECT_TRUE(Await(absl::Seconds(10), [] { return HoldsWrites(1); }));
  context.TryCancel();
  EXPECT_EQ(holding.get().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Await(absl::Seconds(10), [] { return !HoldsWrites(1); }));
  EXPECT_TRUE(open->Ask(MakeCommit()).has_committed());
}

TEST_F(ClusterCommandTest, SilentInstanceKeepsNoViewOfAnotherBack) {
  ASSERT_TRUE(Run({"topology"}).ok());
  stack_->gateway(1).Suspend();
  // Left alone, gRPC gives up after 20 s.
  const absl::StatusOr<std::string> told = RunCommand(
      MakeCommand({"topology"}, {Address(0), Address(1)}), absl::Seconds(15));
  ASSERT_TRUE(absl::IsInternal(told.status())) << told.status();
  EXPECT_THAT(
      std::string(told.status().message()),
      AllOf(HasSubstr("Primary: n0"), HasSubstr("Instance at " + Address(1))));
}

TEST_F(ClusterCommandTest, SilentInstanceKeepsNoWatchBack) {
  const absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok()) << folder.status();
  ChildCommand command =
      MakeCommand({"topology", "--watch"}, {Address(0), Address(1)});
  command.log_file = folder->Path("log");
  const auto watch = ChildProcess::Start(command);
  ASSERT_TRUE(watch.ok()) << watch.status();
  const auto has_turns = [&](size_t count) {
    return Await(absl::Seconds(20), [&] {
      const std::vector<std::string> parts =
          absl::StrSplit(ReadFile(command.log_file), "Primary: n0");
      return parts.size() > count;
    });
  };
  ASSERT_TRUE(has_turns(2));
  stack_->gateway(1).Suspend();
  const std::vector<std::string> parts =
      absl::StrSplit(ReadFile(command.log_file), "Primary: n0");
  // One may be of before.
  EXPECT_TRUE(has_turns(parts.size() + 2));
}

TEST_F(ClusterCommandTest, ReleasesWhatItCan) {
  ASSERT_TRUE(Run({"admin", "hold", "--duration", "60s", "main"}).ok());
  const std::string missing = NoAddress();
  EXPECT_THAT(FailureOf({"admin", "release", "main"},
                        {missing, Address(0), Address(1)}),
              HasSubstr("Instance at " + missing));
  EXPECT_FALSE(HoldsWrites(0));
  EXPECT_FALSE(HoldsWrites(1));
}

TEST_F(ClusterCommandTest, TellsWhereTheViewsOfInstancesDiffer) {
  // Both have seen all nodes.
  ASSERT_TRUE(Await(absl::Seconds(20), [] {
    const absl::StatusOr<std::string> seen = Run({"topology"});
    return seen.ok() && seen->find("All of them see the same") != seen->npos;
  }));
  ASSERT_TRUE(Run({"admin", "hold", "main"}, {Address(1)}).ok());
  const absl::StatusOr<std::string> differing = Run({"topology", "main"});
  ASSERT_TRUE(differing.ok()) << differing.status();
  EXPECT_THAT(*differing,
              AllOf(HasSubstr("Instance at " + Address(0)),
                    HasSubstr("Instance at " + Address(1)),
                    HasSubstr(absl::StrCat("main, writes: go on (", Address(0),
                                           "); held (", Address(1), ")"))));
  // The views of those that are there, all the same.
  const std::string missing = NoAddress();
  EXPECT_THAT(
      FailureOf({"topology"}, {Address(0), missing}),
      AllOf(HasSubstr("Primary: n0"), HasSubstr("Instance at " + missing)));
}

}  // namespace
}  // namespace sluice::testing

// Discovery by a file in the shape that consul-template renders.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/descriptor.h"
#include "server/topology/file_source.h"
#include "tests/integration/discovery_watch.h"
#include "tests/support/file.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using Nodes = DiscoveryWatch::Nodes;

constexpr char kTwoNodes[] =
    "databases:\n"
    "  \n"
    "  primary: 10.0.0.1:5432\n"
    "  \n"
    "  read_only:\n"
    "    \n"
    "    - 10.0.0.2:5432\n";
const Nodes kTwo = {"10.0.0.1:5432", "10.0.0.2:5432"};

class FileDiscoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TempDir> folder = TempDir::Make();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_ = std::make_unique<TempDir>(*std::move(folder));
    file_ = folder_->Path("databases.yaml");
  }

  void Write(const std::string& text) {
    ASSERT_TRUE(ReplaceFile(file_, text, 0644).ok());
  }

  std::unique_ptr<DiscoveryWatch> Watch() {
    config::v1::Discovery settings;
    settings.mutable_file()->set_path(file_);
    return std::make_unique<DiscoveryWatch>(settings);
  }

  std::unique_ptr<TempDir> folder_;
  std::string file_;
};

TEST_F(FileDiscoveryTest, FollowsTheFile) {
  Write(kTwoNodes);
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes(kTwo));
  // After a failover; the old primary is gone.
  Write("databases:\n  primary: 10.0.0.2:5432\n  read_only:\n");
  ASSERT_TRUE(watch->AwaitNodes({"10.0.0.2:5432"}));
  Write("primary: db1.example:6000\nread_only: [\"[fd00::1]:5432\"]\n");
  ASSERT_TRUE(watch->AwaitNodes({"db1.example:6000", "fd00::1:5432"}));
  EXPECT_EQ(watch->fault(), "");
}

TEST_F(FileDiscoveryTest, FollowsLinksToWhereTheyLead) {
  std::filesystem::create_directory(folder_->Path("one"));
  std::filesystem::create_directory(folder_->Path("two"));
  ASSERT_TRUE(WriteFile(folder_->Path("one/nodes"), kTwoNodes, 0644).ok());
  ASSERT_TRUE(
      WriteFile(folder_->Path("two/nodes"), "primary: b:1\n", 0644).ok());
  std::filesystem::create_symlink("one", folder_->Path("current"));
  file_ = folder_->Path("current/nodes");
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes(kTwo));
  std::filesystem::create_symlink("two", folder_->Path("next"));
  std::filesystem::rename(folder_->Path("next"), folder_->Path("current"));
  EXPECT_TRUE(watch->AwaitNodes({"b:1"}));
}

TEST_F(FileDiscoveryTest, FileMayAppearAfterTheStart) {
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitFault("No such file"));
  EXPECT_THAT(watch->told(), SizeIs(0));
  Write(kTwoNodes);
  EXPECT_TRUE(watch->AwaitNodes(kTwo));
}

TEST_F(FileDiscoveryTest, NodeThatIsNamedTwiceIsOne) {
  Write("primary: A:1\nread_only: [a:1, a.:1, b:2, b:2]\n");
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes({"a:1", "b:2"}));
}

TEST_F(FileDiscoveryTest, NothingBadRemovesTheLastGoodNodes) {
  Write(kTwoNodes);
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes(kTwo));
  std::string many = "read_only:\n";
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&many, "  - h", i, ":1\n");
  const std::string whole = kTwoNodes;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "it is empty"},
      {"databases:\n", "has neither primary nor read_only"},
      {"databases:\n  primary:\n  read_only:\n", "names no node"},
      // Cut within the primary's address, and before a replica's port.
      {whole.substr(0, 31), "neither a host name nor"},
      {whole.substr(0, whole.size() - 5), "read_only: expected HOST:PORT"},
      {"primary: 10.0.0.1:5432\nread_only: [10.0.0.1:99999]\n", "no port"},
      {"databases:\n  primary: \":\"\n  read_only:\n", "is not HOST:PORT"},
      {"primary: /tmp/socket\n", "neither a host name nor"},
      {"{{with service \"primary.postgresql\"}}\n", "has neither"},
      {"primary: 10.0.0.1 password=x\n", "neither a host name nor"},
      {std::string("\x7f"
                   "ELF\x02\x01\0\0",
                   8),
       "control character"},
      {"primary: \xff\xfe\n", "not UTF-8"},
      {"<html><body>502 Bad Gateway</body></html>\n", "expected primary"},
      {many, "more than 100 nodes"},
      {std::string(1'048'577, ' '), "more than 1048576 bytes"},
  };
  for (const auto& [text, fault] : bad) {
    Write(text);
    EXPECT_TRUE(watch->AwaitFault(fault))
        << fault << ", not " << watch->fault();
    EXPECT_EQ(watch->nodes(), kTwo);
  }
  std::filesystem::remove(file_);
  EXPECT_TRUE(watch->AwaitFault("No such file"));
  std::filesystem::create_directory(file_);
  EXPECT_TRUE(watch->AwaitFault("no regular file"));
  std::filesystem::remove(file_);
  ASSERT_EQ(mkfifo(file_.c_str(), 0644), 0);
  EXPECT_TRUE(watch->AwaitFault("no regular file"));
  EXPECT_EQ(watch->nodes(), kTwo);
  Write(kTwoNodes);
  EXPECT_TRUE(watch->AwaitGood());
  EXPECT_THAT(watch->told(), SizeIs(1));
}

// Waits until somebody has read the file, from the start of the watch on.
class ReadWatch {
 public:
  explicit ReadWatch(const std::string& file) : queue_(inotify_init1(0)) {
    EXPECT_GE(inotify_add_watch(queue_.get(), file.c_str(), IN_CLOSE_NOWRITE),
              0);
  }
  bool Wait() const {
    pollfd event = {queue_.get(), POLLIN, 0};
    return poll(&event, 1, 10'000) == 1;
  }

 private:
  const Descriptor queue_;
};

TEST_F(FileDiscoveryTest, FileThatIsBeingWrittenIsNotTakenHalf) {
  const std::string whole = kTwoNodes;
  // Good YAML with one node less.
  const std::string half = whole.substr(0, whole.find("    - "));
  ASSERT_TRUE(topology::ParseNodeFile(half).ok());
  // A writer that comes when all has been read, since the machine is busy,
  // shows nothing.
  for (bool was_late = true; was_late;) {
    ASSERT_TRUE(WriteFile(file_, half, 0644).ok());
    topology::FileSource source(file_);
    topology::StopSignal stop;
    absl::Time written;
    const ReadWatch watch(file_);
    std::thread writer([&] {
      EXPECT_TRUE(watch.Wait());
      EXPECT_TRUE(WriteFile(file_, whole, 0644).ok());
      written = absl::Now();
    });
    const topology::SourceAnswer answer = source.Ask(stop);
    const absl::Time answered = absl::Now();
    writer.join();
    was_late = answered - written < absl::Milliseconds(50);
    ASSERT_TRUE(answer.nodes.ok()) << answer.nodes.status();
    if (!was_late) {
      EXPECT_THAT(*answer.nodes, SizeIs(2));
    }
  }
}

TEST_F(FileDiscoveryTest, LogsAFaultOnceAndClearly) {
  ::testing::internal::CaptureStderr();
  Write(kTwoNodes);
  auto watch = Watch();
  EXPECT_TRUE(watch->AwaitNodes(kTwo));
  Write("primary: nowhere:0\n");
  EXPECT_TRUE(watch->AwaitFault("no port"));
  Write(absl::StrCat("# rendered again\nprimary: nowhere:0\n"));
  const absl::Time begin = absl::Now();
  // Some further looks.
  EXPECT_TRUE(Await(absl::Seconds(10), [&] {
    return absl::Now() - begin > absl::Milliseconds(2500);
  }));
  watch = nullptr;
  const std::string log = ::testing::internal::GetCapturedStderr();
  const std::string line = absl::StrCat(
      "\"event\":\"discovery_refused\",\"cluster\":\"main\",\"error\":\"",
      file_, ": \\\"nowhere:0\\\" has no port of 1 to 65535\",\"kept\":2");
  EXPECT_THAT(log, HasSubstr(line));
  EXPECT_EQ(log.find("discovery_refused"), log.rfind("discovery_refused"));
}

}  // namespace
}  // namespace sluice::testing

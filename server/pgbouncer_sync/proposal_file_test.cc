// Files that are not what they should be.

#include "server/pgbouncer_sync/proposal_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "server/pgbouncer/proposal.h"
#include "server/pgbouncer_sync/test_folder.h"

namespace sluice::pgbouncer_sync {
namespace {

using ::testing::HasSubstr;

class ProposalFileTest : public ::testing::Test {
 protected:
  std::string path() const { return folder_.Path("main.proposal"); }

  std::string FaultOf(uid_t owner = geteuid()) const {
    const absl::StatusOr<std::string> text = ReadProposalFile(path(), owner);
    return text.ok() ? "" : std::string(text.status().message());
  }

  TestFolder folder_;
};

TEST_F(ProposalFileTest, GivesWhatTheFileHolds) {
  const std::string text("a\0b\n", 4);
  folder_.Write("main.proposal", text);
  const absl::StatusOr<std::string> read = ReadProposalFile(path(), geteuid());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, text);
  folder_.Write("main.proposal",
                std::string(pgbouncer::kMaxProposalBytes, 'a'));
  EXPECT_EQ(FaultOf(), "");
}

TEST_F(ProposalFileTest, TellsThatThereIsNone) {
  EXPECT_TRUE(absl::IsNotFound(ReadProposalFile(path(), geteuid()).status()));
}

TEST_F(ProposalFileTest, FollowsNoLink) {
  folder_.Write("target", "secret");
  std::filesystem::create_symlink(folder_.Path("target"), path());
  EXPECT_THAT(FaultOf(), HasSubstr("is a symbolic link"));
}

TEST_F(ProposalFileTest, TakesNoFileOfAnotherUser) {
  folder_.Write("main.proposal", "secret");
  const std::string fault = FaultOf(geteuid() + 1);
  EXPECT_THAT(fault, HasSubstr("is another user's"));
  EXPECT_THAT(fault, Not(HasSubstr("secret")));
}

TEST_F(ProposalFileTest, NeitherWaitsForNorTakesWhatIsNoRegularFile) {
  ASSERT_EQ(mkfifo(path().c_str(), 0666), 0);
  EXPECT_THAT(FaultOf(), HasSubstr("is no regular file"));
  // With a writer it could be read.
  const int writer = open(path().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  EXPECT_EQ(write(writer, "a", 1), 1);
  EXPECT_THAT(FaultOf(), HasSubstr("is no regular file"));
  close(writer);
  std::filesystem::remove(path());

  std::filesystem::create_directory(path());
  EXPECT_THAT(FaultOf(), HasSubstr("is no regular file"));
  std::filesystem::remove(path());

  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  EXPECT_THAT(FaultOf(), HasSubstr("cannot open"));
  close(listener);
}

TEST_F(ProposalFileTest, ReadsNoMoreThanAProposalHas) {
  folder_.Write("main.proposal",
                std::string(pgbouncer::kMaxProposalBytes + 1, 'a'));
  EXPECT_THAT(FaultOf(), HasSubstr("has more than 65536 bytes"));
  // A hole of a terabyte.
  ASSERT_EQ(truncate(path().c_str(), off_t{1} << 40), 0);
  EXPECT_THAT(FaultOf(), HasSubstr("has more than 65536 bytes"));
}

}  // namespace
}  // namespace sluice::pgbouncer_sync

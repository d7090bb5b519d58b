// Proposals: what is one, and all that is none.

#include "server/pgbouncer/proposal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::pgbouncer {
namespace {

using ::testing::HasSubstr;

const Proposal& Good() {
  static const auto* const kGood = new Proposal{
      "main", {{"pg-1", "10.0.0.5", 5432}, {"pg-2", "pg-2.internal", 6432}}};
  return *kGood;
}
constexpr char kGoodText[] =
    "sluice-proposal 1 main\n"
    "pg-1 10.0.0.5 5432\n"
    "pg-2 pg-2.internal 6432\n"
    "end 2\n";

// A proposal of one node, of which `line` tells.
std::string WithLine(const std::string& line) {
  return absl::StrCat("sluice-proposal 1 main\n", line, "\nend 1\n");
}

std::string FaultOf(const std::string& text) {
  const absl::StatusOr<Proposal> proposal = ParseProposal(text);
  if (proposal.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(proposal.status()));
  return std::string(proposal.status().message());
}

std::string ManyNodes(size_t count) {
  std::string text = "sluice-proposal 1 main\n";
  for (size_t i = 0; i < count; ++i) {
    absl::StrAppend(&text, "pg-", i, " 10.0.0.", i, " 5432\n");
  }
  return absl::StrCat(text, "end ", count, "\n");
}

TEST(ProposalTest, IsReadAsItIsWritten) {
  const absl::StatusOr<std::string> text = FormatProposal(Good());
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, kGoodText);
  const absl::StatusOr<Proposal> parsed = ParseProposal(kGoodText);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, Good());
}

TEST(ProposalTest, TakesEveryKindOfHostAndPort) {
  for (const char* line :
       {"n pg.internal 1", "n 10.0.0.5 65535", "a.b_c-d fd00::5 5432",
        "0123456789abcdef0123456789abcdef ::1 10000"}) {
    EXPECT_EQ(FaultOf(WithLine(line)), "");
  }
  EXPECT_EQ(FaultOf(ManyNodes(kMaxNodes)), "");
}

struct BadLine {
  std::string line;
  const char* fault;
};

// Each of them would make pgbouncer connect elsewhere, or is a step to that.
TEST(ProposalTest, RefusesEveryLineThatIsMoreThanANode) {
  const BadLine lines[] = {
      {"n /tmp/evil 5432", "host"},
      {"n @evil 5432", "host"},
      {"n  5432", "host"},
      {"n host=evil 5432", "host"},
      {"n evil port=5432 password=x", "NAME HOST PORT"},
      {"n evil 5432 user=postgres", "NAME HOST PORT"},
      {"n evil 5432 ", "NAME HOST PORT"},
      {" n evil 5432", "NAME HOST PORT"},
      {"n  evil 5432", "NAME HOST PORT"},
      {"n evil", "NAME HOST PORT"},
      {"", "NAME HOST PORT"},
      {"n evil\t5432", "printable ASCII"},
      {"n evil 5432\r", "printable ASCII"},
      {std::string("n evil\0 5432", 12), "printable ASCII"},
      {std::string("n evil 5432\0", 12), "printable ASCII"},
      {"n \xc3\xa9vil 5432", "printable ASCII"},
      {"n evil\x7f 5432", "printable ASCII"},
      {"n a,b 5432", "host"},
      {"n a;b 5432", "host"},
      {"n 'a' 5432", "host"},
      {"n \"a\" 5432", "host"},
      {"n a\\b 5432", "host"},
      {"%include /etc/passwd 5432", "name of a node"},
      {"%include /etc/passwd", "NAME HOST PORT"},
      {"[pgbouncer]", "NAME HOST PORT"},
      {"[pgbouncer] evil 5432", "name of a node"},
      {"auth_query = SELECT", "name of a node|host"},
      {"auth_user = evil", "host"},
      {"admin_users = sluice", "host"},
      {"auth_file = /tmp/evil", "NAME HOST PORT|host"},
      {"; evil 5432", "name of a node"},
      {"# evil 5432", "name of a node"},
      {"* evil 5432", "name of a node"},
      {"N evil 5432", "name of a node"},
      {"n=x evil 5432", "name of a node"},
      {"n/x evil 5432", "name of a node"},
      {"n{role} evil 5432", "name of a node"},
      {"0123456789abcdef0123456789abcdefg evil 5432", "name of a node"},
      {"n 0x7f.1 5432", "host"},
      {"n 2130706433 5432", "host"},
      {"n ::ffff:127.0.0.1 5432", "host"},
      {"n EVIL 5432", "host"},
      {"n evil. 5432", "host"},
      {"n evil 0", "port"},
      {"n evil 65536", "port"},
      {"n evil 99999", "port"},
      {"n evil 06432", "port"},
      {"n evil +5432", "port"},
      {"n evil -1", "port"},
      {"n evil 0x1538", "port"},
      {"n evil 5432;", "port"},
      {"n evil 4294972728", "port"},
      {"n evil port", "port"},
      {"n evil ", "port"},
  };
  for (const BadLine& bad : lines) {
    EXPECT_THAT(FaultOf(WithLine(bad.line)),
                ::testing::AllOf(HasSubstr("line 2"),
                                 ::testing::ContainsRegex(bad.fault)))
        << bad.line;
  }
}

TEST(ProposalTest, RefusesALineFeedWithinAWord) {
  EXPECT_THAT(FaultOf("sluice-proposal 1 main\nn evil\n5432\nend 1\n"),
              HasSubstr("line 2"));
  EXPECT_THAT(FaultOf(WithLine("n a 5432\nevil = host=/tmp")),
              HasSubstr("line 3"));
  EXPECT_THAT(FaultOf(WithLine("n a 5432\nm /tmp 5432")), HasSubstr("line 3"));
}

TEST(ProposalTest, RefusesASecondNodeOfAName) {
  EXPECT_THAT(FaultOf("sluice-proposal 1 main\nn a 5432\nn b 5432\nend 2\n"),
              HasSubstr("line 3: a second node n"));
}

TEST(ProposalTest, RefusesWhatWasCutOff) {
  const std::string good = kGoodText;
  for (size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_NE(FaultOf(good.substr(0, bytes)), "") << bytes;
  }
  EXPECT_NE(FaultOf(good + good), "");
  EXPECT_NE(FaultOf(good + "\n"), "");
  EXPECT_THAT(FaultOf("sluice-proposal 1 main\nn a 5432\nend 2\n"),
              HasSubstr("cut off"));
  EXPECT_THAT(FaultOf("sluice-proposal 1 main\nn a 5432\nm b 5432\nend 1\n"),
              HasSubstr("cut off"));
}

TEST(ProposalTest, RefusesAnotherHeader) {
  for (const char* header :
       {"", "sluice-proposal 1", "sluice-proposal 2 main",
        "sluice-proposal 1 main extra", "Sluice-proposal 1 main",
        "sluice-proposal 1 ", "sluice-proposal 1 a/b", "sluice-proposal 1 ;",
        "sluice-proposal  1 main", "\xef\xbb\xbfsluice-proposal 1 main"}) {
    EXPECT_THAT(FaultOf(absl::StrCat(header, "\nn a 5432\nend 1\n")),
                HasSubstr("line 1"))
        << header;
  }
  EXPECT_NE(FaultOf(absl::StrCat("sluice-proposal 1 ", std::string(64, 'a'),
                                 "\nn a 5432\nend 1\n")),
            "");
}

TEST(ProposalTest, RefusesNoNodeAndTooMany) {
  EXPECT_EQ(FaultOf("sluice-proposal 1 main\nend 0\n"), "no node");
  EXPECT_THAT(FaultOf(ManyNodes(kMaxNodes + 1)),
              HasSubstr("more than 100 nodes"));
  EXPECT_THAT(FaultOf(std::string(kMaxProposalBytes + 1, '\n')),
              HasSubstr("more than 65536 bytes"));
}

TEST(ProposalTest, ShowsBoundedTextThatEndsNoLine) {
  const std::string fault =
      FaultOf(WithLine(absl::StrCat("n ", std::string(5000, '\\'), " 5432")));
  EXPECT_LT(fault.size(), 300u);
  EXPECT_THAT(fault, Not(HasSubstr("\n")));
}

TEST(ProposalTest, IsNotWrittenWhenItWouldBeRefused) {
  const std::vector<Proposal> proposals = {
      {"main", {}},
      {"", {{"n", "a", 5432}}},
      {"ma in", {{"n", "a", 5432}}},
      {"main", {{"n", "a", 0}}},
      {"main", {{"n", "/tmp", 5432}}},
      {"main", {{"N", "a", 5432}}},
      {"main", {{"n", "a", 5432}, {"n", "b", 5432}}},
      {"main", {{"n", "a 1\nm b", 5432}}},
      {"main\nn a 5432", {{"n", "b", 5432}}},
  };
  for (const Proposal& proposal : proposals) {
    EXPECT_TRUE(absl::IsInvalidArgument(FormatProposal(proposal).status()));
  }
}

class WriteProposalTest : public ::testing::Test {
 protected:
  WriteProposalTest() : folder_(::testing::TempDir() + "proposal.XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~WriteProposalTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ + "/main.proposal"; }

  std::string Read() const {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }

  std::string folder_;
};

TEST_F(WriteProposalTest, ReplacesTheFileWhole) {
  ASSERT_TRUE(WriteProposal(path(), "main", {{"n", "a", 5432}}).ok());
  std::ifstream reader(path());
  ASSERT_TRUE(WriteProposal(path(), Good().cluster, Good().nodes).ok());
  EXPECT_EQ(Read(), kGoodText);
  std::ostringstream former;
  former << reader.rdbuf();
  EXPECT_EQ(former.str(), WithLine("n a 5432"));
  struct stat status;
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644u);
}

TEST_F(WriteProposalTest, LeavesTheFormerWhenItCannot) {
  ASSERT_TRUE(WriteProposal(path(), Good().cluster, Good().nodes).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(WriteProposal(path(), "main", {})));
  EXPECT_EQ(Read(), kGoodText);
  EXPECT_TRUE(absl::IsUnavailable(
      WriteProposal(folder_ + "/none/main.proposal", "main", Good().nodes)));
}

TEST_F(WriteProposalTest, FollowsNoLink) {
  const std::string target = folder_ + "/target";
  std::ofstream(target) << "kept";
  std::filesystem::create_symlink(target, path());
  std::filesystem::create_symlink(target, path() + ".new");
  ASSERT_TRUE(WriteProposal(path(), Good().cluster, Good().nodes).ok());
  std::ostringstream kept;
  kept << std::ifstream(target).rdbuf();
  EXPECT_EQ(kept.str(), "kept");
  EXPECT_EQ(Read(), kGoodText);
}

}  // namespace
}  // namespace sluice::pgbouncer

// Whose a file is, and who else can change it.

#include "server/pgbouncer_sync/trusted_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "server/pgbouncer_sync/test_folder.h"

namespace sluice::pgbouncer_sync {
namespace {

using ::testing::HasSubstr;

class TrustedPathTest : public ::testing::Test {
 protected:
  TrustedPathTest() {
    std::filesystem::create_directory(folder_.Path("etc"));
    folder_.Write("etc/file", "");
    Allow("etc", 0755);
    Allow("etc/file", 0640);
  }

  void Allow(const std::string& name, mode_t mode) {
    ASSERT_EQ(chmod(folder_.Path(name).c_str(), mode), 0);
  }
  std::string FaultOf(const std::string& name) const {
    return std::string(CheckTrustedPath(folder_.Path(name)).message());
  }

  TestFolder folder_;
};

TEST_F(TrustedPathTest, IsOnesOwnToWrite) {
  EXPECT_EQ(FaultOf("etc/file"), "");
  EXPECT_EQ(FaultOf("etc/none"), "");
  EXPECT_TRUE(CheckTrustedPath("/etc/passwd").ok());
}

TEST_F(TrustedPathTest, IsNotWhatOthersCanWrite) {
  for (const mode_t mode : {0660, 0602, 0646}) {
    Allow("etc/file", mode);
    EXPECT_THAT(FaultOf("etc/file"), HasSubstr("etc/file: others"));
  }
}

TEST_F(TrustedPathTest, IsNotWhatOthersCanReplace) {
  for (const mode_t mode : {0775, 0757, 0777}) {
    Allow("etc", mode);
    EXPECT_THAT(FaultOf("etc/file"), HasSubstr("etc: others"));
    EXPECT_THAT(FaultOf("etc/none"), HasSubstr("etc: others"));
  }
}

TEST_F(TrustedPathTest, IsNotWhatOthersCanMakeFirst) {
  std::filesystem::create_directory(folder_.Path("etc/own"));
  folder_.Write("etc/own/file", "");
  Allow("etc/own", 0755);
  Allow("etc/own/file", 0640);
  Allow("etc", 01777);
  EXPECT_EQ(FaultOf("etc/own/file"), "");
  EXPECT_EQ(FaultOf("etc/own/none"), "");
  EXPECT_THAT(FaultOf("etc/none"), HasSubstr("etc: others"));
  EXPECT_THAT(FaultOf("etc/file"), HasSubstr("etc: others"));
  EXPECT_THAT(FaultOf("etc/own-none/file"), HasSubstr("etc/own-none: No such"));
}

TEST_F(TrustedPathTest, IsNotAnotherUsers) {
  if (geteuid() == 0) {
    ASSERT_EQ(chown(folder_.Path("etc").c_str(), 65534, 65534), 0);
    EXPECT_THAT(FaultOf("etc/file"), HasSubstr("neither root nor this user"));
  } else {
    EXPECT_TRUE(CheckTrustedPath("/etc/passwd").ok());
  }
}

TEST_F(TrustedPathTest, IsWrittenOut) {
  std::filesystem::create_symlink(folder_.Path("etc"), folder_.Path("link"));
  EXPECT_THAT(FaultOf("link/file"), HasSubstr("symbolic link"));
  std::filesystem::create_symlink(folder_.Path("etc/file"),
                                  folder_.Path("etc/link"));
  EXPECT_THAT(FaultOf("etc/link"), HasSubstr("symbolic link"));
  for (const std::string path : {"", "etc/file", "/", "//etc", "/etc/",
                                 "/etc/../etc/passwd", "/etc/./passwd"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckTrustedPath(path))) << path;
  }
  EXPECT_TRUE(
      absl::IsFailedPrecondition(CheckTrustedPath("/there-is-none/of-it")));
}

}  // namespace
}  // namespace sluice::pgbouncer_sync

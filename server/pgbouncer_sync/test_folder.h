// TestFolder: a folder of a test's own.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_TEST_FOLDER_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_TEST_FOLDER_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace sluice::pgbouncer_sync {

class TestFolder {
 public:
  TestFolder() {
    const std::string pattern =
        std::filesystem::canonical(::testing::TempDir()) / "sync.XXXXXX";
    path_ = pattern;
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name), std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_TEST_FOLDER_H_

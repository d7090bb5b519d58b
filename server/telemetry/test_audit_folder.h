// TestAuditFolder: a folder for the audit log of a test, and a digest without
// OpenSSL.

#ifndef SLUICE_SERVER_TELEMETRY_TEST_AUDIT_FOLDER_H_
#define SLUICE_SERVER_TELEMETRY_TEST_AUDIT_FOLDER_H_

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "server/telemetry/audit_folder.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::telemetry {

// 32 bytes that any change of `bytes` changes: four FNV-1a digests.
inline std::string TestDigest(absl::string_view bytes) {
  std::string digest;
  for (uint64_t salt = 0; salt < 4; ++salt) {
    uint64_t hash = 0xcbf29ce484222325U + salt;
    for (const char byte : bytes) {
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    }
    for (int shift = 0; shift < 64; shift += 8) {
      digest += static_cast<char>(hash >> shift);
    }
  }
  return digest;
}

class TestAuditFolder {
 public:
  TestAuditFolder() : base_(testing::TempDir() + "/audit.XXXXXX") {
    EXPECT_NE(mkdtemp(base_.data()), nullptr);
  }
  TestAuditFolder(const TestAuditFolder&) = delete;
  ~TestAuditFolder() { std::filesystem::remove_all(base_); }

  std::string path() const { return base_ + "/log"; }

  // As config/ gives them.
  config::v1::Audit Settings() const {
    config::v1::Audit settings;
    settings.set_folder(path());
    settings.set_max_file_bytes(1 << 20);
    settings.set_on_failure(config::v1::AUDIT_FAILURE_REFUSE);
    return settings;
  }

  std::vector<std::string> Names() const {
    return ListAuditFiles(path()).value();
  }
  std::string PathOf(const std::string& name) const {
    return absl::StrCat(path(), "/", name);
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(PathOf(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void Write(const std::string& name, const std::string& bytes) const {
    // In place: some file systems flush a file that is emptied and filled.
    std::ofstream(PathOf(name), std::ios::binary | std::ios::app).close();
    std::fstream(PathOf(name), std::ios::binary | std::ios::in | std::ios::out)
        << bytes;
    std::filesystem::resize_file(PathOf(name), bytes.size());
  }
  // Of all files, in order; without those that end early.
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (const std::string& name : Names()) {
      std::vector<std::string> parts = absl::StrSplit(Read(name), '\n');
      parts.pop_back();
      std::move(parts.begin(), parts.end(), std::back_inserter(lines));
    }
    return lines;
  }

 private:
  std::string base_;
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_TEST_AUDIT_FOLDER_H_

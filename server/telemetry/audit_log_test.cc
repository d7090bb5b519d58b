#include "server/telemetry/audit_log.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/base/error.h"
#include "server/telemetry/audit_verification.h"
#include "server/telemetry/test_audit_folder.h"
#include "tests/support/await.h"

namespace sluice::telemetry {
namespace {

using nlohmann::json;
using testing::Await;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr absl::Duration kTurn = absl::Milliseconds(5);
constexpr absl::Duration kPatience = absl::Seconds(30);

// Files may grow up to so many bytes while it lives: a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

class AuditLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open(const config::v1::Audit& settings) const {
    auto log = AuditLog::Open(settings, "one", &TestDigest, kTurn);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  std::unique_ptr<AuditLog> Open() const { return Open(folder_.Settings()); }

  std::vector<json> Records() const {
    std::vector<json> records;
    for (const std::string& line : folder_.Lines()) {
      records.push_back(json::parse(line));
    }
    return records;
  }
  std::vector<std::string> Events() const {
    std::vector<std::string> events;
    for (const json& record : Records()) events.push_back(record["event"]);
    return events;
  }
  json LastRecord() const { return Records().back(); }

  // What is verified; fails the test at a break.
  AuditReport Verify() const {
    const auto report = VerifyAuditLog(folder_.path(), &TestDigest);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    EXPECT_FALSE(report->first_break.has_value())
        << report->first_break->file << ":" << report->first_break->line << ": "
        << report->first_break->message;
    return *report;
  }

  TestAuditFolder folder_;
};

TEST_F(AuditLogTest, RecordIsInTheFileWhenAppendReturns) {
  const auto log = Open();
  const auto seq = log->Append("test", {{"app", "shop"}, {"rows", 3}});
  ASSERT_TRUE(seq.ok()) << seq.status();
  const json record = LastRecord();
  EXPECT_EQ(record["seq"], *seq);
  EXPECT_EQ(record["event"], "test");
  EXPECT_EQ(record["instance"], "one");
  EXPECT_EQ(record["app"], "shop");
  EXPECT_EQ(record["rows"], 3);
  EXPECT_EQ(Verify().record_count, 3);
}

TEST_F(AuditLogTest, FilesAreForTheUserAlone) {
  const auto log = Open();
  struct stat status;
  ASSERT_EQ(stat(folder_.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700);
  ASSERT_EQ(stat(folder_.PathOf(folder_.Names()[0]).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
}

TEST_F(AuditLogTest, RestartGoesOnWithTheChain) {
  Open()->Note("first", {});
  Open()->Note("second", {});
  EXPECT_THAT(Events(),
              ElementsAre("file_begun", "log_opened", "first", "log_closed",
                          "log_opened", "second", "log_closed"));
  EXPECT_THAT(folder_.Names(), SizeIs(1));
  EXPECT_EQ(Verify().end.seq, 7);
}

TEST_F(AuditLogTest, TheNextFileBeginsWhenOneIsFull) {
  config::v1::Audit settings = folder_.Settings();
  settings.set_max_file_bytes(1000);
  {
    const auto log = Open(settings);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(log->Append("test", {}).ok());
  }
  EXPECT_GT(folder_.Names().size(), 5);
  for (const std::string& name : folder_.Names()) {
    EXPECT_LT(folder_.Read(name).size(), 1300);
  }
  EXPECT_EQ(Verify().first_seq, 1);
}

TEST_F(AuditLogTest, TheOldestFilesGoAndARecordTells) {
  config::v1::Audit settings = folder_.Settings();
  settings.set_max_file_bytes(1000);
  settings.set_max_files(2);
  {
    const auto log = Open(settings);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(log->Append("test", {}).ok());
    EXPECT_THAT(folder_.Names(), SizeIs(2));
    std::filesystem::remove(folder_.PathOf(folder_.Names()[0]));
  }
  // The log itself removed all but the last two.
  const auto report = VerifyAuditLog(folder_.path(), &TestDigest);
  ASSERT_TRUE(report.ok());
  ASSERT_TRUE(report->first_break.has_value());
  EXPECT_EQ(report->first_break->kind, AuditBreak::Kind::kMissing);
}

TEST_F(AuditLogTest, ALogWhoseOldestFilesWereRemovedIsSound) {
  config::v1::Audit settings = folder_.Settings();
  settings.set_max_file_bytes(1000);
  settings.set_max_files(1);
  {
    const auto log = Open(settings);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(log->Append("test", {}).ok());
  }
  EXPECT_THAT(folder_.Names(), SizeIs(1));
  EXPECT_GT(Verify().first_seq, 1);
}

TEST_F(AuditLogTest, ATornRecordIsToldByTheNextFile) {
  Open()->Note("first", {});
  const std::string name = folder_.Names()[0];
  const std::string whole = folder_.Read(name);
  folder_.Write(name, whole + "{\"seq\":5,\"ti");
  Open()->Note("second", {});
  EXPECT_EQ(folder_.Read(name), whole + "{\"seq\":5,\"ti");
  ASSERT_THAT(folder_.Names(), SizeIs(2));
  EXPECT_EQ(Verify().torn_count, 1);
  // What was told must not change after it.
  folder_.Write(name, whole + "{\"seq\":6,\"ti");
  EXPECT_TRUE(
      VerifyAuditLog(folder_.path(), &TestDigest)->first_break.has_value());
}

TEST_F(AuditLogTest, TornBeginningsOfFilesAreToldToo) {
  Open()->Note("first", {});
  folder_.Write(AuditFileName(5, absl::UnixEpoch() + absl::Hours(1)), "");
  folder_.Write(AuditFileName(5, absl::UnixEpoch() + absl::Hours(2)), "{\"se");
  Open()->Note("second", {});
  ASSERT_THAT(folder_.Names(), SizeIs(4));
  EXPECT_EQ(Verify().torn_count, 2);
}

TEST_F(AuditLogTest, ADamagedEndIsToldAndNotHidden) {
  Open()->Note("first", {});
  const std::string name = folder_.Names()[0];
  std::string bytes = folder_.Read(name);
  bytes[bytes.rfind("log_closed")] = 'L';
  folder_.Write(name, bytes);
  Open()->Note("second", {});
  ASSERT_THAT(folder_.Names(), SizeIs(2));
  EXPECT_NE(folder_.Read(folder_.Names()[1]).find("\"damage\":"),
            std::string::npos);
  const auto report = VerifyAuditLog(folder_.path(), &TestDigest);
  ASSERT_TRUE(report->first_break.has_value());
  EXPECT_EQ(report->first_break->line, 4);
}

TEST_F(AuditLogTest, ASecondProcessIsRefused) {
  const auto log = Open();
  const auto second =
      AuditLog::Open(folder_.Settings(), "two", &TestDigest, kTurn);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(AuditLogTest, AFullDiskRefusesAndLeavesNoPartOfARecord) {
  const auto log = Open();
  const std::string name = folder_.Names()[0];
  const std::string before = folder_.Read(name);
  {
    const FileSizeLimit limit(before.size() + 50);
    for (int i = 0; i < 3; ++i) {
      const auto refused = log->Append("test", {});
      EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
      EXPECT_EQ(ReasonOf(refused.status()), v1::ERROR_REASON_AUDIT_UNAVAILABLE);
      EXPECT_EQ(ErrorMetadataOf(refused.status(), "executed"), "no");
    }
    EXPECT_EQ(folder_.Read(name), before);
  }
  EXPECT_TRUE(Await(kPatience, [&] { return log->Append("again", {}).ok(); }));
  const AuditReport report = Verify();
  EXPECT_GE(report.missing_count, 3);
}

TEST_F(AuditLogTest, AFullDiskCanBeLeftToTheRecordOfWhatIsMissing) {
  config::v1::Audit settings = folder_.Settings();
  settings.set_on_failure(config::v1::AUDIT_FAILURE_CONTINUE);
  const auto log = Open(settings);
  {
    const FileSizeLimit limit(1);
    const auto seq = log->Append("test", {});
    ASSERT_TRUE(seq.ok()) << seq.status();
    EXPECT_EQ(*seq, 0);
  }
  EXPECT_TRUE(Await(kPatience, [&] { return *log->Append("again", {}) > 0; }));
  EXPECT_GE(Verify().missing_count, 1);
}

TEST_F(AuditLogTest, ALogOpensOnAFullDiskAndRecovers) {
  std::unique_ptr<AuditLog> log;
  {
    const FileSizeLimit limit(1);
    log = Open();
    EXPECT_FALSE(log->Append("test", {}).ok());
    EXPECT_THAT(folder_.Names(), SizeIs(0));
  }
  EXPECT_TRUE(Await(kPatience, [&] { return log->Append("again", {}).ok(); }));
  EXPECT_GE(Verify().missing_count, 2);
}

TEST_F(AuditLogTest, AFolderThatGoesAwayIsNoticedAndFoundAgain) {
  const auto log = Open();
  const std::string away = folder_.path() + ".away";
  std::filesystem::rename(folder_.path(), away);
  EXPECT_TRUE(Await(kPatience, [&] { return !log->Append("test", {}).ok(); }));
  std::filesystem::rename(away, folder_.path());
  EXPECT_TRUE(Await(kPatience, [&] { return log->Append("again", {}).ok(); }));
  Verify();
}

TEST_F(AuditLogTest, AFileThatIsRemovedIsMissed) {
  const auto log = Open();
  std::filesystem::remove(folder_.PathOf(folder_.Names()[0]));
  ASSERT_TRUE(log->Append("test", {}).ok());
  EXPECT_THAT(Events(), ElementsAre("file_begun", "test"));
  const auto report = VerifyAuditLog(folder_.path(), &TestDigest);
  ASSERT_TRUE(report->first_break.has_value());
  EXPECT_EQ(report->first_break->kind, AuditBreak::Kind::kMissing);
}

TEST_F(AuditLogTest, WhatSomebodyElseAppendsIsABreak) {
  const auto log = Open();
  const std::string name = folder_.Names()[0];
  std::string bytes = folder_.Read(name);
  const size_t lines = folder_.Lines().size();
  folder_.Write(name, bytes + folder_.Lines().back() + "\n");
  ASSERT_TRUE(log->Append("test", {}).ok());
  const auto report = VerifyAuditLog(folder_.path(), &TestDigest);
  ASSERT_TRUE(report->first_break.has_value());
  EXPECT_EQ(report->first_break->kind, AuditBreak::Kind::kOutOfOrder);
  EXPECT_EQ(report->first_break->line, lines + 1);
}

TEST_F(AuditLogTest, RefusalsAreCountedByReasonAndApp) {
  const auto log = Open();
  constexpr int kCount = 5000;
  for (int i = 0; i < kCount; ++i) {
    log->NoteRefusal({"TOKEN_INVALID", i % 2 == 0 ? "shop" : "", "spiffe://x/y",
                      "ipv4:192.0.2.1:1", "/sluice.v1.Database/Query", ""});
  }
  int told = 0;
  EXPECT_TRUE(Await(kPatience, [&] {
    told = 0;
    for (const json& record : Records()) {
      if (record["event"] == "refused") told += record["count"].get<int>();
    }
    return told == kCount;
  })) << told;
  EXPECT_LT(Records().size(), 1000);
  EXPECT_EQ(LastRecord()["reason"], "TOKEN_INVALID");
  EXPECT_EQ(LastRecord()["identity"], "spiffe://x/y");
}

TEST_F(AuditLogTest, RecordsOfManyThreadsAreOneChain) {
  config::v1::Audit settings = folder_.Settings();
  settings.set_max_file_bytes(50000);
  constexpr int kThreads = 8;
  constexpr int kRecords = 500;
  {
    const auto log = Open(settings);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&log, i] {
        for (int j = 0; j < kRecords; ++j) {
          ASSERT_TRUE(log->Append("test", {{"thread", i}, {"turn", j}}).ok());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const AuditReport report = Verify();
  EXPECT_GT(report.file_count, 5);
  EXPECT_EQ(report.record_count, kThreads * kRecords + 2 + report.file_count);
}

}  // namespace
}  // namespace sluice::telemetry

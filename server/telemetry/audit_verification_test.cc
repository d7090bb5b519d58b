#include "server/telemetry/audit_verification.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "server/telemetry/audit_log.h"
#include "server/telemetry/test_audit_folder.h"

namespace sluice::telemetry {
namespace {

using Kind = AuditBreak::Kind;

// A log of three files, of a few records each.
class AuditVerificationTest : public ::testing::Test {
 protected:
  AuditVerificationTest() {
    config::v1::Audit settings = folder_.Settings();
    settings.set_max_file_bytes(600);
    {
      auto log = AuditLog::Open(settings, "one", &TestDigest);
      for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE((*log)->Append("test", {{"number", i}}).ok());
      }
    }
    names_ = folder_.Names();
    EXPECT_GE(names_.size(), 3);
  }

  AuditReport Verify(absl::string_view expected = "") const {
    auto report = VerifyAuditLog(folder_.path(), &TestDigest, expected);
    EXPECT_TRUE(report.ok()) << report.status();
    return *std::move(report);
  }

  // Changes the lines of a file.
  template <typename Change>
  void ChangeLines(const std::string& name, Change change) const {
    std::vector<std::string> lines = absl::StrSplit(folder_.Read(name), '\n');
    change(lines);
    folder_.Write(name, absl::StrJoin(lines, "\n"));
  }

  void ExpectBreak(Kind kind, const std::string& file, uint64_t line,
                   uint64_t seq) const {
    const AuditReport report = Verify();
    ASSERT_TRUE(report.first_break.has_value());
    EXPECT_EQ(BreakName(report.first_break->kind), BreakName(kind));
    EXPECT_EQ(report.first_break->file, file);
    EXPECT_EQ(report.first_break->line, line);
    EXPECT_EQ(report.first_break->seq, seq);
  }

  // The number of the first record of a file.
  uint64_t FirstSeq(size_t file) const { return *FirstSeqOf(names_[file]); }

  TestAuditFolder folder_;
  std::vector<std::string> names_;
};

TEST_F(AuditVerificationTest, AnUntouchedLogIsSound) {
  const AuditReport report = Verify();
  EXPECT_FALSE(report.first_break.has_value());
  EXPECT_EQ(report.file_count, names_.size());
  EXPECT_EQ(report.record_count, folder_.Lines().size());
  EXPECT_EQ(report.first_seq, 1);
  EXPECT_EQ(report.end.seq, report.record_count);
  EXPECT_LE(report.first_time, report.last_time);
  EXPECT_EQ(report.first_time.size(), 27);
}

TEST_F(AuditVerificationTest, EveryChangedByteIsFound) {
  for (const std::string& name : names_) {
    const std::string whole = folder_.Read(name);
    for (size_t i = 0; i < whole.size(); ++i) {
      for (const int mask : {0x01, 0x20, 0x80}) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ mask);
        folder_.Write(name, changed);
        EXPECT_TRUE(Verify().first_break.has_value())
            << name << " byte " << i << " mask " << mask;
      }
    }
    folder_.Write(name, whole);
  }
  EXPECT_FALSE(Verify().first_break.has_value());
}

TEST_F(AuditVerificationTest, EveryCutOfAFileIsFoundButForRecordsAtTheEnd) {
  for (const std::string& name : names_) {
    const std::string whole = folder_.Read(name);
    for (size_t size = 0; size < whole.size(); ++size) {
      folder_.Write(name, whole.substr(0, size));
      const bool at_line_end = size > 0 && whole[size - 1] == '\n';
      if (name == names_.back() && at_line_end) continue;
      EXPECT_TRUE(Verify().first_break.has_value()) << name << " " << size;
    }
    folder_.Write(name, whole);
  }
}

TEST_F(AuditVerificationTest, AChangedRecordIsNamed) {
  ChangeLines(names_[1], [](std::vector<std::string>& lines) {
    lines[1].replace(lines[1].find("\"event\":\""), 10, "\"event\":\"T");
  });
  ExpectBreak(Kind::kChanged, names_[1], 2, FirstSeq(1) + 1);
}

TEST_F(AuditVerificationTest, ARemovedRecordIsNamed) {
  ChangeLines(names_[1], [](std::vector<std::string>& lines) {
    lines.erase(lines.begin() + 1);
  });
  ExpectBreak(Kind::kMissing, names_[1], 2, FirstSeq(1) + 1);
}

TEST_F(AuditVerificationTest, ARepeatedRecordIsNamed) {
  ChangeLines(names_[1], [](std::vector<std::string>& lines) {
    lines.insert(lines.begin() + 2, lines[1]);
  });
  ExpectBreak(Kind::kOutOfOrder, names_[1], 3, FirstSeq(1) + 2);
}

TEST_F(AuditVerificationTest, RecordsThatChangedPlacesAreNamed) {
  ChangeLines(names_[0], [](std::vector<std::string>& lines) {
    std::swap(lines[0], lines[1]);
  });
  ExpectBreak(Kind::kMissing, names_[0], 1, 1);
}

TEST_F(AuditVerificationTest, ARecordMadeOfAnotherWithItsOwnDigestIsFound) {
  ChangeLines(names_[1], [this](std::vector<std::string>& lines) {
    auto record = ParseAuditRecord(lines[1]);
    record->object.replace(record->object.find("one"), 3, "two");
    const auto before = ParseAuditRecord(lines[0]);
    const std::string chain =
        ChainOf(&TestDigest, before->chain, record->object);
    record->object.pop_back();
    lines[1] = absl::StrCat(record->object, ",\"chain\":\"", chain, "\"}");
  });
  ExpectBreak(Kind::kChanged, names_[1], 3, FirstSeq(1) + 2);
}

TEST_F(AuditVerificationTest, AMissingFileIsNamed) {
  std::filesystem::remove(folder_.PathOf(names_[1]));
  ExpectBreak(Kind::kMissing, names_[2], 1, FirstSeq(1));
}

TEST_F(AuditVerificationTest, AMissingFirstFileIsNamed) {
  std::filesystem::remove(folder_.PathOf(names_[0]));
  ExpectBreak(Kind::kMissing, names_[1], 1, 1);
}

TEST_F(AuditVerificationTest, AFileUnderAnotherNameIsNamed) {
  const std::string name = AuditFileName(FirstSeq(1) + 1, absl::UnixEpoch());
  std::filesystem::rename(folder_.PathOf(names_[1]), folder_.PathOf(name));
  ExpectBreak(Kind::kMissing, name, 1, FirstSeq(1));
}

TEST_F(AuditVerificationTest, ATornLastLineIsNamed) {
  const std::string whole = folder_.Read(names_.back());
  folder_.Write(names_.back(), whole.substr(0, whole.size() - 5));
  const AuditReport report = Verify();
  ASSERT_TRUE(report.first_break.has_value());
  EXPECT_EQ(BreakName(report.first_break->kind), "torn");
  EXPECT_EQ(report.first_break->file, names_.back());
}

TEST_F(AuditVerificationTest, RecordsCutFromTheEndAreMissedByTheirDigest) {
  const std::string chain = Verify().end.chain;
  EXPECT_FALSE(Verify(chain).first_break.has_value());
  std::filesystem::remove(folder_.PathOf(names_.back()));
  EXPECT_FALSE(Verify().first_break.has_value());
  const AuditReport report = Verify(chain);
  ASSERT_TRUE(report.first_break.has_value());
  EXPECT_EQ(BreakName(report.first_break->kind), "not_found");
}

TEST_F(AuditVerificationTest, AFolderWithoutALogIsAnError) {
  EXPECT_TRUE(
      absl::IsNotFound(
          VerifyAuditLog(testing::TempDir() + "/nothing_of_it", &TestDigest)
              .status()) ||
      absl::IsUnavailable(
          VerifyAuditLog(testing::TempDir() + "/nothing_of_it", &TestDigest)
              .status()));
  for (const std::string& name : names_) {
    std::filesystem::remove(folder_.PathOf(name));
  }
  EXPECT_TRUE(
      absl::IsNotFound(VerifyAuditLog(folder_.path(), &TestDigest).status()));
}

}  // namespace
}  // namespace sluice::telemetry

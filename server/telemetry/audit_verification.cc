#include "server/telemetry/audit_verification.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/telemetry/audit_folder.h"
#include "server/telemetry/audit_tail.h"

namespace sluice::telemetry {
namespace {

using Kind = AuditBreak::Kind;

std::string Numbers(uint64_t first, uint64_t last) {
  return first == last ? absl::StrCat("record ", first)
                       : absl::StrCat("records ", first, " to ", last);
}

// Reads the files one after the other, up to the first break.
class Verifier {
 public:
  Verifier(const DigestFunction& digest, absl::string_view expected_chain)
      : digest_(digest), expected_chain_(expected_chain) {}
  Verifier(const Verifier&) = delete;

  bool broken() const { return report_.first_break.has_value(); }

  // Errors: UNAVAILABLE.
  absl::Status CheckFile(const std::string& folder, const std::string& name) {
    const std::string path = absl::StrCat(folder, "/", name);
    std::ifstream file(path, std::ios::binary);
    if (!file) return FileError("cannot open", path, errno);
    file_ = name;
    line_ = 0;
    ++report_.file_count;
    for (std::string line; !broken() && std::getline(file, line);) {
      if (file.eof()) {
        NoteTorn(line);
        return absl::OkStatus();
      }
      ++line_;
      CheckLine(line);
    }
    if (file.bad()) return FileError("cannot read", path, errno);
    if (line_ == 0) NoteTorn("");
    return absl::OkStatus();
  }

  AuditReport Finish() && {
    if (!broken() && !torn_.empty()) {
      Break(Kind::kTorn,
            "the last line ends early: by a crash, of which the gateway tells "
            "when it starts again, or by whoever cut it off");
    }
    if (!broken() && report_.first_seq > removed_seq_ + 1) {
      file_ = first_file_;
      line_ = 1;
      expected_seq_ = removed_seq_ + 1;
      Break(Kind::kMissing,
            absl::StrCat(Numbers(removed_seq_ + 1, report_.first_seq - 1),
                         " are missing, and no record tells of their removal"));
    }
    if (!broken() && !expected_chain_.empty() && !found_expected_) {
      line_ = 0;
      Break(Kind::kNotFound,
            "no record has the digest that was asked for: records after the "
            "last one are missing, or the whole log was written anew");
    }
    return std::move(report_);
  }

 private:
  void Break(Kind kind, std::string message) {
    report_.first_break =
        AuditBreak{kind, file_, line_, expected_seq_, std::move(message)};
  }

  // A part of a record, which the first record of the next file has to tell of.
  void NoteTorn(absl::string_view part) {
    ++line_;
    torn_.push_back(DescribeTornPart(digest_, file_, part));
  }

  void CheckLine(const std::string& line) {
    expected_seq_ = report_.end.seq + 1;
    const absl::optional<AuditRecord> record = ParseAuditRecord(line);
    if (!record.has_value()) return Break(Kind::kChanged, "this is no record");
    if (line_ == 1) {
      CheckBeginning(*record);
      if (broken()) return;
    }
    if (record->seq > expected_seq_) {
      return Break(Kind::kMissing,
                   absl::StrCat(Numbers(expected_seq_, record->seq - 1),
                                " are missing before this line"));
    }
    if (record->seq < expected_seq_) {
      return Break(Kind::kOutOfOrder,
                   absl::StrCat("record ", record->seq, " stands where record ",
                                expected_seq_, " belongs"));
    }
    if (ChainOf(digest_, report_.end.chain, record->object) != record->chain) {
      return Break(Kind::kChanged,
                   "the digest is not that of this record after the one "
                   "before: one of the two was changed");
    }
    Take(*record);
  }

  // The first record of a file says what it goes on from.
  void CheckBeginning(const AuditRecord& record) {
    if (record.event != "file_begun" || FirstSeqOf(file_) != record.seq) {
      return Break(Kind::kMissing, "the beginning of the file is missing");
    }
    if (first_file_.empty()) {
      first_file_ = file_;
      report_.end = ChainEnd{record.seq - 1, record.Text("previous_chain")};
      report_.first_seq = record.seq;
      report_.first_time = record.time;
      expected_seq_ = record.seq;
      if (record.seq == 1 && report_.end != ChainEnd()) {
        return Break(Kind::kChanged, "the first record follows another one");
      }
    }
    const std::string torn = absl::StrJoin(torn_, ",");
    // The file before the first one may be removed by now.
    if (report_.file_count > 1 && record.Text("torn") != torn) {
      return Break(Kind::kTorn,
                   "the file before ends otherwise than this record says");
    }
    report_.torn_count += torn_.size();
    torn_.clear();
  }

  void Take(const AuditRecord& record) {
    report_.end = ChainEnd{record.seq, record.chain};
    report_.last_time = record.time;
    ++report_.record_count;
    if (record.chain == expected_chain_) found_expected_ = true;
    if (record.event == "file_removed") {
      removed_seq_ = std::max(removed_seq_, record.Number("last_seq"));
    } else if (record.event == "log_resumed") {
      report_.missing_count += record.Number("missing_records");
    }
  }

  const DigestFunction& digest_;
  const absl::string_view expected_chain_;
  bool found_expected_ = false;
  AuditReport report_;
  std::string first_file_;
  // Where it is.
  std::string file_;
  uint64_t line_ = 0;
  uint64_t expected_seq_ = 1;
  // Parts of records since the last whole one.
  std::vector<std::string> torn_;
  // Up to which record the log tells of a removal.
  uint64_t removed_seq_ = 0;
};

}  // namespace

absl::string_view BreakName(Kind kind) {
  switch (kind) {
    case Kind::kChanged:
      return "changed";
    case Kind::kMissing:
      return "missing";
    case Kind::kOutOfOrder:
      return "out_of_order";
    case Kind::kTorn:
      return "torn";
    case Kind::kNotFound:
      return "not_found";
  }
  return "invalid";
}

absl::StatusOr<AuditReport> VerifyAuditLog(const std::string& folder,
                                           const DigestFunction& digest,
                                           absl::string_view expected_chain) {
  const absl::StatusOr<std::vector<std::string>> names = ListAuditFiles(folder);
  if (!names.ok()) return names.status();
  if (names->empty()) {
    return absl::NotFoundError(
        absl::StrCat(folder, " holds no file of an audit log"));
  }
  Verifier verifier(digest, expected_chain);
  for (const std::string& name : *names) {
    absl::Status checked = verifier.CheckFile(folder, name);
    if (!checked.ok()) return checked;
    if (verifier.broken()) break;
  }
  return std::move(verifier).Finish();
}

}  // namespace sluice::telemetry

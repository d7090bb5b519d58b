#include "server/telemetry/audit_tail.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/telemetry/audit_folder.h"

namespace sluice::telemetry {
namespace {

// More than two of the longest records.
constexpr std::streamoff kTailBytes = std::streamoff{1} << 20;

// Its last kTailBytes.
absl::StatusOr<std::string> ReadEnd(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return FileError("cannot open", path, errno);
  const std::streamoff size = file.tellg();
  std::string bytes(static_cast<size_t>(std::min(size, kTailBytes)), '\0');
  file.seekg(-static_cast<std::streamoff>(bytes.size()), std::ios::end);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    return FileError("cannot read", path, errno);
  }
  return bytes;
}

// The last record of `lines`, whole lines, into `tail`; whether there is one.
bool FindEnd(absl::string_view lines, const DigestFunction& digest,
             AuditTail& tail) {
  absl::ConsumeSuffix(&lines, "\n");
  std::vector<absl::string_view> all = absl::StrSplit(lines, '\n');
  absl::optional<AuditRecord> last = ParseAuditRecord(all.back());
  if (!last.has_value()) tail.damage = "the last line is no record";
  while (!last.has_value() && all.size() > 1) {
    all.pop_back();
    last = ParseAuditRecord(all.back());
  }
  if (!last.has_value()) return false;
  std::string before = last->Text("previous_chain");
  if (all.size() > 1) {
    const absl::optional<AuditRecord> record =
        ParseAuditRecord(all[all.size() - 2]);
    if (record.has_value()) before = record->chain;
  }
  if (ChainOf(digest, before, last->object) != last->chain) {
    tail.damage = "the digest of the last record is wrong";
  }
  tail.end = ChainEnd{last->seq, last->chain};
  return true;
}

}  // namespace

std::string DescribeTornPart(const DigestFunction& digest,
                             absl::string_view file, absl::string_view bytes) {
  return absl::StrCat(file, " ", bytes.size(), " ",
                      absl::BytesToHexString(digest(bytes)));
}

absl::StatusOr<AuditTail> ReadAuditTail(const std::string& folder,
                                        const std::vector<std::string>& names,
                                        const DigestFunction& digest) {
  AuditTail tail;
  std::vector<std::string> torn;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const absl::StatusOr<std::string> bytes =
        ReadEnd(absl::StrCat(folder, "/", *name));
    if (!bytes.ok()) return bytes.status();
    const size_t whole = bytes->rfind('\n') + 1;
    if (whole < bytes->size() || bytes->empty()) {
      torn.push_back(DescribeTornPart(digest, *name, bytes->substr(whole)));
    }
    if (whole == 0) continue;
    if (!FindEnd(bytes->substr(0, whole), digest, tail)) {
      tail.end.seq = FirstSeqOf(*name).value_or(1) - 1;
    }
    break;
  }
  std::reverse(torn.begin(), torn.end());
  tail.torn = absl::StrJoin(torn, ",");
  return tail;
}

}  // namespace sluice::telemetry

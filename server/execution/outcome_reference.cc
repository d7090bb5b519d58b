#include "server/execution/outcome_reference.h"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/endian.h"
#include "server/base/error.h"

namespace sluice::execution {
namespace {

// What the sealer's keys seal is told apart by its first bytes.
constexpr absl::string_view kMagic = "oref2";
constexpr size_t kMaxNameBytes = 255;

void Append32(uint32_t value, std::string& bytes) {
  char big[sizeof(value)];
  StoreBig32(value, big);
  bytes.append(big, sizeof(big));
}

void Append64(uint64_t value, std::string& bytes) {
  char big[sizeof(value)];
  StoreBig64(value, big);
  bytes.append(big, sizeof(big));
}

// A byte that counts, then so many.
void AppendName(absl::string_view name, std::string& bytes) {
  if (name.size() > kMaxNameBytes) std::abort();
  absl::StrAppend(&bytes, std::string(1, static_cast<char>(name.size())), name);
}

std::string Encode(const OutcomeReference& reference) {
  std::string bytes(kMagic);
  Append64(reference.system_identifier, bytes);
  Append32(reference.timeline, bytes);
  Append64(static_cast<uint64_t>(reference.incarnation), bytes);
  Append64(reference.xid, bytes);
  AppendName(reference.database, bytes);
  AppendName(reference.app, bytes);
  AppendName(reference.request_id, bytes);
  AppendName(reference.request_digest, bytes);
  return bytes;
}

// Reads from the front; once there is too little, everything is empty.
class Reader {
 public:
  explicit Reader(absl::string_view rest) : rest_(rest) {}

  absl::string_view Take(size_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const absl::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  uint32_t Take32() {
    const absl::string_view bytes = Take(sizeof(uint32_t));
    return bytes.empty() ? 0 : LoadBig32(bytes.data());
  }
  uint64_t Take64() {
    const absl::string_view bytes = Take(sizeof(uint64_t));
    return bytes.empty() ? 0 : LoadBig64(bytes.data());
  }
  std::string TakeName() {
    const absl::string_view count = Take(1);
    if (count.empty()) return "";
    return std::string(Take(static_cast<unsigned char>(count[0])));
  }

  // Whether there was all that was asked for, and nothing more.
  bool Done() const { return !failed_ && rest_.empty(); }

 private:
  absl::string_view rest_;
  bool failed_ = false;
};

std::optional<OutcomeReference> Decode(absl::string_view bytes) {
  Reader reader(bytes);
  if (reader.Take(kMagic.size()) != kMagic) return std::nullopt;
  OutcomeReference reference;
  reference.system_identifier = reader.Take64();
  reference.timeline = reader.Take32();
  reference.incarnation = static_cast<int64_t>(reader.Take64());
  reference.xid = reader.Take64();
  reference.database = reader.TakeName();
  reference.app = reader.TakeName();
  reference.request_id = reader.TakeName();
  reference.request_digest = reader.TakeName();
  if (!reader.Done()) return std::nullopt;
  return reference;
}

}  // namespace

std::string SealReference(const identity::Sealer& sealer,
                          const OutcomeReference& reference) {
  return sealer.Seal(Encode(reference));
}

std::string SealTransaction(const identity::Sealer& sealer,
                            const postgres::TransactionId& id,
                            const std::string& database, const std::string& app,
                            const RequestRecord* record) {
  if (id.xid == 0) return "";
  OutcomeReference reference;
  reference.system_identifier = id.cluster.system_identifier;
  reference.timeline = id.cluster.timeline;
  reference.incarnation = id.cluster.incarnation;
  reference.xid = id.xid;
  reference.database = database;
  reference.app = app;
  if (record != nullptr) {
    reference.request_id = record->id();
    reference.request_digest = record->digest();
  }
  return SealReference(sealer, reference);
}

absl::StatusOr<OutcomeReference> OpenReference(const identity::Sealer& sealer,
                                               absl::string_view text) {
  const absl::StatusOr<std::string> bytes = sealer.Open(text);
  if (!bytes.ok()) return InvalidReference();
  std::optional<OutcomeReference> reference = Decode(*bytes);
  if (!reference.has_value()) return InvalidReference();
  return *std::move(reference);
}

absl::Status InvalidReference() {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   v1::ERROR_REASON_OUTCOME_REFERENCE_INVALID,
                   "outcome_reference: is malformed, of another app or "
                   "database, or sealed with a key that this server does not "
                   "have",
                   {{"field", "outcome_reference"}, {"executed", "no"}});
}

}  // namespace sluice::execution

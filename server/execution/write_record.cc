#include "server/execution/write_record.h"

#include <algorithm>
#include <cstddef>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/base/error.h"

namespace sluice::execution {
namespace {

using policy::StatementClass;
using postgres::Access;
using telemetry::LogField;

// Different statements of one call that a record names.
constexpr size_t kMaxNamed = 64;

// Keeps the order in which they came.
void AddOnce(std::string text, std::vector<std::string>& texts) {
  if (texts.size() >= kMaxNamed ||
      std::find(texts.begin(), texts.end(), text) != texts.end()) {
    return;
  }
  texts.push_back(std::move(text));
}

struct Summary {
  int64_t count = 0;
  std::string fingerprints;
  std::string classes;
};

Summary Summarize(absl::Span<const policy::StatementFacts* const> statements,
                  Access access) {
  Summary summary;
  std::vector<std::string> fingerprints;
  std::vector<std::string> classes;
  for (const policy::StatementFacts* facts : statements) {
    if (!IsRecorded(*facts, access)) continue;
    ++summary.count;
    AddOnce(facts->fingerprint.ToString(), fingerprints);
    AddOnce(std::string(policy::StatementClassName(facts->statement_class)),
            classes);
  }
  summary.fingerprints = absl::StrJoin(fingerprints, " ");
  summary.classes = absl::StrJoin(classes, " ");
  return summary;
}

int64_t MicrosecondsSince(SteadyTime start) {
  return absl::ToInt64Microseconds(absl::FromChrono(SteadyNow() - start));
}

absl::string_view OutcomeName(v1::TransactionState state) {
  switch (state) {
    case v1::TRANSACTION_STATE_COMMITTED:
      return "committed";
    case v1::TRANSACTION_STATE_ROLLED_BACK:
      return "rolled_back";
    default:
      return "unknown";
  }
}

}  // namespace

bool IsRecorded(const policy::StatementFacts& facts, Access access) {
  if (facts.fetches_cursor) return false;
  if (facts.statement_class != StatementClass::kRead) return true;
  return access == Access::kReadWrite &&
         (facts.evidence != policy::Evidence::kParsed ||
          facts.calls_unknown_function);
}

WriteRecord::~WriteRecord() {
  End(absl::UnknownError("nobody has told"), v1::ExecutionSummary());
}

absl::Status WriteRecord::Begin(
    const WriteTarget& target, Access access,
    absl::Span<const policy::StatementFacts* const> statements,
    uint64_t transaction) {
  if (scope_.log == nullptr) return absl::OkStatus();
  const Summary summary = Summarize(statements, access);
  if (summary.count == 0) return absl::OkStatus();
  std::vector<LogField> fields = {{"app", scope_.app},
                                  {"identity", scope_.identity},
                                  {"token_id", scope_.token_id},
                                  {"peer", scope_.peer},
                                  {"method", scope_.method},
                                  {"database", target.database},
                                  {"role", target.role},
                                  {"class", summary.classes},
                                  {"fingerprint", summary.fingerprints},
                                  {"statements", summary.count}};
  if (transaction != 0) fields.push_back({"transaction_seq", transaction});
  const absl::StatusOr<uint64_t> seq =
      scope_.log->Append("write_begun", fields);
  if (!seq.ok()) return seq.status();
  has_begun_ = true;
  seq_ = *seq;
  database_ = std::string(target.database);
  started_at_ = SteadyNow();
  return absl::OkStatus();
}

void WriteRecord::End(const absl::Status& status,
                      const v1::ExecutionSummary& summary) {
  if (!has_begun_) return;
  has_begun_ = false;
  const std::string code = absl::StatusCodeToString(status.code());
  const absl::string_view reason = absl::StripPrefix(
      v1::ErrorReason_Name(ReasonOf(status)), "ERROR_REASON_");
  const std::string sqlstate = ErrorMetadataOf(status, "sqlstate");
  std::vector<LogField> fields = {{"begun_seq", seq_},
                                  {"app", scope_.app},
                                  {"database", database_},
                                  {"status", code}};
  if (!status.ok()) fields.push_back({"reason", reason});
  if (!sqlstate.empty()) fields.push_back({"sqlstate", sqlstate});
  if (status.ok()) fields.push_back({"rows", summary.rows_affected()});
  // It took place at another call with the same request id.
  if (summary.replayed()) fields.push_back({"replayed", true});
  fields.push_back({"duration_us", MicrosecondsSince(started_at_)});
  scope_.log->Note("write_ended", fields);
}

void TransactionRecord::Add(const WriteRecord& write) {
  if (!write.has_begun() || write_count_++ > 0) return;
  seq_ = write.seq();
  started_at_ = SteadyNow();
}

void TransactionRecord::End(absl::string_view database,
                            v1::TransactionState state) {
  if (write_count_ == 0) return;
  const LogField fields[] = {{"begun_seq", seq_},
                             {"app", scope_.app},
                             {"database", database},
                             {"outcome", OutcomeName(state)},
                             {"writes", write_count_},
                             {"duration_us", MicrosecondsSince(started_at_)}};
  scope_.log->Note("transaction_ended", fields);
  write_count_ = 0;
}

}  // namespace sluice::execution

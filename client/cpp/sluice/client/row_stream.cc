#include "sluice/client/row_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::client {
namespace {

absl::Status Malformed(absl::string_view what) {
  return absl::InternalError(absl::StrCat("malformed stream: ", what));
}

}  // namespace

absl::StatusOr<RowStream> RowStream::Open(
    std::unique_ptr<internal::PartSource> source) {
  v1::QueryStreamResponse part;
  if (!source->Read(part)) {
    absl::Status status = source->Finish();
    if (!status.ok()) return status;
    return Malformed("it has no header");
  }
  if (!part.has_header()) return Malformed("it does not begin with a header");
  auto column_set = std::make_shared<const ColumnSet>(
      std::move(*part.mutable_header()->mutable_metadata()));
  return RowStream(std::move(source), std::move(column_set));
}

bool RowStream::Next() {
  if (has_next_at_hand()) {
    current_->MoveTo(next_row_++);
    return true;
  }
  batch_.reset();
  if (source_ == nullptr) return false;
  absl::StatusOr<BatchOrSummary> part = ReadBatch();
  if (!part.ok()) return End(part.status());
  if (auto* const summary = std::get_if<v1::ExecutionSummary>(&*part)) {
    return End(std::move(*summary));
  }
  batch_ = std::get<std::shared_ptr<const internal::Batch>>(*std::move(part));
  current_ = Row(batch_, 0);
  next_row_ = 1;
  return true;
}

absl::StatusOr<RowStream::BatchOrSummary> RowStream::ReadBatch() {
  v1::QueryStreamResponse part;
  while (source_->Read(part)) {
    if (part.has_summary()) {
      absl::Status status = ReadEnd();
      if (!status.ok()) return status;
      return std::move(*part.mutable_summary());
    }
    if (!part.has_batch()) return Malformed("a part that is no batch");
    absl::StatusOr<std::shared_ptr<const internal::Batch>> batch =
        assembler_.Add(std::move(*part.mutable_batch()));
    if (!batch.ok()) return batch.status();
    if (*batch != nullptr) return *std::move(batch);
  }
  absl::Status status = source_->Finish();
  if (!status.ok()) return status;
  return Malformed("it ended without a summary");
}

absl::Status RowStream::ReadEnd() const {
  v1::QueryStreamResponse part;
  if (source_->Read(part)) return Malformed("a part behind the summary");
  return source_->Finish();
}

bool RowStream::End(absl::StatusOr<v1::ExecutionSummary> summary) {
  source_.reset();
  summary_ = std::move(summary);
  if (summary_.ok()) return false;
  current_ = summary_.status();
  return true;
}

}  // namespace sluice::client

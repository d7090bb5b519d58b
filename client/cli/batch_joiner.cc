// A long value is a column of its own beside the batch of its row: nothing has
// to be spliced into the batch.

#include "client/cli/batch_joiner.h"

#include <utility>

namespace sluice::cli {
namespace {

absl::Status Malformed(const char* what) {
  return absl::InternalError(std::string("malformed stream: ") + what);
}

// A column of the member that `like` has, with `value` in its only slot.
// False where `value` is not what that member's pieces make.
bool MakeLongValue(const v1::Column& like, std::string value,
                   v1::Column& column) {
  switch (like.values_case()) {
    case v1::Column::kTexts:
      column.mutable_texts()->add_values(std::move(value));
      return true;
    case v1::Column::kNumerics:
      column.mutable_numerics()->add_values(std::move(value));
      return true;
    case v1::Column::kJsons:
      column.mutable_jsons()->add_values(std::move(value));
      return true;
    case v1::Column::kOthers:
      column.mutable_others()->add_values(std::move(value));
      return true;
    case v1::Column::kBlobs:
      column.mutable_blobs()->add_values(std::move(value));
      return true;
    default:
      return column.ParseFromString(value) &&
             column.values_case() == like.values_case();
  }
}

}  // namespace

absl::StatusOr<absl::optional<ResultView>> BatchJoiner::Add(
    v1::RowBatch batch) {
  if (batch.has_fragment()) {
    absl::Status status = AddPiece(batch);
    if (!status.ok()) return status;
    return absl::optional<ResultView>();
  }
  batch_ = std::move(batch);
  long_values_.clear();
  if (batch_.row_count() == 0) return absl::optional<ResultView>();
  absl::Status status = JoinPieces();
  if (!status.ok()) return status;
  absl::StatusOr<ResultView> view =
      ResultView::Make(metadata_, batch_, long_values_);
  if (!view.ok()) return view.status();
  return absl::optional<ResultView>(*std::move(view));
}

absl::Status BatchJoiner::AddPiece(const v1::RowBatch& batch) {
  const v1::ValueFragment& fragment = batch.fragment();
  if (batch.row_count() != 0) return Malformed("a piece of a value with rows");
  if (fragment.column() >= static_cast<uint32_t>(metadata_.size())) {
    return Malformed("a piece of a value of no column");
  }
  pieces_[static_cast<int>(fragment.column())].append(fragment.data());
  return absl::OkStatus();
}

absl::Status BatchJoiner::JoinPieces() {
  for (auto& [index, value] : pieces_) {
    if (index >= batch_.columns_size() ||
        !MakeLongValue(batch_.columns(index), std::move(value),
                       long_values_[index])) {
      return Malformed("the pieces of a value do not fit its column");
    }
  }
  pieces_.clear();
  return absl::OkStatus();
}

}  // namespace sluice::cli

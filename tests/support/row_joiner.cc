#include "tests/support/row_joiner.h"

#include "tests/support/column_slots.h"

namespace sluice::testing {
namespace {

// Stubs accept 4 MiB.
constexpr size_t kMaxPartBytes = size_t{4} << 20;

// The text in the only slot of a new column of the same kind; null where long
// values of that kind travel as a Column.
std::string* AddText(v1::Column::ValuesCase kind, v1::Column& column) {
  switch (kind) {
    case v1::Column::kTexts:
      return column.mutable_texts()->add_values();
    case v1::Column::kBlobs:
      return column.mutable_blobs()->add_values();
    case v1::Column::kNumerics:
      return column.mutable_numerics()->add_values();
    case v1::Column::kJsons:
      return column.mutable_jsons()->add_values();
    case v1::Column::kOthers:
      return column.mutable_others()->add_values();
    default:
      return nullptr;
  }
}

// Whether the first slot, not NULL, says nothing.
bool HasDefault(const v1::Column& slots) {
  if (!slots.nulls().empty() && (slots.nulls()[0] & 1) != 0) return false;
  switch (slots.values_case()) {
    case v1::Column::kTexts:
      return slots.texts().values(0).empty();
    case v1::Column::kBlobs:
      return slots.blobs().values(0).empty();
    case v1::Column::kNumerics:
      return slots.numerics().values(0).empty();
    case v1::Column::kJsons:
      return slots.jsons().values(0).empty();
    case v1::Column::kOthers:
      return slots.others().values(0).empty();
    case v1::Column::kArrays:
      return slots.arrays().offsets(1) == 0;
    default:
      return true;
  }
}

}  // namespace

void RowJoiner::Breach(const std::string& fault) {
  if (fault_.empty()) fault_ = fault;
}

void RowJoiner::Add(const v1::QueryStreamResponse& part) {
  if (complete_) Breach("a part follows the summary");
  if (part.ByteSizeLong() > kMaxPartBytes) Breach("a part is beyond 4 MiB");
  if (part.has_header()) return AddHeader(part.header());
  if (!has_header_) Breach("the first part is no header");
  if (part.has_summary()) {
    complete_ = true;
    summary_ = part.summary();
    return;
  }
  if (!part.has_batch()) return Breach("an empty part");
  if (part.batch().has_fragment()) return AddFragment(part.batch());
  AddRows(part.batch());
}

void RowJoiner::AddHeader(const v1::ResultHeader& header) {
  if (has_header_) Breach("a second header");
  has_header_ = true;
  *result_.mutable_metadata() = header.metadata();
  for (int i = 0; i < header.metadata_size(); ++i) result_.add_columns();
}

void RowJoiner::AddFragment(const v1::RowBatch& batch) {
  ++fragment_count_;
  const v1::ValueFragment& fragment = batch.fragment();
  if (batch.row_count() != 0 || batch.columns_size() != 0) {
    Breach("a fragment among rows");
  }
  if (static_cast<int>(fragment.column()) >= result_.columns_size()) {
    return Breach("a fragment of no column");
  }
  if (fragment.data().empty()) Breach("an empty fragment");
  if (!values_.empty() && fragment.column() != last_column_ &&
      values_.count(fragment.column()) > 0) {
    Breach("the fragments of a value are apart");
  }
  last_column_ = fragment.column();
  values_[fragment.column()] += fragment.data();
}

void RowJoiner::AddRows(const v1::RowBatch& batch) {
  ++batch_count_;
  if (batch.row_count() == 0) return Breach("a batch of nothing");
  if (batch.columns_size() != result_.columns_size()) {
    return Breach("a batch with other columns");
  }
  for (int i = 0; i < batch.columns_size(); ++i) {
    const auto value = values_.find(static_cast<uint32_t>(i));
    if (value == values_.end()) {
      AppendRows(batch, i, 0);
    } else {
      AppendLongValue(batch.columns(i), i, value->second);
      AppendRows(batch, i, 1);
    }
  }
  values_.clear();
  result_.set_row_count(result_.row_count() + batch.row_count());
}

void RowJoiner::AppendRows(const v1::RowBatch& batch, int column, int begin) {
  const auto count = static_cast<int>(batch.row_count());
  if (begin == count) return;
  // Of the first row when that has been appended.
  const int there = static_cast<int>(result_.row_count()) + begin;
  AppendSlots(batch.columns(column), begin, count, there,
              *result_.mutable_columns(column));
}

void RowJoiner::AppendLongValue(const v1::Column& slots, int column,
                                const std::string& value) {
  if (!HasDefault(slots)) Breach("a long value that has a slot besides");
  v1::Column only;
  if (std::string* text = AddText(slots.values_case(), only)) {
    *text = value;
  } else if (!only.ParseFromString(value)) {
    return Breach("the fragments are no Column");
  }
  if (only.values_case() != slots.values_case()) {
    return Breach("the fragments are of another kind than the column");
  }
  AppendSlots(only, 0, 1, static_cast<int>(result_.row_count()),
              *result_.mutable_columns(column));
}

}  // namespace sluice::testing

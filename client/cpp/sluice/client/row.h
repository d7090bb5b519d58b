// One row of a result.

#ifndef SLUICE_CLIENT_ROW_H_
#define SLUICE_CLIENT_ROW_H_

#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "sluice/client/cell.h"
#include "sluice/client/column_set.h"
#include "sluice/client/internal/batch.h"
#include "sluice/client/nested_traits.h"
#include "sluice/client/value_traits.h"

namespace sluice::client {

// What as<T...>() gives: a tuple of T..., or T itself where it is a tuple.
template <typename... T>
struct RowTupleOf {
  using Type = std::tuple<T...>;
};
template <typename... T>
struct RowTupleOf<std::tuple<T...>> {
  using Type = std::tuple<T...>;
};
template <typename... T>
using RowTuple = typename RowTupleOf<T...>::Type;

// A row, with access by name and by index.
//
// Reading is checked, and says so in its type: a column that is not there, a
// NULL, a number that does not fit are ordinary in a program that meets a
// database's schema, and must not end it. Nothing is converted with a loss.
//
//   absl::StatusOr<int64_t> size = row.get<int64_t>("size");
//   absl::StatusOr<std::optional<absl::Time>> seen =
//       row.get<std::optional<absl::Time>>("seen");
//
// Lifetime: it keeps the rows that came with it alive, and views of texts in
// them. A copy is cheap.
// Threads: any may read.
class Row {
 public:
  // Made by Rows and RowStream. `index` is a row of the batch.
  Row(std::shared_ptr<const internal::Batch> batch, size_t index)
      : batch_(std::move(batch)), index_(index) {}

  const ColumnSet& columns() const { return batch_->column_set(); }
  // How many columns it has.
  size_t size() const { return columns().size(); }

  // The value of a column. ValueTraits says which types there are.
  //
  // Errors: NOT_FOUND where there is no such column; INVALID_ARGUMENT where
  // several have the name or the type is another; FAILED_PRECONDITION where it
  // is NULL and T no std::optional; OUT_OF_RANGE where the value does not fit.
  template <typename T>
  absl::StatusOr<T> get(absl::string_view name) const {
    const absl::StatusOr<size_t> index = columns().FindIndex(name);
    if (!index.ok()) return index.status();
    return get<T>(*index);
  }
  // By the index of the column, from 0.
  template <typename T>
  absl::StatusOr<T> get(size_t index) const {
    const absl::StatusOr<Cell> found = cell(index);
    if (!found.ok()) return found.status();
    absl::StatusOr<T> value = Decode<T>(*found);
    if (!value.ok()) return columns().Annotate(index, value.status());
    return value;
  }

  // All columns in order: row.as<std::string, int64_t>(), or
  // row.as<std::tuple<std::string, int64_t>>().
  //
  // Errors: INVALID_ARGUMENT where it has more or fewer columns; else as get.
  template <typename... T>
  absl::StatusOr<RowTuple<T...>> as() const {
    return AsTuple(static_cast<RowTuple<T...>*>(nullptr));
  }

  // A value of whatever type.
  // Errors: NOT_FOUND where there is no such column.
  absl::StatusOr<Cell> cell(size_t index) const {
    if (index >= size()) {
      return absl::NotFoundError(absl::StrCat(
          "no column ", index, ", the result has ", size(), " columns"));
    }
    return batch_->cell(index_, index);
  }

 private:
  friend class Rows;
  friend class RowStream;

  // To another row of the same batch.
  void MoveTo(size_t index) { index_ = index; }

  template <typename... T>
  absl::StatusOr<std::tuple<T...>> AsTuple(std::tuple<T...>*) const {
    absl::Status status = internal::CheckCount(size(), sizeof...(T), "columns");
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("the result ", status.message()));
    }
    return internal::DecodeTuple<T...>(
        std::index_sequence_for<T...>(),
        [this](size_t i) { return batch_->cell(index_, i); },
        [this](size_t i, const absl::Status& error) {
          return columns().Annotate(i, error);
        });
  }

  std::shared_ptr<const internal::Batch> batch_;
  size_t index_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_ROW_H_

// A whole result in memory.

#ifndef SLUICE_CLIENT_ROWS_H_
#define SLUICE_CLIENT_ROWS_H_

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sluice/client/column_set.h"
#include "sluice/client/internal/batch.h"
#include "sluice/client/row.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// The rows of a Query or an Execute, and how it ran. All of it came, else the
// call had failed; whether rows were left out at a limit, which a call must ask
// for, `summary().truncated()` says.
//
// Lifetime: a copy is cheap and shares the rows.
// Threads: any may read.
class Rows {
 public:
  class Iterator;

  // Errors: INTERNAL where the result is malformed.
  static absl::StatusOr<Rows> Make(v1::ResultSet result_set,
                                   v1::ExecutionSummary summary);

  size_t size() const { return batch_->row_count(); }
  bool empty() const { return size() == 0; }
  // `index` is less than size().
  Row operator[](size_t index) const { return {batch_, index}; }
  Iterator begin() const;
  Iterator end() const;

  // The row of a result that has one by nature: SELECT count(*).
  // Errors: FAILED_PRECONDITION where there are none or several.
  absl::StatusOr<Row> only_row() const;

  // Each row as a tuple: rows.as<std::string, int64_t>(). It is all converted
  // before any of it is used, so the loop has no errors to look at:
  //   const auto packages = rows->as<std::string, int64_t>();
  //   if (!packages.ok()) return packages.status();
  //   for (const auto& [name, size] : *packages) ...
  // Views of texts are valid as long as the Rows.
  //
  // Errors: those of Row::as, of the first row that has one.
  template <typename... T>
  absl::StatusOr<std::vector<RowTuple<T...>>> as() const {
    std::vector<RowTuple<T...>> tuples;
    tuples.reserve(size());
    for (size_t i = 0; i < size(); ++i) {
      absl::StatusOr<RowTuple<T...>> tuple = (*this)[i].as<T...>();
      if (!tuple.ok()) return tuple.status();
      tuples.push_back(*std::move(tuple));
    }
    return tuples;
  }

  // None where the statement returns no rows by nature.
  const ColumnSet& columns() const { return batch_->column_set(); }
  // Command tag, rows affected, notices, times.
  const v1::ExecutionSummary& summary() const { return *summary_; }

 private:
  Rows(std::shared_ptr<const internal::Batch> batch,
       v1::ExecutionSummary summary)
      : batch_(std::move(batch)),
        summary_(
            std::make_shared<const v1::ExecutionSummary>(std::move(summary))) {}

  std::shared_ptr<const internal::Batch> batch_;
  std::shared_ptr<const v1::ExecutionSummary> summary_;
};

class Rows::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Row;
  using difference_type = std::ptrdiff_t;
  using pointer = const Row*;
  using reference = const Row&;

  Iterator(Row row, size_t index) : row_(std::move(row)), index_(index) {}

  reference operator*() const { return row_; }
  pointer operator->() const { return &row_; }
  Iterator& operator++() {
    row_.MoveTo(++index_);
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++*this;
    return before;
  }
  // Of iterators of the same Rows.
  friend bool operator==(const Iterator& one, const Iterator& other) {
    return one.index_ == other.index_;
  }

 private:
  Row row_;
  size_t index_;
};

inline Rows::Iterator Rows::begin() const { return {(*this)[0], 0}; }
inline Rows::Iterator Rows::end() const { return {(*this)[size()], size()}; }

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_ROWS_H_

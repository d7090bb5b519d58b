// The rows of a stream as tuples.

#ifndef SLUICE_CLIENT_TYPED_ROW_STREAM_H_
#define SLUICE_CLIENT_TYPED_ROW_STREAM_H_

#include <cstddef>
#include <iterator>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/row.h"
#include "sluice/client/row_stream.h"

namespace sluice::client {

// An error, be it of the stream or of a conversion, is the last element.
//
//   for (auto& row : stream->as<std::string, int64_t>()) {
//     if (!row.ok()) return row.status();
//     auto& [name, size] = *row;
//   }
//
// Lifetime: the stream outlives it. A view of a text is valid until the next
// row is asked for.
template <typename... T>
class TypedRowStream {
 public:
  class Iterator;

  explicit TypedRowStream(RowStream& stream) : stream_(&stream) {}

  Iterator begin() { return Iterator(*stream_); }
  std::default_sentinel_t end() const { return std::default_sentinel; }

 private:
  RowStream* stream_;
};

template <typename... T>
class TypedRowStream<T...>::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = absl::StatusOr<RowTuple<T...>>;
  using difference_type = std::ptrdiff_t;
  using pointer = value_type*;
  using reference = value_type&;

  explicit Iterator(RowStream& stream)
      : stream_(&stream),
        current_(absl::FailedPreconditionError("no row was asked for")) {
    Advance();
  }

  reference operator*() const { return current_; }
  pointer operator->() const { return &current_; }
  Iterator& operator++() {
    if (current_.ok()) {
      Advance();
    } else {
      stream_ = nullptr;
    }
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const Iterator& one, std::default_sentinel_t) {
    return one.stream_ == nullptr;
  }

 private:
  void Advance() {
    if (!stream_->Next()) {
      stream_ = nullptr;
      return;
    }
    const absl::StatusOr<Row>& row = stream_->current();
    if (row.ok()) {
      current_ = row->template as<T...>();
    } else {
      current_ = row.status();
    }
  }

  // Null at the end.
  RowStream* stream_;
  // An element may be moved from.
  mutable value_type current_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TYPED_ROW_STREAM_H_

// RowPieceReader: finds the cells of a DataRow that arrives in pieces.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_ROW_PIECE_READER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_ROW_PIECE_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

class RowPieceReader {
 public:
  enum class Event {
    // The piece is used up: the next one is needed.
    kNeedsPiece,
    // The cell of column() is NULL.
    kNull,
    // A cell of cell_bytes() begins in column().
    kCellBegins,
    // bytes() are its next; at least one.
    kCellBytes,
    kCellEnds,
    kRowEnds,
    // Not a row of so many columns and bytes. Final.
    kMalformed,
  };

  // For a body of `row_bytes`.
  RowPieceReader(size_t column_count, size_t row_bytes)
      : column_count_(column_count), row_bytes_(row_bytes) {}

  // Takes the next step, with bytes off the front of `piece`.
  Event Next(absl::string_view& piece);

  size_t column() const { return column_; }
  size_t cell_bytes() const { return cell_bytes_; }
  // Lifetime: that of the piece.
  absl::string_view bytes() const { return bytes_; }

 private:
  enum class State { kCount, kLength, kCell, kCellEnd, kRowEnd };

  // Gathers a number of `size` bytes. False: more pieces are needed.
  bool ReadNumber(size_t size, absl::string_view& piece);
  Event ReadCount(absl::string_view& piece);
  Event ReadLength(absl::string_view& piece);
  Event ReadCell(absl::string_view& piece);
  Event EndCell(absl::string_view& piece);
  void StartColumn(size_t column);

  const size_t column_count_;
  // Of the row, not yet read.
  size_t row_bytes_;
  State state_ = State::kCount;
  size_t column_ = 0;
  size_t cell_bytes_ = 0;
  // Of the cell, not yet read.
  size_t cell_bytes_left_ = 0;
  absl::string_view bytes_;
  uint32_t number_ = 0;
  size_t number_bytes_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_ROW_PIECE_READER_H_

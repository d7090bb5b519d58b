#include "server/postgres/codec/row_piece_reader.h"

#include <algorithm>

namespace sluice::postgres {

RowPieceReader::Event RowPieceReader::Next(absl::string_view& piece) {
  switch (state_) {
    case State::kCount:
      return ReadCount(piece);
    case State::kLength:
      return ReadLength(piece);
    case State::kCell:
      return ReadCell(piece);
    case State::kCellEnd:
      return EndCell(piece);
    case State::kRowEnd:
      return piece.empty() && row_bytes_ == 0 ? Event::kRowEnds
                                              : Event::kMalformed;
  }
  return Event::kMalformed;
}

bool RowPieceReader::ReadNumber(size_t size, absl::string_view& piece) {
  while (number_bytes_ < size && !piece.empty()) {
    number_ = (number_ << 8) | static_cast<uint8_t>(piece.front());
    piece.remove_prefix(1);
    ++number_bytes_;
  }
  if (number_bytes_ < size) return false;
  number_bytes_ = 0;
  row_bytes_ -= size;
  return true;
}

RowPieceReader::Event RowPieceReader::ReadCount(absl::string_view& piece) {
  if (row_bytes_ < sizeof(uint16_t)) return Event::kMalformed;
  if (!ReadNumber(sizeof(uint16_t), piece)) return Event::kNeedsPiece;
  if (number_ != column_count_) return Event::kMalformed;
  StartColumn(0);
  return Next(piece);
}

RowPieceReader::Event RowPieceReader::ReadLength(absl::string_view& piece) {
  if (row_bytes_ < sizeof(uint32_t)) return Event::kMalformed;
  if (!ReadNumber(sizeof(uint32_t), piece)) return Event::kNeedsPiece;
  if (static_cast<int32_t>(number_) == -1) {
    cell_bytes_ = 0;
    state_ = State::kCellEnd;
    return Event::kNull;
  }
  // A negative length is a large number here.
  if (number_ > row_bytes_) return Event::kMalformed;
  cell_bytes_ = cell_bytes_left_ = number_;
  state_ = State::kCell;
  return Event::kCellBegins;
}

RowPieceReader::Event RowPieceReader::ReadCell(absl::string_view& piece) {
  if (cell_bytes_left_ == 0) {
    state_ = State::kCellEnd;
    return Event::kCellEnds;
  }
  if (piece.empty()) return Event::kNeedsPiece;
  bytes_ = piece.substr(0, std::min(piece.size(), cell_bytes_left_));
  piece.remove_prefix(bytes_.size());
  cell_bytes_left_ -= bytes_.size();
  row_bytes_ -= bytes_.size();
  return Event::kCellBytes;
}

RowPieceReader::Event RowPieceReader::EndCell(absl::string_view& piece) {
  StartColumn(column_ + 1);
  return Next(piece);
}

void RowPieceReader::StartColumn(size_t column) {
  column_ = column;
  number_ = 0;
  state_ = column < column_count_ ? State::kLength : State::kRowEnd;
}

}  // namespace sluice::postgres

#include "server/postgres/codec/row_piece_reader.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/postgres/codec/test_rows.h"

namespace sluice::postgres {
namespace {

using Event = RowPieceReader::Event;

// What a reader makes of a body that comes in pieces of `step` bytes: each
// cell in quotes, its announced length in front.
std::string Read(const std::string& body, size_t column_count, size_t step) {
  RowPieceReader reader(column_count, body.size());
  std::string seen;
  size_t at = 0;
  absl::string_view piece;
  for (;;) {
    switch (reader.Next(piece)) {
      case Event::kNeedsPiece:
        if (at >= body.size()) return seen + " starves";
        piece = absl::string_view(body).substr(at, step);
        at += step;
        break;
      case Event::kNull:
        absl::StrAppend(&seen, " NULL", reader.column());
        break;
      case Event::kCellBegins:
        absl::StrAppend(&seen, " ", reader.column(), ":", reader.cell_bytes(),
                        "'");
        break;
      case Event::kCellBytes:
        absl::StrAppend(&seen, reader.bytes());
        break;
      case Event::kCellEnds:
        absl::StrAppend(&seen, "'");
        break;
      case Event::kRowEnds:
        return seen + " end";
      case Event::kMalformed:
        return seen + " malformed";
    }
  }
}

TEST(RowPieceReaderTest, FindsTheSameCellsAtEveryByteBoundary) {
  const std::string body =
      MakeRowBody({"first", std::nullopt, "", "a longer one", "x"});
  for (size_t step = 1; step <= body.size(); ++step) {
    EXPECT_EQ(Read(body, 5, step),
              " 0:5'first' NULL1 2:0'' 3:12'a longer one' 4:1'x' end")
        << step;
  }
}

TEST(RowPieceReaderTest, TakesARowWithoutColumns) {
  EXPECT_EQ(Read(MakeRowBody({}), 0, 1), " end");
}

TEST(RowPieceReaderTest, RefusesEveryTruncationAndExtension) {
  const std::string body = MakeRowBody({"first", std::nullopt, "last"});
  for (size_t size = 0; size <= body.size() + 2; ++size) {
    if (size == body.size()) continue;
    std::string cut = body;
    cut.resize(size, '\0');
    for (const size_t step : {size_t{1}, size_t{100}}) {
      const std::string seen = Read(cut, 3, step);
      EXPECT_NE(seen.find("malformed"), std::string::npos)
          << size << ": " << seen;
    }
  }
}

TEST(RowPieceReaderTest, RefusesLengthsThatAreOutOfRange) {
  for (const char* hex : {"0001fffffffe", "000180000000", "00017fffffff41",
                          "0002ffffffffffffffff", "0000", "ffff"}) {
    EXPECT_EQ(Read(absl::HexStringToBytes(hex), 1, 1).find("end"),
              std::string::npos)
        << hex;
  }
}

}  // namespace
}  // namespace sluice::postgres

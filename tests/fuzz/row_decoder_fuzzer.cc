// Fuzzes the decoder of results: columns of types that the input chooses, then
// bytes as PostgreSQL might send them.
//
// The input: a byte for the number of columns, 2 bytes for the type of each, a
// byte for the mode. Raw: the rest is the body of one DataRow. Else cells, each
// 2 bytes (its length, or what to do instead) and its bytes.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/error.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/row_decoder.h"
#include "tests/fuzz/column_invariants.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_types.h"

namespace sluice::fuzz {
namespace {

using postgres::RowDecoder;
using postgres::TypeRef;
using Columns = google::protobuf::RepeatedPtrField<v1::Column>;

constexpr int kMaxColumns = 4;
constexpr int64_t kMaxExpansionBytes = 1 << 20;
constexpr uint16_t kNullCell = 0xffff;
constexpr uint16_t kDefaultCell = 0xfffe;
constexpr uint16_t kClear = 0xfffd;

void RequireAllSound(const Columns& columns, const std::vector<TypeRef>& types,
                     uint32_t row_count) {
  for (size_t i = 0; i < types.size(); ++i) {
    RequireSound(columns[static_cast<int>(i)], *types[i], row_count);
  }
}

// A decoder and its columns.
struct Decoding {
  explicit Decoding(const std::vector<TypeRef>& types)
      : decoder(types, &columns, kMaxExpansionBytes) {}

  Columns columns;
  RowDecoder decoder;
};

void DecodeRaw(const std::vector<TypeRef>& types, absl::string_view body) {
  Decoding decoding(types);
  const absl::Status status = decoding.decoder.AddRow(body);
  Require(decoding.decoder.row_count() == (status.ok() ? 1 : 0),
          "rows that were added");
  if (!status.ok()) return RequireDecoderError(status);
  RequireAllSound(decoding.columns, types, 1);
}

// Decodes the same cells one by one, and row by row: both must say the same.
class CellsRun {
 public:
  explicit CellsRun(const std::vector<TypeRef>& types)
      : types_(types), by_cell_(types) {
    by_row_ = std::make_unique<Decoding>(types);
  }

  // Whether it may go on.
  bool Step(FuzzInput& input) {
    const uint16_t control = input.TakeUint16();
    if (control == kClear) {
      Clear();
      return true;
    }
    absl::Status status;
    if (control == kNullCell) {
      by_cell_.decoder.AddNull(column_);
      cells_.emplace_back();
    } else if (control == kDefaultCell) {
      by_cell_.decoder.AddDefault(column_);
      cells_.emplace_back();
      comparable_ = false;
    } else {
      cells_.emplace_back(std::string(input.TakeBytes(control)));
      status = by_cell_.decoder.AddCell(column_, *cells_.back());
    }
    if (!status.ok()) {
      RequireDecoderError(status);
      return FailRow(status);
    }
    if (++column_ == types_.size()) EndRow();
    return true;
  }

  void Finish() {
    if (column_ == 0) {
      RequireAllSound(by_cell_.columns, types_, by_cell_.decoder.row_count());
    }
  }

 private:
  // As from a decoder that is new, whatever came before.
  void Clear() {
    by_cell_.decoder.Clear();
    Require(by_cell_.decoder.row_count() == 0, "no rows after Clear");
    Require(by_cell_.decoder.expansion_bytes() == 0, "nothing after Clear");
    RequireAllSound(by_cell_.columns, types_, 0);
    by_row_ = std::make_unique<Decoding>(types_);
    cells_.clear();
    column_ = 0;
    comparable_ = true;
  }

  void EndRow() {
    by_cell_.decoder.EndRow();
    if (comparable_) {
      const absl::Status status = by_row_->decoder.AddRow(RowBody());
      Require(status.ok(), "a row whose cells are good");
      Compare();
    }
    cells_.clear();
    column_ = 0;
  }

  bool FailRow(const absl::Status& status) {
    if (comparable_) {
      while (cells_.size() < types_.size()) cells_.emplace_back();
      const absl::Status whole = by_row_->decoder.AddRow(RowBody());
      Require(
          whole.code() == status.code() && ReasonOf(whole) == ReasonOf(status),
          "the same error of a row as of its cell");
    }
    // Columns may be uneven now; Clear mends that.
    Clear();
    return false;
  }

  std::string RowBody() const {
    std::string body;
    postgres::AppendBigEndian(static_cast<int16_t>(cells_.size()), body);
    for (const std::optional<std::string>& cell : cells_) {
      postgres::AppendBigEndian(
          cell.has_value() ? static_cast<int32_t>(cell->size()) : -1, body);
      if (cell.has_value()) body.append(*cell);
    }
    return body;
  }

  void Compare() const {
    Require(by_cell_.decoder.row_count() == by_row_->decoder.row_count(),
            "as many rows");
    Require(by_cell_.decoder.expansion_bytes() ==
                by_row_->decoder.expansion_bytes(),
            "as much expansion");
    for (int i = 0; i < by_cell_.columns.size(); ++i) {
      Require(by_cell_.columns[i].SerializeAsString() ==
                  by_row_->columns[i].SerializeAsString(),
              "the same columns");
    }
  }

  const std::vector<TypeRef>& types_;
  Decoding by_cell_;
  std::unique_ptr<Decoding> by_row_;
  // Of the row that has begun; nothing for NULL.
  std::vector<std::optional<std::string>> cells_;
  size_t column_ = 0;
  // Whether all rows so far can be told by AddRow.
  bool comparable_ = true;
};

void Decode(FuzzInput input) {
  std::vector<TypeRef> types(input.TakeByte() % kMaxColumns + 1);
  for (TypeRef& type : types) type = FuzzType(input.TakeUint16());
  if (input.TakeByte() % 2 == 0) return DecodeRaw(types, input.TakeRest());
  CellsRun run(types);
  while (!input.has_ended() && run.Step(input)) {
  }
  run.Finish();
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  sluice::fuzz::Decode(sluice::fuzz::FuzzInput(bytes, byte_count));
  return 0;
}

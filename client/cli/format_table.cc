// Lays cells out in columns as wide as their widest line.

#include "client/cli/format_table.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/display_text.h"
#include "client/cli/postgres_types.h"

namespace sluice::cli {
namespace {

enum class Alignment { kLeft, kCenter, kRight };

using Cell = std::vector<DisplayLine>;

Alignment AlignmentOf(const v1::Type& type) {
  switch (type.oid()) {
    case kInt2Oid:
    case kInt4Oid:
    case kInt8Oid:
    case kOidOid:
    case kXidOid:
    case kXid8Oid:
    case kCidOid:
    case kFloat4Oid:
    case kFloat8Oid:
    case kNumericOid:
    case kMoneyOid:
      return Alignment::kRight;
    default:
      return Alignment::kLeft;
  }
}

class TableWriter {
 public:
  explicit TableWriter(const ResultView& result) : result_(result) {
    for (size_t i = 0; i < result.columns().size(); ++i) {
      header_.push_back(MakeDisplayLines(result.name(i)));
      widths_.push_back(WidthOf(header_.back()));
    }
    for (size_t row = 0; row < result.row_count(); ++row) AddRow(row);
  }

  std::string Write() && {
    AppendHeader();
    AppendRule();
    for (const std::vector<Cell>& row : rows_) AppendRow(row);
    absl::StrAppend(&out_, "(", result_.row_count(),
                    result_.row_count() == 1 ? " row)\n\n" : " rows)\n\n");
    return std::move(out_);
  }

 private:
  static size_t WidthOf(const Cell& cell) {
    size_t width = 0;
    for (const DisplayLine& line : cell) width = std::max(width, line.width);
    return width;
  }

  static size_t HeightOf(const std::vector<Cell>& row) {
    size_t height = 0;
    for (const Cell& cell : row) height = std::max(height, cell.size());
    return height;
  }

  // A result without columns shows its header and its count alone.
  void AddRow(size_t row) {
    if (widths_.empty()) return;
    std::vector<Cell>& cells = rows_.emplace_back();
    for (size_t i = 0; i < widths_.size(); ++i) {
      cells.push_back(MakeDisplayLines(CellText(result_.columns()[i], row)));
      widths_[i] = std::max(widths_[i], WidthOf(cells.back()));
    }
  }

  void AppendHeader() {
    if (header_.empty()) return;
    for (size_t line = 0; line < HeightOf(header_); ++line) {
      for (size_t i = 0; i < header_.size(); ++i) {
        if (i > 0) out_.push_back('|');
        AppendLine(header_[i], line, i, Alignment::kCenter);
        out_.push_back(line + 1 < header_[i].size() ? '+' : ' ');
      }
      out_.push_back('\n');
    }
  }

  void AppendRule() {
    if (widths_.empty()) out_.append("--");
    for (size_t i = 0; i < widths_.size(); ++i) {
      if (i > 0) out_.push_back('+');
      out_.append(widths_[i] + 2, '-');
    }
    out_.push_back('\n');
  }

  void AppendRow(const std::vector<Cell>& row) {
    for (size_t line = 0; line < HeightOf(row); ++line) {
      for (size_t i = 0; i < row.size(); ++i) {
        if (i > 0) out_.push_back('|');
        AppendLine(row[i], line, i, AlignmentOf(result_.columns()[i].type()));
        if (line + 1 < row[i].size()) {
          out_.push_back('+');
        } else if (i + 1 < row.size()) {
          out_.push_back(' ');
        }
      }
      out_.push_back('\n');
    }
  }

  // One line of a cell behind a space. The last column's left-aligned text is
  // padded only where a "+" follows, as in psql.
  void AppendLine(const Cell& cell, size_t line, size_t column,
                  Alignment alignment) {
    static const DisplayLine kBlank;
    const DisplayLine& shown = line < cell.size() ? cell[line] : kBlank;
    const size_t padding = widths_[column] - shown.width;
    size_t before = 0;
    if (alignment == Alignment::kCenter) before = padding / 2;
    if (alignment == Alignment::kRight) before = padding;
    out_.append(1 + before, ' ');
    out_.append(shown.text);
    const bool ends_line = alignment != Alignment::kCenter &&
                           column + 1 == widths_.size() &&
                           line + 1 >= cell.size();
    if (!ends_line) out_.append(padding - before, ' ');
  }

  const ResultView& result_;
  std::vector<Cell> header_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<size_t> widths_;
  std::string out_;
};

}  // namespace

std::string FormatTable(const ResultView& result) {
  return TableWriter(result).Write();
}

}  // namespace sluice::cli

// Lays cells out in columns as wide as their widest line.

#include "client/cli/format_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/command_tag.h"
#include "client/cli/postgres_types.h"

namespace sluice::cli {

TableWriter::Alignment TableWriter::AlignmentOf(const v1::Type& type) {
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

size_t TableWriter::WidthOf(const Lines& cell) {
  size_t width = 0;
  for (const DisplayLine& line : cell) width = std::max(width, line.width);
  return width;
}

size_t TableWriter::HeightOf(const std::vector<Lines>& row) {
  size_t height = 0;
  for (const Lines& cell : row) height = std::max(height, cell.size());
  return height;
}

void TableWriter::Begin(const client::ColumnSet& columns) {
  for (const v1::ColumnMetadata& column : columns) {
    alignments_.push_back(AlignmentOf(column.type()));
    header_.push_back(MakeDisplayLines(column.name()));
    widths_.push_back(WidthOf(header_.back()));
  }
}

// Rows without columns show in the count alone.
void TableWriter::WriteRows(absl::Span<const client::Row> rows) {
  row_count_ += rows.size();
  if (widths_.empty()) return;
  for (const client::Row& row : rows) {
    std::vector<Lines> cells;
    for (size_t i = 0; i < row.size(); ++i) {
      const client::Cell cell = *row.cell(i);
      cells.push_back(MakeDisplayLines(cell.is_null() ? display_.null_text
                                                      : CellText(cell)));
    }
    if (is_measuring_) {
      HoldRow(std::move(cells));
    } else {
      AppendRow(cells);
    }
  }
  output_.Write(out_);
  out_.clear();
}

void TableWriter::HoldRow(std::vector<Lines> row) {
  for (size_t i = 0; i < row.size(); ++i) {
    widths_[i] = std::max(widths_[i], WidthOf(row[i]));
    for (const DisplayLine& line : row[i]) held_bytes_ += line.text.size();
  }
  held_rows_.push_back(std::move(row));
  if (held_rows_.size() >= kMeasuredRows || held_bytes_ >= kMeasuredBytes) {
    StopMeasuring();
  }
}

void TableWriter::StopMeasuring() {
  is_measuring_ = false;
  AppendTitle();
  AppendHeader();
  AppendRule();
  for (const std::vector<Lines>& row : held_rows_) AppendRow(row);
  held_rows_ = {};
}

void TableWriter::End(const v1::ExecutionSummary& summary) {
  const bool has_rows = !widths_.empty() || row_count_ > 0;
  if (has_rows) {
    if (is_measuring_) StopMeasuring();
    if (display_.row_count == RowCount::kShown) {
      absl::StrAppend(&out_, "(", row_count_,
                      row_count_ == 1 ? " row)\n" : " rows)\n");
    }
    absl::StrAppend(&out_, display_.footer, "\n");
  }
  absl::StrAppend(&out_,
                  TagLine(has_rows ? RowsPrinted::kYes : RowsPrinted::kNo,
                          summary.command_tag()));
  output_.Write(out_);
  out_.clear();
}

void TableWriter::AppendTitle() {
  if (display_.title.empty()) return;
  size_t width = 0;
  for (size_t column : widths_) width += column + 3;
  const size_t title_width = DisplayWidth(display_.title) + 1;
  const size_t margin = width > title_width ? (width - title_width) / 2 : 0;
  absl::StrAppend(&out_, std::string(margin, ' '), display_.title, "\n");
}

void TableWriter::AppendHeader() {
  for (size_t line = 0; line < HeightOf(header_); ++line) {
    for (size_t i = 0; i < header_.size(); ++i) {
      if (i > 0) out_.push_back('|');
      AppendLine(header_[i], line, i, Alignment::kCenter);
      out_.push_back(line + 1 < header_[i].size() ? '+' : ' ');
    }
    out_.push_back('\n');
  }
}

void TableWriter::AppendRule() {
  if (widths_.empty()) out_.append("--");
  for (size_t i = 0; i < widths_.size(); ++i) {
    if (i > 0) out_.push_back('+');
    out_.append(widths_[i] + 2, '-');
  }
  out_.push_back('\n');
}

void TableWriter::AppendRow(const std::vector<Lines>& row) {
  for (size_t line = 0; line < HeightOf(row); ++line) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out_.push_back('|');
      AppendLine(row[i], line, i, alignments_[i]);
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
void TableWriter::AppendLine(const Lines& cell, size_t line, size_t column,
                             Alignment alignment) {
  static const DisplayLine kBlank;
  const DisplayLine& shown = line < cell.size() ? cell[line] : kBlank;
  const size_t padding = std::max(widths_[column], shown.width) - shown.width;
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

}  // namespace sluice::cli

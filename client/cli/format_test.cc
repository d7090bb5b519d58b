// Results as tables, CSV and JSON. Tables and CSV are what psql 15 printed.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/format_table.h"
#include "client/cli/result_writer.h"
#include "client/cli/text_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

std::string Print(const Display& display, const std::string& text) {
  const auto rows = client::Rows::Make(ParseTextProto<v1::ResultSet>(text),
                                       v1::ExecutionSummary());
  EXPECT_TRUE(rows.ok()) << rows.status();
  TextOutput output;
  const auto writer = MakeResultWriter(display, output);
  if (rows.ok()) WriteResult(*rows, *writer);
  return output.text();
}

std::string Print(Format format, const std::string& text) {
  return Print({.format = format}, text);
}

// A text column `name` of one row.
std::string TextColumn(const std::string& name, const std::string& value) {
  return "metadata { name: '" + name + "' } columns { texts { values: '" +
         value + "' } } ";
}

TEST(FormatTableTest, AlignsNumbersRightAndTextLeft) {
  EXPECT_EQ(Print(Format::kTable, R"(
                    row_count: 2
                    metadata { name: "a" type { oid: 23 } }
                    columns { int64s { values: [1, 100000] } }
                    metadata { name: "n" type { oid: 1700 } }
                    columns { nulls: "\002"
                              numerics { values: ["-1.5", ""] } }
                    metadata { name: "name" }
                    columns { texts { values: ["x", "foo"] } })"),
            "   a    |  n   | name \n"
            "--------+------+------\n"
            "      1 | -1.5 | x\n"
            " 100000 |      | foo\n"
            "(2 rows)\n"
            "\n");
}

TEST(FormatTableTest, MarksLinesThatGoOn) {
  EXPECT_EQ(Print(Format::kTable, R"(
                    row_count: 2
                    metadata { name: "x" }
                    columns { texts { values: ["b", "c\nd"] } }
                    metadata { name: "y\nlong" }
                    columns { texts { values: ["a\nlonger", "zz"] } })"),
            " x |   y   +\n"
            "   |  long  \n"
            "---+--------\n"
            " b | a     +\n"
            "   | longer\n"
            " c+| zz\n"
            " d | \n"
            "(2 rows)\n"
            "\n");
}

TEST(FormatTableTest, CountsTheColumnsOfTheTerminal) {
  EXPECT_EQ(Print(Format::kTable, "row_count: 1 " + TextColumn("a", "ü漢👍") +
                                      TextColumn("b", "e\xCC\x81")),
            "   a   | b \n"
            "-------+---\n"
            " ü漢👍 | e\xCC\x81\n"
            "(1 row)\n"
            "\n");
}

TEST(FormatTableTest, LetsNoValueSteerTheTerminal) {
  EXPECT_EQ(
      Print(Format::kTable,
            "row_count: 1 " + TextColumn("a", "\\033[2J\\r\\tx\\302\\205")),
      "            a            \n"
      "-------------------------\n"
      " \\x1B[2J\\r       x\\u0085\n"
      "(1 row)\n"
      "\n");
}

TEST(FormatTableTest, ShowsResultsWithoutRowsOrColumns) {
  EXPECT_EQ(Print(Format::kTable, "metadata { name: 'a' } columns { }"),
            " a \n---\n(0 rows)\n\n");
  EXPECT_EQ(Print(Format::kTable, "row_count: 1"), "--\n(1 row)\n\n");
}

// A batch with the texts `prefix` 1 to `count`.
client::Rows MakeTexts(const std::string& prefix, int count) {
  auto result = ParseTextProto<v1::ResultSet>(
      "metadata { name: 't' } metadata { name: 'b' } columns { } columns { }");
  result.set_row_count(count);
  for (int i = 1; i <= count; ++i) {
    result.mutable_columns(0)->mutable_texts()->add_values(
        absl::StrCat(prefix, i));
    result.mutable_columns(1)->mutable_bools()->add_values(true);
  }
  return *client::Rows::Make(std::move(result), v1::ExecutionSummary());
}

std::vector<client::Row> AllOf(const client::Rows& rows) {
  return {rows.begin(), rows.end()};
}

TEST(FormatTableTest, KeepsTheWidthsOfItsFirstRows) {
  const int first_count = TableWriter::kMeasuredRows;
  const client::Rows first = MakeTexts("", first_count);
  const client::Rows second = MakeTexts("wider-", 1);
  TextOutput output;
  const auto writer = MakeResultWriter({}, output);
  writer->Begin(first.columns());
  writer->WriteRows(AllOf(first));
  EXPECT_THAT(output.text(), testing::EndsWith(" 10000 | t\n"));
  writer->WriteRows(AllOf(second));
  writer->End({});
  EXPECT_THAT(output.text(), testing::StartsWith("   t   | b \n-------+---\n"
                                                 " 1     | t\n"));
  EXPECT_THAT(output.text(), testing::EndsWith(" wider-1 | t\n"
                                               "(10001 rows)\n\n"));
}

TEST(FormatTableTest, ShowsNullAsTold) {
  const Display display = {.null_text = "(null)"};
  EXPECT_EQ(Print(display, R"(row_count: 1 metadata { name: "a" }
                    columns { nulls: "\001" texts { values: "" } })"),
            "   a    \n--------\n (null)\n(1 row)\n\n");
}

TEST(FormatTableTest, PutsATitleAboveAndAFooterBelow) {
  const Display display = {
      .title = "T", .row_count = RowCount::kHidden, .footer = "f\n"};
  EXPECT_EQ(Print(display, "row_count: 1 " + TextColumn("a", "abcde")),
            "   T\n   a   \n-------\n abcde\nf\n\n");
}

TEST(FormatExpandedTest, GivesEachColumnALine) {
  EXPECT_EQ(
      Print(Format::kExpanded, "row_count: 1 " + TextColumn("name", "x\\ny") +
                                   TextColumn("b", "a long enough value")),
      "-[ RECORD 1 ]-------------\n"
      "name | x+\n"
      "     | y\n"
      "b    | a long enough value\n\n");
  EXPECT_EQ(Print(Format::kExpanded, "metadata { name: 'a' } columns { }"),
            "(0 rows)\n\n");
}

TEST(FormatJsonTest, WritesAnObjectPerLine) {
  EXPECT_EQ(Print(Format::kJsonLines,
                  "row_count: 2 metadata { name: 'a' } "
                  "columns { int64s { values: [1, 2] } }"),
            "{\"a\": 1}\n{\"a\": 2}\n");
  EXPECT_EQ(Print(Format::kJsonLines, ""), "");
}

TEST(FormatCsvTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(
      Print(Format::kCsv,
            "row_count: 1 " + TextColumn("e", "") + TextColumn("c", "a,b") +
                TextColumn("d", "x\\ny") + TextColumn("f", "\\\\.") +
                TextColumn("t", "a\\tb") + TextColumn("A \"q", "say \"it\"")),
      "e,c,d,f,t,\"A \"\"q\"\n"
      ",\"a,b\",\"x\ny\",\"\\.\",a\tb,\"say \"\"it\"\"\"\n");
}

TEST(FormatCsvTest, WritesNullAsTheEmptyField) {
  EXPECT_EQ(Print(Format::kCsv, R"(row_count: 2
                                metadata { name: "a" }
                                columns { nulls: "\001"
                                          int64s { values: [0, 7] } })"),
            "a\n\n7\n");
}

TEST(FormatJsonTest, KeepsEveryDigitOfNumbers) {
  EXPECT_EQ(Print(Format::kJson, R"(
              row_count: 2
              metadata { name: "i" }
              columns { int64s { values: [9223372036854775807, -1] } }
              metadata { name: "n" }
              columns { numerics { values: ["0.10000000000000000000000000001",
                                            "NaN"] } }
              metadata { name: "f" type { oid: 701 } }
              columns { doubles { values: [1e20, inf] } })"),
            "[\n"
            "  {\"i\": 9223372036854775807, "
            "\"n\": 0.10000000000000000000000000001, \"f\": 1e+20},\n"
            "  {\"i\": -1, \"n\": \"NaN\", \"f\": \"Infinity\"}\n"
            "]\n");
}

TEST(FormatJsonTest, UsesJsonsOwnValuesWhereItHasThem) {
  EXPECT_EQ(Print(Format::kJson, R"(
              row_count: 1
              metadata { name: "b" } columns { bools { values: true } }
              metadata { name: "z" }
              columns { nulls: "\001" texts { values: "" } }
              metadata { name: "j" }
              columns { jsons { values: "{\"k\": [1, null]}" } }
              metadata { name: "d" } columns { dates { values: 0 } })"),
            "[\n  {\"b\": true, \"z\": null, \"j\": {\"k\": [1, null]}, "
            "\"d\": \"1970-01-01\"}\n]\n");
}

TEST(FormatJsonTest, NestsArraysAndComposites) {
  EXPECT_EQ(
      Print(Format::kJson, R"(
              row_count: 1
              metadata { name: "a" }
              columns { arrays {
                elements { nulls: "\002" int64s { values: [1, 0, 3, 4] } }
                offsets: [0, 4]
                dimensions: 2 lengths: [2, 2] lower_bounds: [0, 1] } }
              metadata { name: "c"
                         type { fields { name: "x" } fields { name: "y" } } }
              columns { composites {
                fields { texts { values: "t" } }
                fields { numerics { values: "1.50" } } } }
              metadata { name: "e" }
              columns { arrays { elements { } offsets: [0, 0] } })"),
      "[\n  {\"a\": [[1, null], [3, 4]], \"c\": {\"x\": \"t\", \"y\": 1.50}, "
      "\"e\": []}\n]\n");
}

TEST(FormatJsonTest, WritesRangesAsObjects) {
  EXPECT_EQ(Print(Format::kJson, R"(
              row_count: 2
              metadata { name: "r" }
              columns { ranges {
                lowers { nulls: "\002" int64s { values: [1, 0] } }
                uppers { nulls: "\002" int64s { values: [5, 0] } }
                flags: "\002\001" } }
              metadata { name: "m" }
              columns { multiranges {
                ranges {
                  lowers { nulls: "\001" int64s { values: [0, 5] } }
                  uppers { nulls: "\002" int64s { values: [2, 0] } }
                  flags: "\004\002" }
                offsets: [0, 0, 2] } })"),
            "[\n"
            "  {\"r\": {\"lower\": 1, \"upper\": 5, \"bounds\": \"[)\"}, "
            "\"m\": []},\n"
            "  {\"r\": {\"lower\": null, \"upper\": null, "
            "\"bounds\": \"empty\"}, "
            "\"m\": [{\"lower\": null, \"upper\": 2, \"bounds\": \"(]\"}, "
            "{\"lower\": 5, \"upper\": null, \"bounds\": \"[)\"}]}\n"
            "]\n");
}

TEST(FormatJsonTest, GivesEachRowItsOwnElements) {
  EXPECT_EQ(Print(Format::kJson, R"(
                    row_count: 3
                    metadata { name: "a" }
                    columns { arrays {
                      elements { int64s { values: [1, 2, 3] } }
                      offsets: [0, 2, 2, 3] } })"),
            "[\n  {\"a\": [1, 2]},\n  {\"a\": []},\n  {\"a\": [3]}\n]\n");
}

TEST(FormatJsonTest, EscapesStringsAndKeys) {
  EXPECT_EQ(Print(Format::kJson,
                  "row_count: 1 " + TextColumn("a\"", "b\\\\\\n\\001ü")),
            "[\n  {\"a\\\"\": \"b\\\\\\n\\u0001ü\"}\n]\n");
}

TEST(FormatJsonTest, IsAnArrayWithoutRowsToo) {
  EXPECT_EQ(Print(Format::kJson, ""), "[]\n");
}

TEST(FormatJsonTest, KeepsColumnsOfOneName) {
  EXPECT_EQ(Print(Format::kJson, "row_count: 1 " + TextColumn("a", "1") +
                                     TextColumn("a", "2")),
            "[\n  {\"a\": \"1\", \"a\": \"2\"}\n]\n");
}

}  // namespace
}  // namespace sluice::cli

// Values of every kind as psql shows them; the expectations are what
// PostgreSQL 15 printed.

#include "client/cli/cell_text.h"

#include <string>

#include "client/cli/text_proto.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

// The text of the one row of `column`.
std::string TextOf(const std::string& column, const std::string& type = "") {
  const auto values = ParseTextProto<v1::Column>(column);
  const auto type_proto = ParseTextProto<v1::Type>(type);
  const auto view = client::ColumnView::Make(type_proto, values, 1);
  EXPECT_TRUE(view.ok()) << view.status();
  return view.ok() ? CellText({*view, 0}) : "";
}

TEST(CellTextTest, WritesBooleansAsLetters) {
  EXPECT_EQ(TextOf("bools { values: true }"), "t");
  EXPECT_EQ(TextOf("bools { values: false }"), "f");
}

TEST(CellTextTest, WritesNullAsNothing) {
  EXPECT_EQ(TextOf(R"(nulls: "\001" int64s { values: 0 })"), "");
}

TEST(CellTextTest, WritesAFloat4WithTheDigitsOfAFloat4) {
  EXPECT_EQ(TextOf("doubles { values: 0.10000000149011612 }", "oid: 700"),
            "0.1");
  EXPECT_EQ(TextOf("doubles { values: 0.10000000149011612 }", "oid: 701"),
            "0.10000000149011612");
}

TEST(CellTextTest, TellsTimestampFromTimestamptz) {
  EXPECT_EQ(TextOf("timestamps { values: 500000 }", "oid: 1114"),
            "1970-01-01 00:00:00.5");
  EXPECT_EQ(TextOf("timestamps { values: 500000 }", "oid: 1184"),
            "1970-01-01 00:00:00.5+00");
}

TEST(CellTextTest, WritesBytesAsHexAndUuidsWithDashes) {
  EXPECT_EQ(TextOf(R"(blobs { values: "\000\377a" })"), "\\x00ff61");
  EXPECT_EQ(TextOf(R"(uuids { values: "\000\021\042\063\104\125\146\167\210)"
                   R"(\231\252\273\314\335\356\377" })"),
            "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(CellTextTest, KeepsNumericJsonAndOtherTypesVerbatim) {
  EXPECT_EQ(TextOf(R"(numerics { values: "-12.500" })"), "-12.500");
  EXPECT_EQ(TextOf(R"(jsons { values: "{\"a\":  1}" })"), "{\"a\":  1}");
  EXPECT_EQ(TextOf(R"(others { values: "$1,000.00" })"), "$1,000.00");
}

TEST(CellTextTest, QuotesArrayElementsThatWouldReadOtherwise) {
  EXPECT_EQ(TextOf(R"(arrays {
                        elements {
                          nulls: "\001\000"
                          texts {
                            values: "" values: "" values: "NuLL" values: "nul"
                            values: "a b" values: "a,b" values: "a\"b"
                            values: "a\\b" values: "{" values: "a\tb"
                          }
                        }
                        offsets: 0 offsets: 10
                      })"),
            R"({NULL,"","NuLL",nul,"a b","a,b","a\"b","a\\b","{","a)"
            "\t"
            R"(b"})");
}

TEST(CellTextTest, NestsTheDimensionsOfAnArray) {
  const std::string elements =
      "elements { int64s { values: [1, 2, 3, 4] } } offsets: [0, 4] ";
  EXPECT_EQ(TextOf("arrays {" + elements +
                   "dimensions: 2 lengths: [2, 2] lower_bounds: [1, 1] }"),
            "{{1,2},{3,4}}");
  EXPECT_EQ(TextOf("arrays {" + elements +
                   "dimensions: 2 lengths: [1, 4] lower_bounds: [1, -1] }"),
            "[1:1][-1:2]={{1,2,3,4}}");
  EXPECT_EQ(TextOf("arrays { elements { int64s { } } offsets: [0, 0] }"), "{}");
}

TEST(CellTextTest, SeparatesBoxesBySemicolons) {
  EXPECT_EQ(TextOf(R"(arrays {
                        elements {
                          others { values: ['(1,1),(0,0)', '(2,2),(1,1)'] }
                        }
                        offsets: [0, 2]
                      })",
                   "element { oid: 603 }"),
            "{(1,1),(0,0);(2,2),(1,1)}");
}

TEST(CellTextTest, WritesTheElementsOfVectorsAlone) {
  const std::string vector =
      "arrays { elements { int64s { values: [3, 1, 2] } } offsets: [0, 3] "
      "dimensions: 1 lengths: 3 lower_bounds: 0 }";
  EXPECT_EQ(TextOf(vector, "oid: 22"), "3 1 2");
  EXPECT_EQ(TextOf(vector, "oid: 30"), "3 1 2");
  EXPECT_EQ(
      TextOf("arrays { elements { int64s { } } offsets: [0, 0] }", "oid: 30"),
      "");
}

TEST(CellTextTest, WritesCompositesAsRowLiterals) {
  EXPECT_EQ(TextOf(R"(composites {
                  fields { int64s { values: 1 } }
                  fields { texts { values: "a b" } }
                  fields { nulls: "\001" texts { values: "" } }
                  fields { texts { values: "" } }
                  fields { texts { values: "a\"b\\" } }
                  fields {
                    arrays { elements { int64s { values: [1, 2] } }
                             offsets: [0, 2] }
                  }
                })",
                   "fields { } fields { } fields { } fields { } fields { } "
                   "fields { }"),
            R"((1,"a b",,"","a""b\\","{1,2}"))");
}

TEST(CellTextTest, NestsCompositesWithTheQuotesOfEachLevel) {
  EXPECT_EQ(TextOf(R"(composites {
                  fields { int64s { values: 1 } }
                  fields {
                    composites { fields { texts { values: "a b" } }
                                 fields { nulls: "\001" dates { values: 0 } } }
                  }
                })",
                   "fields { } fields { type { fields { } fields { } } }"),
            R"x((1,"(""a b"",)"))x");
}

// A range column of one row.
std::string Range(const std::string& lowers, const std::string& uppers,
                  const std::string& flags) {
  return "ranges { lowers { " + lowers + " } uppers { " + uppers +
         " } flags: '" + flags + "' }";
}

TEST(CellTextTest, WritesRangesWithTheirBounds) {
  const std::string one = "int64s { values: 1 }";
  const std::string five = "int64s { values: 5 }";
  const std::string none = R"(nulls: "\001" int64s { values: 0 })";
  EXPECT_EQ(TextOf(Range(one, five, "\\002")), "[1,5)");
  EXPECT_EQ(TextOf(Range(one, five, "\\004")), "(1,5]");
  EXPECT_EQ(TextOf(Range(one, one, "\\006")), "[1,1]");
  EXPECT_EQ(TextOf(Range(one, none, "\\002")), "[1,)");
  EXPECT_EQ(TextOf(Range(none, none, "\\000")), "(,)");
  EXPECT_EQ(TextOf(Range(none, none, "\\001")), "empty");
}

TEST(CellTextTest, WritesBoundsByTheirTypeAndQuotesThem) {
  EXPECT_EQ(
      TextOf(Range("timestamps { values: 0 }", "dates { values: 1 }", "\\002"),
             "element { oid: 1184 }"),
      R"(["1970-01-01 00:00:00+00",1970-01-02))");
  EXPECT_EQ(TextOf(Range("texts { values: '' }",
                         R"(texts { values: "a\"]\\" })", "\\002")),
            R"(["","a""]\\"))");
}

TEST(CellTextTest, WritesMultirangesInBraces) {
  EXPECT_EQ(TextOf(R"(multiranges {
                        ranges { lowers { int64s { values: [1, 5] } }
                                 uppers { int64s { values: [2, 9] } }
                                 flags: "\002\002" }
                        offsets: [0, 2] })"),
            "{[1,2),[5,9)}");
  EXPECT_EQ(TextOf("multiranges { ranges { } offsets: [0, 0] }"), "{}");
}

}  // namespace
}  // namespace sluice::cli

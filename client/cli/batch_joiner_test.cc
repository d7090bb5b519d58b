// Long values come in pieces before their row.

#include "client/cli/batch_joiner.h"

#include <string>
#include <vector>

#include "client/cli/text_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

BatchJoiner MakeJoiner() {
  return BatchJoiner(ParseTextProto<v1::ResultHeader>(
                         "metadata { name: 'n' } metadata { name: 't' } "
                         "metadata { name: 'a' }")
                         .metadata());
}

v1::RowBatch Piece(int column, const std::string& data) {
  v1::RowBatch batch;
  batch.mutable_fragment()->set_column(column);
  batch.mutable_fragment()->set_data(data);
  return batch;
}

v1::RowBatch Rows(const std::string& texts, const std::string& arrays) {
  return ParseTextProto<v1::RowBatch>(
      "row_count: 2 columns { int64s { values: [1, 2] } } columns { texts {" +
      texts + "} } columns {" + arrays + "}");
}

constexpr char kTexts[] = "values: ['', 'b']";
constexpr char kArrays[] =
    "arrays { elements { int64s { values: 5 } } offsets: [0, 0, 1] }";

// The texts of the rows of `batch`, cell by cell.
std::vector<std::string> Add(BatchJoiner& joiner, v1::RowBatch batch) {
  std::vector<std::string> cells;
  const auto view = joiner.Add(std::move(batch));
  EXPECT_TRUE(view.ok()) << view.status();
  if (!view.ok() || !view->has_value()) return cells;
  for (size_t row = 0; row < (*view)->row_count(); ++row) {
    for (size_t i = 0; i < (*view)->column_count(); ++i) {
      cells.push_back((*view)->cell(row, i).text());
    }
  }
  return cells;
}

TEST(BatchJoinerTest, PutsPiecesIntoTheFirstRowOfTheNextRows) {
  BatchJoiner joiner = MakeJoiner();
  v1::Column array = ParseTextProto<v1::Column>(
      "arrays { elements { int64s { values: [7, 8] } } offsets: [0, 2] }");
  const std::string bytes = array.SerializeAsString();
  EXPECT_THAT(Add(joiner, Piece(1, "a\xC3")), IsEmpty());
  EXPECT_THAT(Add(joiner, Piece(1, "\xBC")), IsEmpty());
  EXPECT_THAT(Add(joiner, Piece(2, bytes.substr(0, 3))), IsEmpty());
  EXPECT_THAT(Add(joiner, Piece(2, bytes.substr(3))), IsEmpty());
  EXPECT_THAT(Add(joiner, Rows(kTexts, kArrays)),
              ElementsAre("1", "aü", "{7,8}", "2", "b", "{5}"));
  EXPECT_THAT(Add(joiner, Rows(kTexts, kArrays)),
              ElementsAre("1", "", "{}", "2", "b", "{5}"));
}

TEST(BatchJoinerTest, RefusesPiecesThatFitNoColumn) {
  BatchJoiner joiner = MakeJoiner();
  EXPECT_FALSE(joiner.Add(Piece(3, "x")).ok());
  v1::RowBatch with_rows = Rows(kTexts, kArrays);
  *with_rows.mutable_fragment() = Piece(1, "x").fragment();
  EXPECT_FALSE(joiner.Add(with_rows).ok());
  ASSERT_TRUE(joiner.Add(Piece(2, "no column")).ok());
  EXPECT_FALSE(joiner.Add(Rows(kTexts, kArrays)).ok());
}

TEST(BatchJoinerTest, RefusesAPieceOfAnotherMember) {
  BatchJoiner joiner = MakeJoiner();
  v1::Column other = ParseTextProto<v1::Column>("bools { values: true }");
  ASSERT_TRUE(joiner.Add(Piece(2, other.SerializeAsString())).ok());
  EXPECT_FALSE(joiner.Add(Rows(kTexts, kArrays)).ok());
}

TEST(BatchJoinerTest, RefusesRowsThatContradictTheHeader) {
  BatchJoiner joiner = MakeJoiner();
  EXPECT_FALSE(joiner.Add(ParseTextProto<v1::RowBatch>("row_count: 1")).ok());
}

}  // namespace
}  // namespace sluice::cli

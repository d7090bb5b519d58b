#include "sluice/client/internal/batch_assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/client/row.h"
#include "sluice/client/test_result.h"

namespace sluice::client::internal {
namespace {

using ::testing::HasSubstr;

BatchAssembler MakeAssembler(const std::string& metadata) {
  return BatchAssembler(std::make_shared<const ColumnSet>(
      *ParseText<v1::ResultHeader>(metadata).mutable_metadata()));
}

v1::RowBatch Fragment(int column, const std::string& data) {
  v1::RowBatch batch;
  batch.mutable_fragment()->set_column(column);
  batch.mutable_fragment()->set_data(data);
  return batch;
}

// The batch that a message which has rows becomes.
std::shared_ptr<const Batch> AddRows(BatchAssembler& assembler,
                                     const std::string& message) {
  auto batch = assembler.Add(ParseText<v1::RowBatch>(message));
  EXPECT_TRUE(batch.ok()) << batch.status();
  EXPECT_NE(*batch, nullptr);
  return *batch;
}

void AddFragment(BatchAssembler& assembler, int column,
                 const std::string& data) {
  const auto batch = assembler.Add(Fragment(column, data));
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(*batch, nullptr);
}

TEST(BatchAssemblerTest, JoinsTheFragmentsOfLongValues) {
  BatchAssembler assembler =
      MakeAssembler("metadata { name: 'a' } metadata { name: 'b' }");
  AddFragment(assembler, 0, "long ");
  AddFragment(assembler, 0, "text");
  AddFragment(assembler, 1, "\xff");
  AddFragment(assembler, 1, "\xfe");
  const auto batch = AddRows(assembler,
                             "columns { texts { values: ['', 'short'] } }"
                             "columns { blobs { values: ['', 's'] } }"
                             "row_count: 2");
  EXPECT_EQ(*Row(batch, 0).get<std::string>("a"), "long text");
  EXPECT_EQ(Row(batch, 0).get<Bytes>("b")->data, "\xff\xfe");
  EXPECT_EQ(*Row(batch, 1).get<std::string>("a"), "short");
  // They are of this row alone.
  const auto next = AddRows(assembler,
                            "columns { texts { values: 'x' } }"
                            "columns { blobs { values: 'y' } } row_count: 1");
  EXPECT_EQ(*Row(next, 0).get<std::string>("a"), "x");
}

TEST(BatchAssemblerTest, JoinsNestedValuesFromTheirColumns) {
  BatchAssembler assembler =
      MakeAssembler("metadata { name: 'a' type { element { name: 'int8' } } }");
  const std::string value = ParseText<v1::Column>(
                                "arrays { elements { int64s { values: [1, 2, "
                                "3] } } offsets: [0, 3] }")
                                .SerializeAsString();
  AddFragment(assembler, 0, value.substr(0, 3));
  AddFragment(assembler, 0, value.substr(3));
  const auto batch =
      AddRows(assembler,
              "columns { arrays { elements { int64s { values: 9 } }"
              "                   offsets: [0, 0, 1] } } row_count: 2");
  EXPECT_EQ(*Row(batch, 0).get<std::vector<int64_t>>(0),
            (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(*Row(batch, 1).get<std::vector<int64_t>>(0),
            (std::vector<int64_t>{9}));
}

TEST(BatchAssemblerTest, RefusesFragmentsOfNoValue) {
  BatchAssembler assembler = MakeAssembler("metadata { name: 'a' }");
  EXPECT_TRUE(absl::IsInternal(assembler.Add(Fragment(1, "x")).status()));
  AddFragment(assembler, 0, "x");
  EXPECT_THAT(assembler
                  .Add(ParseText<v1::RowBatch>(
                      "columns { nulls: '\\001' texts { values: '' } }"
                      "row_count: 1"))
                  .status()
                  .message(),
              HasSubstr("fragment of a NULL"));
  for (const char* value : {"no column", ""}) {
    AddFragment(assembler, 0, value);
    EXPECT_THAT(assembler
                    .Add(ParseText<v1::RowBatch>(
                        "columns { int64s { values: 0 } } row_count: 1"))
                    .status()
                    .message(),
                HasSubstr("no column of its kind"));
  }
}

TEST(BatchAssemblerTest, PassesOverMessagesWithoutRows) {
  BatchAssembler assembler = MakeAssembler("metadata { name: 'a' }");
  const auto batch = assembler.Add(v1::RowBatch());
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(*batch, nullptr);
}

}  // namespace
}  // namespace sluice::client::internal

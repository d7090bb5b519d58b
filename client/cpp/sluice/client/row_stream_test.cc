#include "sluice/client/row_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "sluice/client/test_result.h"
#include "sluice/client/typed_row_stream.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHeader[] = "header { metadata { name: 'n' } }";
constexpr char kOneTwo[] =
    "batch { columns { int64s { values: [1, 2] } } row_count: 2 }";
constexpr char kThree[] =
    "batch { columns { int64s { values: 3 } } row_count: 1 }";
constexpr char kSummary[] = "summary { rows_affected: 3 }";

// Parts that were written down beforehand.
class WrittenParts : public internal::PartSource {
 public:
  WrittenParts(std::vector<std::string> parts, absl::Status end,
               int* open_count)
      : parts_(std::move(parts)),
        end_(std::move(end)),
        open_count_(open_count) {
    if (open_count_ != nullptr) ++*open_count_;
  }
  ~WrittenParts() override {
    if (open_count_ != nullptr) --*open_count_;
  }

  bool Read(v1::QueryStreamResponse& part) override {
    if (next_ == parts_.size()) return false;
    part = ParseText<v1::QueryStreamResponse>(parts_[next_++]);
    return true;
  }
  absl::Status Finish() override { return end_; }

 private:
  const std::vector<std::string> parts_;
  const absl::Status end_;
  int* const open_count_;
  size_t next_ = 0;
};

absl::StatusOr<RowStream> OpenStream(std::vector<std::string> parts,
                                     absl::Status end = absl::OkStatus(),
                                     int* open_count = nullptr) {
  return RowStream::Open(std::make_unique<WrittenParts>(
      std::move(parts), std::move(end), open_count));
}

struct Read {
  std::vector<int64_t> values;
  absl::Status error;
};

Read ReadAll(RowStream& stream) {
  Read read;
  for (const absl::StatusOr<Row>& row : stream) {
    EXPECT_TRUE(read.error.ok()) << "an element behind an error";
    if (row.ok()) {
      read.values.push_back(*row->get<int64_t>("n"));
    } else {
      read.error = row.status();
    }
  }
  return read;
}

TEST(RowStreamTest, GivesAllRowsAndThenTheSummary) {
  absl::StatusOr<RowStream> stream =
      OpenStream({kHeader, kOneTwo, "batch { }", kThree, kSummary});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ(stream->columns()[0].name(), "n");
  EXPECT_TRUE(absl::IsFailedPrecondition(stream->summary().status()));
  const Read read = ReadAll(*stream);
  EXPECT_TRUE(read.error.ok()) << read.error;
  EXPECT_THAT(read.values, ElementsAre(1, 2, 3));
  ASSERT_TRUE(stream->summary().ok()) << stream->summary().status();
  EXPECT_EQ(stream->summary()->rows_affected(), 3);
  EXPECT_FALSE(stream->Next());
}

TEST(RowStreamTest, TellsWhichRowsAreAtHand) {
  absl::StatusOr<RowStream> stream =
      OpenStream({kHeader, kOneTwo, kThree, kSummary});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_FALSE(stream->has_next_at_hand());
  std::vector<bool> at_hand;
  while (stream->Next()) at_hand.push_back(stream->has_next_at_hand());
  EXPECT_THAT(at_hand, ElementsAre(true, false, false));
}

TEST(RowStreamTest, EndsAtOnceWhereThereAreNoRows) {
  absl::StatusOr<RowStream> stream = OpenStream({kHeader, kSummary});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_THAT(ReadAll(*stream).values, ElementsAre());
  EXPECT_TRUE(stream->summary().ok()) << stream->summary().status();
}

TEST(RowStreamTest, GivesAnErrorAsItsLastElement) {
  absl::StatusOr<RowStream> stream =
      OpenStream({kHeader, kOneTwo}, absl::ResourceExhaustedError("too long"));
  ASSERT_TRUE(stream.ok()) << stream.status();
  const Read read = ReadAll(*stream);
  EXPECT_THAT(read.values, ElementsAre(1, 2));
  EXPECT_EQ(read.error, absl::ResourceExhaustedError("too long"));
  EXPECT_EQ(stream->summary().status(), read.error);
  EXPECT_FALSE(stream->Next());
}

TEST(RowStreamTest, TakesAnEndWithoutASummaryForAnError) {
  absl::StatusOr<RowStream> stream = OpenStream({kHeader, kOneTwo});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_TRUE(absl::IsInternal(ReadAll(*stream).error));
}

TEST(RowStreamTest, TellsAnErrorBehindTheSummary) {
  absl::StatusOr<RowStream> stream =
      OpenStream({kHeader, kSummary}, absl::UnavailableError("lost"));
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ(ReadAll(*stream).error, absl::UnavailableError("lost"));
}

TEST(RowStreamTest, RefusesPartsOutOfOrder) {
  EXPECT_TRUE(absl::IsInternal(OpenStream({}).status()));
  EXPECT_TRUE(absl::IsInternal(OpenStream({kOneTwo}).status()));
  for (const std::vector<std::string>& parts :
       std::vector<std::vector<std::string>>{
           {kHeader, kHeader},
           {kHeader, ""},
           {kHeader, kSummary, kOneTwo},
           {kHeader, "batch { columns { int64s { } } row_count: 2 }"}}) {
    absl::StatusOr<RowStream> stream = OpenStream(parts);
    ASSERT_TRUE(stream.ok()) << stream.status();
    EXPECT_TRUE(absl::IsInternal(ReadAll(*stream).error));
  }
}

TEST(RowStreamTest, FailsToOpenWithTheErrorOfTheCall) {
  EXPECT_EQ(OpenStream({}, absl::NotFoundError("no such")).status(),
            absl::NotFoundError("no such"));
}

TEST(RowStreamTest, LetsGoOfItsCallAtTheEndAndWhenItIsDropped) {
  int open_count = 0;
  {
    absl::StatusOr<RowStream> stream =
        OpenStream({kHeader, kOneTwo, kSummary}, absl::OkStatus(), &open_count);
    ASSERT_TRUE(stream.ok()) << stream.status();
    EXPECT_TRUE(stream->Next());
    EXPECT_EQ(open_count, 1);
  }
  EXPECT_EQ(open_count, 0);
  absl::StatusOr<RowStream> stream =
      OpenStream({kHeader, kOneTwo, kSummary}, absl::OkStatus(), &open_count);
  ASSERT_TRUE(stream.ok()) << stream.status();
  ReadAll(*stream);
  EXPECT_EQ(open_count, 0);
}

TEST(RowStreamTest, LeavesRowsThatWereTakenFromItAlive) {
  absl::StatusOr<Row> first = absl::UnknownError("");
  {
    absl::StatusOr<RowStream> stream =
        OpenStream({kHeader, kOneTwo, kThree, kSummary});
    ASSERT_TRUE(stream.ok()) << stream.status();
    ASSERT_TRUE(stream->Next());
    first = stream->current();
    while (stream->Next()) {
    }
  }
  EXPECT_EQ(*first->get<int64_t>("n"), 1);
}

TEST(TypedRowStreamTest, GivesTuples) {
  absl::StatusOr<RowStream> stream =
      OpenStream({kHeader, kOneTwo, kThree, kSummary});
  ASSERT_TRUE(stream.ok()) << stream.status();
  int64_t sum = 0;
  for (auto& row : stream->as<int64_t>()) {
    ASSERT_TRUE(row.ok()) << row.status();
    auto& [number] = *row;
    sum += number;
  }
  EXPECT_EQ(sum, 6);
  EXPECT_TRUE(stream->summary().ok());
}

TEST(TypedRowStreamTest, EndsWithTheFirstErrorOfWhateverKind) {
  absl::StatusOr<RowStream> stream =
      OpenStream({kHeader, kOneTwo}, absl::UnavailableError("lost"));
  ASSERT_TRUE(stream.ok()) << stream.status();
  std::vector<absl::Status> seen;
  for (const auto& row : stream->as<int64_t>()) seen.push_back(row.status());
  EXPECT_THAT(seen, ElementsAre(absl::OkStatus(), absl::OkStatus(),
                                absl::UnavailableError("lost")));
  stream = OpenStream({kHeader, kOneTwo, kSummary});
  ASSERT_TRUE(stream.ok()) << stream.status();
  seen.clear();
  for (const auto& row : stream->as<bool>()) seen.push_back(row.status());
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_THAT(seen[0].message(), HasSubstr("read as a boolean"));
}

}  // namespace
}  // namespace sluice::client

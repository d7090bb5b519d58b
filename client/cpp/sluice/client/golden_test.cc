// The library reads the golden results of client/tests/golden as every other
// reader does.

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sluice/client/nested_traits.h"
#include "sluice/client/row_stream.h"
#include "sluice/client/rows.h"

namespace sluice::client {
namespace {

using Tree = nlohmann::json;
using v1::Column;

constexpr uint32_t kTimestamptzOid = 1184;

Tree LoadGolden(const std::string& name) {
  std::ifstream file(absl::StrCat(SLUICE_GOLDEN_FOLDER, "/", name));
  EXPECT_TRUE(file.is_open()) << name;
  return Tree::parse(file);
}

template <typename Message>
Message ParseMessage(const Tree& json) {
  Message message;
  const auto status =
      google::protobuf::util::JsonStringToMessage(json.dump(), &message);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return message;
}

template <typename T>
T Read(const Cell& cell) {
  absl::StatusOr<T> value = Decode<T>(cell);
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *std::move(value) : T();
}

// A year before 1 is one BC, as PostgreSQL writes it.
std::string WithEra(absl::CivilSecond time, const std::string& rest) {
  const bool is_bc = time.year() < 1;
  return absl::StrFormat("%04d-%02d-%02d%s%s",
                         is_bc ? 1 - time.year() : time.year(), time.month(),
                         time.day(), rest, is_bc ? " BC" : "");
}

std::string TimeText(absl::Time time, const std::string& zone) {
  if (time == absl::InfiniteFuture()) return "infinity";
  if (time == absl::InfinitePast()) return "-infinity";
  return WithEra(
      absl::ToCivilSecond(time, absl::UTCTimeZone()),
      absl::FormatTime("T%H:%M:%E*S", time, absl::UTCTimeZone()) + zone);
}

std::string DayText(absl::CivilDay day) {
  if (day == (absl::CivilDay::max)()) return "infinity";
  if (day == (absl::CivilDay::min)()) return "-infinity";
  return WithEra(absl::CivilSecond(day), "");
}

std::string TimeOfDayText(absl::Duration time) {
  if (time == absl::Hours(24)) return "24:00:00";
  return absl::FormatTime("%H:%M:%E*S", absl::UnixEpoch() + time,
                          absl::UTCTimeZone());
}

Tree GoldenOf(const Cell& cell);

Tree ArrayOf(const ArrayCell& array, size_t dimension, size_t& next) {
  Tree list = Tree::array();
  const bool is_innermost = dimension + 1 >= array.dimension_count();
  const int32_t length =
      array.dimension_count() == 0 ? 0 : array.dimension(dimension).length;
  for (int32_t i = 0; i < length; ++i) {
    list.push_back(is_innermost ? GoldenOf(array.element(next++))
                                : ArrayOf(array, dimension + 1, next));
  }
  return list;
}

Tree NestedOf(const Cell& cell) {
  if (cell.kind() == Column::kComposites) {
    const CompositeCell composite = *cell.AsComposite();
    Tree object = Tree::object();
    for (size_t i = 0; i < composite.size(); ++i) {
      object[cell.type().fields(static_cast<int>(i)).name()] =
          GoldenOf(composite.field(i));
    }
    return object;
  }
  if (cell.kind() == Column::kRanges) {
    const RangeCell range = *cell.AsRange();
    return {{"empty", range.empty},
            {"lower", GoldenOf(range.lower)},
            {"upper", GoldenOf(range.upper)},
            {"lower_inclusive", range.lower_inclusive},
            {"upper_inclusive", range.upper_inclusive}};
  }
  size_t next = 0;
  return ArrayOf(*cell.AsArray(), 0, next);
}

// What the golden results say of a value; a double in hexadecimal.
Tree GoldenOf(const Cell& cell) {
  if (cell.is_null()) return nullptr;
  switch (cell.kind()) {
    case Column::kBools:
      return Read<bool>(cell);
    case Column::kInt64S:
      return absl::StrCat(Read<int64_t>(cell));
    case Column::kDoubles:
      return absl::StrFormat("%a", Read<double>(cell));
    case Column::kBlobs:
      return "\\x" + absl::BytesToHexString(Read<Bytes>(cell).data);
    case Column::kNumerics:
      return Read<Numeric>(cell).text;
    case Column::kTimestamps:
      return TimeText(Read<absl::Time>(cell),
                      cell.type().oid() == kTimestamptzOid ? "+00:00" : "");
    case Column::kDates:
      return DayText(Read<absl::CivilDay>(cell));
    case Column::kTimes:
      return TimeOfDayText(Read<TimeOfDay>(cell).since_midnight);
    case Column::kIntervals: {
      const auto interval = Read<Interval>(cell);
      return {{"months", absl::StrCat(interval.months)},
              {"days", absl::StrCat(interval.days)},
              {"microseconds", absl::StrCat(interval.microseconds)}};
    }
    case Column::kUuids:
      return Read<Uuid>(cell).ToString();
    case Column::kTexts:
    case Column::kJsons:
    case Column::kOthers:
      return Read<std::string>(cell);
    default:
      return NestedOf(cell);
  }
}

// A golden value with its doubles in hexadecimal.
Tree Expected(const v1::Type& type, const Tree& golden) {
  if (!golden.is_string() ||
      (type.name() != "real" && type.name() != "double precision")) {
    return golden;
  }
  return absl::StrFormat(
      "%a", std::strtod(golden.get<std::string>().c_str(), nullptr));
}

void ExpectRow(const Row& row, const Tree& golden) {
  ASSERT_EQ(row.size(), golden.size());
  for (size_t i = 0; i < row.size(); ++i) {
    EXPECT_EQ(GoldenOf(*row.cell(i)),
              Expected(row.columns()[i].type(), golden[i]))
        << "column " << i;
  }
}

TEST(GoldenTest, ResultsAreReadAsPostgresMeansThem) {
  const Tree cases = LoadGolden("results.json");
  ASSERT_GT(cases.size(), 40u);
  for (const Tree& golden : cases) {
    SCOPED_TRACE(golden["name"]);
    const absl::StatusOr<Rows> rows =
        Rows::Make(ParseMessage<v1::ResultSet>(golden["result_set"]),
                   v1::ExecutionSummary());
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->size(), golden["rows"].size());
    for (size_t i = 0; i < rows->size(); ++i) {
      ExpectRow((*rows)[i], golden["rows"][i]);
    }
  }
}

class GoldenParts : public internal::PartSource {
 public:
  explicit GoldenParts(const Tree& responses) : responses_(responses) {}

  bool Read(v1::QueryStreamResponse& part) override {
    if (next_ == responses_.size()) return false;
    part = ParseMessage<v1::QueryStreamResponse>(responses_[next_++]);
    return true;
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  const Tree& responses_;
  size_t next_ = 0;
};

TEST(GoldenTest, StreamsAreReadAsTheyWereMeant) {
  const Tree cases = LoadGolden("streams.json");
  ASSERT_GT(cases.size(), 10u);
  for (const Tree& golden : cases) {
    SCOPED_TRACE(golden["name"]);
    absl::StatusOr<RowStream> stream =
        RowStream::Open(std::make_unique<GoldenParts>(golden["responses"]));
    ASSERT_TRUE(stream.ok()) << stream.status();
    size_t row_count = 0;
    absl::Status error;
    for (const absl::StatusOr<Row>& row : *stream) {
      error = row.status();
      if (!row.ok()) continue;
      ASSERT_LT(row_count, golden["rows"].size());
      ExpectRow(*row, golden["rows"][row_count++]);
    }
    EXPECT_EQ(row_count, golden["rows"].size());
    EXPECT_EQ(error.ok(), golden["complete"].get<bool>()) << error;
    EXPECT_EQ(stream->summary().ok(), error.ok());
  }
}

}  // namespace
}  // namespace sluice::client

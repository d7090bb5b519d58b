#include "server/topology/probe_query.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace sluice::topology {
namespace {

using postgres::TextRow;

TextRow PrimaryRow() {
  return {"primary",   "7000000000000000001",
          "x0000001F", "50331744",
          "2",         "t",
          "97",        "3",
          "t"};
}

TEST(ProbeQueryTest, APrimaryTellsItsTimelineInHexadecimal) {
  const absl::StatusOr<ParsedAnswer> parsed = ParseProbeAnswer({PrimaryRow()});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->fault, "");
  const NodeAnswer& answer = parsed->answer;
  EXPECT_EQ(answer.role, NodeRole::kPrimary);
  EXPECT_EQ(answer.system_identifier, 7000000000000000001U);
  EXPECT_EQ(answer.timeline, 31U);
  EXPECT_EQ(answer.lsn, 50331744U);
  EXPECT_EQ(answer.streaming_standbys, 2);
  EXPECT_TRUE(answer.is_synchronous);
  EXPECT_EQ(answer.max_connections, 97);
  EXPECT_EQ(answer.instances, 3);
}

TEST(ProbeQueryTest, AReplicaTellsItsTimelineInDecimal) {
  TextRow row = PrimaryRow();
  row[0] = "replica";
  row[2] = "31";
  row[5] = "f";
  const absl::StatusOr<ParsedAnswer> parsed = ParseProbeAnswer({row});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->answer.role, NodeRole::kReplica);
  EXPECT_EQ(parsed->answer.timeline, 31U);
  EXPECT_FALSE(parsed->answer.is_synchronous);
}

// PostgreSQL shows identifiers made after 2038 so.
TEST(ProbeQueryTest, AnIdentifierMayBeNegative) {
  TextRow row = PrimaryRow();
  row[1] = "-1";
  EXPECT_EQ(ParseProbeAnswer({row})->answer.system_identifier,
            18446744073709551615U);
}

TEST(ProbeQueryTest, ARoleThatSeesTooLittleIsAFault) {
  TextRow row = PrimaryRow();
  row[8] = "f";
  EXPECT_NE(ParseProbeAnswer({row})->fault, "");
}

TEST(ProbeQueryTest, AnythingElseIsNoAnswer) {
  EXPECT_FALSE(ParseProbeAnswer({}).ok());
  EXPECT_FALSE(ParseProbeAnswer({PrimaryRow(), PrimaryRow()}).ok());
  TextRow longer = PrimaryRow();
  longer.emplace_back("t");
  EXPECT_FALSE(ParseProbeAnswer({longer}).ok());
  for (size_t i = 0; i < PrimaryRow().size(); ++i) {
    TextRow row = PrimaryRow();
    row[i] = std::nullopt;
    EXPECT_FALSE(ParseProbeAnswer({row}).ok()) << i;
  }
  for (size_t i : {0, 1, 2, 3, 4, 6, 7}) {
    TextRow row = PrimaryRow();
    row[i] = "no";
    EXPECT_FALSE(ParseProbeAnswer({row}).ok()) << i;
  }
  TextRow no_timeline = PrimaryRow();
  no_timeline[2] = "x00000000";
  EXPECT_FALSE(ParseProbeAnswer({no_timeline}).ok());
}

}  // namespace
}  // namespace sluice::topology

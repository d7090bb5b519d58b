// Descriptions and capabilities as they are printed.

#include "client/cli/inquiry_text.h"

#include "client/cli/text_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::DescribeResponse Description() {
  return ParseTextProto<v1::DescribeResponse>(R"(
    statement_class: STATEMENT_CLASS_READ
    read_only: true
    parameter_types { name: "integer" }
    parameter_types { name: "mood[]" }
    columns { name: "id" type { name: "integer" } table_oid: 16400
              column_number: 2 }
    columns { name: "sum" type { name: "bigint" } }
    plan: "Sort\n  ->  Seq Scan on item")");
}

TEST(InquiryTextTest, PrintsADescription) {
  EXPECT_EQ(FormatDescription(Description(), Format::kTable),
            "Class: read, for sluice query and exec\n"
            "\n"
            " parameter |  type   \n"
            "-----------+---------\n"
            " $1        | integer\n"
            " $2        | mood[]\n"
            "(2 rows)\n"
            "\n"
            " column |  type   | table OID | number there \n"
            "--------+---------+-----------+--------------\n"
            " id     | integer | 16400     | 2\n"
            " sum    | bigint  |           | \n"
            "(2 rows)\n"
            "\n"
            "          plan          \n"
            "------------------------\n"
            " Sort\n"
            "   ->  Seq Scan on item\n"
            "(2 rows)\n"
            "\n");
}

TEST(InquiryTextTest, SaysWhatAStatementHasNot) {
  v1::DescribeResponse description;
  description.set_statement_class(v1::STATEMENT_CLASS_DDL);
  EXPECT_EQ(FormatDescription(description, Format::kTable),
            "Class: DDL, for sluice exec\n"
            "\n"
            "No parameters.\n"
            "\n"
            "No columns.\n"
            "\n");
}

TEST(InquiryTextTest, PrintsADescriptionAsJson) {
  const std::string json = FormatDescription(Description(), Format::kJson);
  EXPECT_THAT(json, HasSubstr("\"read_only\": true"));
  EXPECT_THAT(json, HasSubstr("\"name\": \"mood[]\""));
}

TEST(InquiryTextTest, PrintsCapabilities) {
  const auto capabilities = ParseTextProto<v1::GetCapabilitiesResponse>(R"(
        server_version: "1.2.3"
        app: "shop"
        databases { name: "a" access: DATABASE_ACCESS_READ_WRITE
                    postgres_version: "15.8" reachable: true }
        databases { name: "b" access: DATABASE_ACCESS_READ }
        limits { default_deadline { seconds: 90 } max_rows: 7 })");
  const std::string text = FormatCapabilities(capabilities, Format::kTable);
  EXPECT_THAT(text, HasSubstr("Server: sluiced 1.2.3\nApp: shop\n\n"));
  EXPECT_THAT(text, HasSubstr(" a        | read, write | 15.8       | yes\n"));
  EXPECT_THAT(text, HasSubstr(" b        | read        |            | no\n"));
  EXPECT_THAT(text, HasSubstr(" default_deadline          | 1m30s\n"));
  EXPECT_THAT(text, HasSubstr(" max_rows                  | 7\n"));
  EXPECT_THAT(text, HasSubstr(" max_stream_rows           | none\n"));
  EXPECT_THAT(text, Not(HasSubstr("max_stream_stall")));
  EXPECT_THAT(FormatCapabilities(capabilities, Format::kJson),
              HasSubstr("\"postgres_version\": \"15.8\""));
}

TEST(InquiryTextTest, TellsTheShorterLimitOfATransaction) {
  const auto limits = ParseTextProto<v1::CallLimits>(
      "max_transaction_idle { seconds: 10 } "
      "max_transaction_time { seconds: 300 }");
  EXPECT_EQ(DescribeTransactionLimits(limits, {}),
            "It is rolled back after 10s without a statement, and after 5m in "
            "all.\n");
  EXPECT_EQ(
      DescribeTransactionLimits(limits, {.idle_timeout = absl::Seconds(3),
                                         .total_timeout = absl::Hours(1)}),
      "It is rolled back after 3s without a statement, and after 5m in "
      "all.\n");
}

}  // namespace
}  // namespace sluice::cli

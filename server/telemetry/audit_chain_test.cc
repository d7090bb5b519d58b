#include "server/telemetry/audit_chain.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/civil_time.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/telemetry/test_audit_folder.h"

namespace sluice::telemetry {
namespace {

const absl::Time kTime =
    absl::FromCivil(absl::CivilSecond(2023, 1, 31, 12, 0, 0),
                    absl::UTCTimeZone()) +
    absl::Microseconds(42);
const std::string kZeros(64, '0');

TEST(AuditChainTest, LineIsAnObjectWithTheDigestOfItselfAfterTheOneBefore) {
  AuditChain chain(&TestDigest, "one");
  const std::string object =
      "{\"seq\":1,\"time\":\"2023-01-31T12:00:00.000042Z\",\"instance\":\"one\""
      ",\"event\":\"test\",\"app\":\"shop\",\"rows\":7}";
  const std::string first = absl::BytesToHexString(TestDigest(kZeros + object));
  EXPECT_EQ(
      chain.MakeLine(kTime, "test", {{"app", "shop"}, {"rows", 7}}),
      object.substr(0, object.size() - 1) + ",\"chain\":\"" + first + "\"}\n");
  chain.Advance();
  EXPECT_EQ(chain.end(), (ChainEnd{1, first}));
  const std::string second(
      chain.MakeLine(kTime + absl::Seconds(1), "test", {}));
  const auto record = ParseAuditRecord(second.substr(0, second.size() - 1));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->seq, 2);
  EXPECT_EQ(record->time, "2023-01-31T12:00:01.000042Z");
  EXPECT_EQ(record->chain,
            absl::BytesToHexString(TestDigest(first + record->object)));
}

TEST(AuditChainTest, ALineThatWasNotTakenIsMadeAgain) {
  AuditChain chain(&TestDigest, "one");
  const std::string first(chain.MakeLine(kTime, "test", {}));
  EXPECT_EQ(chain.MakeLine(kTime, "test", {}), first);
}

TEST(AuditChainTest, NoValueBreaksTheLine) {
  AuditChain chain(&TestDigest, "one");
  const std::string hostile("\"},\n\r\t\0\x1b,\"seq\":9,\xff{\xe2\x80\xa8", 24);
  const std::string line(chain.MakeLine(kTime, "test", {{"text", hostile}}));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\0'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["seq"], 1);
  EXPECT_EQ(json["text"].get<std::string>().substr(0, 9), hostile.substr(0, 9));
}

TEST(AuditChainTest, ALongTextIsCutBetweenCharacters) {
  AuditChain chain(&TestDigest, "one");
  std::string text(4095, 'a');
  text += "\xc3\xa4\xc3\xa4";
  const auto json =
      nlohmann::json::parse(chain.MakeLine(kTime, "test", {{"text", text}}));
  EXPECT_EQ(json["text"], std::string(4095, 'a') + "\xe2\x80\xa6");
}

TEST(AuditChainTest, NumbersKeepTheirValue) {
  AuditChain chain(&TestDigest, "one");
  const auto json = nlohmann::json::parse(chain.MakeLine(kTime, "test",
                                                         {{"least", INT64_MIN},
                                                          {"most", UINT64_MAX},
                                                          {"half", 0.5},
                                                          {"yes", true}}));
  EXPECT_EQ(json["least"], INT64_MIN);
  EXPECT_EQ(json["most"], UINT64_MAX);
  EXPECT_EQ(json["half"], 0.5);
  EXPECT_EQ(json["yes"], true);
}

TEST(AuditChainTest, WhatIsNoRecordIsNotTakenForOne) {
  AuditChain chain(&TestDigest, "one");
  std::string line(chain.MakeLine(kTime, "test", {{"app", "shop"}}));
  line.pop_back();
  ASSERT_TRUE(ParseAuditRecord(line).has_value());
  EXPECT_EQ(ParseAuditRecord(line)->Text("app"), "shop");
  EXPECT_EQ(ParseAuditRecord(line)->Text("seq"), "");
  for (const std::string& wrong :
       {std::string(), line + "\n", line + " ", line.substr(1),
        "[" + line + "]", line.substr(0, line.size() - 70) + "}",
        std::string("{\"seq\":\"1\"") + line.substr(8),
        std::string("{\"seq\":-1") + line.substr(8)}) {
    EXPECT_FALSE(ParseAuditRecord(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace sluice::telemetry

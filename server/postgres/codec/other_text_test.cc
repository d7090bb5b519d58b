// Tests of the texts of types without a member of their own. The bytes are
// those of PostgreSQL 15.

#include "server/postgres/codec/other_text.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::postgres {
namespace {

struct TextCase {
  ColumnKind kind;
  std::string hex;
  const char* text;
};

std::string HexOf(absl::string_view bytes) {
  return absl::BytesToHexString(bytes);
}

const std::vector<TextCase>& TextCases() {
  static const auto& cases = *new std::vector<TextCase>{
      {ColumnKind::kJsonpath, "01242e61", "$.a"},
      {ColumnKind::kXid8, "ffffffffffffffff", "18446744073709551615"},
      {ColumnKind::kPgLsn, "00000016b374d848", "16/B374D848"},
      {ColumnKind::kPgLsn, "0000000000000000", "0/0"},
      {ColumnKind::kTid, "ffffffffffff", "(4294967295,65535)"},
      {ColumnKind::kSnapshot,
       "00000002000000000000000a0000000000000014000000000000000a"
       "000000000000000f",
       "10:20:10,15"},
      {ColumnKind::kSnapshot, "00000000000000000000000c000000000000000c",
       "12:12:"},
      {ColumnKind::kTimetz, "000000000000000000000000", "00:00:00+00"},
      {ColumnKind::kTimetz, "000000141dd760000000e0ff", "24:00:00-15:59:59"},
      {ColumnKind::kTimetz, "0000000a8be1bd20ffffe3e0", "12:34:56.5+02"},
      {ColumnKind::kTimetz, "0000000a8bda1e41ffffae5c",
       "12:34:56.000577+05:48:20"},
      {ColumnKind::kTimetz, "0000000a8bda1c0100003138",
       "12:34:56.000001-03:30"},
      {ColumnKind::kBit, "00000000", ""},
      {ColumnKind::kBit, "00000005b0", "10110"},
      {ColumnKind::kBit, "00000009ff80", "111111111"},

      {ColumnKind::kInet, "02180004c0a80001", "192.168.0.1/24"},
      {ColumnKind::kInet, "02200004c0a80001", "192.168.0.1"},
      {ColumnKind::kInet, "0380001000000000000000000000000000000001", "::1"},
      {ColumnKind::kInet, "0300001000000000000000000000000000000000", "::/0"},
      {ColumnKind::kInet, "0380001000000000000000000000ffff01020304",
       "::ffff:1.2.3.4"},
      {ColumnKind::kInet, "0380001000000000000000000000000001020304",
       "::1.2.3.4"},
      {ColumnKind::kInet, "0380001000000000000000000000abcd01020304",
       "::abcd:102:304"},
      {ColumnKind::kInet, "0380001020010db8000000010000000000010000",
       "2001:db8:0:1::1:0"},
      {ColumnKind::kInet, "0380001020010db8000100000001000100010001",
       "2001:db8:1:0:1:1:1:1"},
      {ColumnKind::kInet, "0380001000010000000000010000000000010001",
       "1::1:0:0:1:1"},
      {ColumnKind::kCidr, "022001040a000001", "10.0.0.1/32"},
      {ColumnKind::kCidr, "0320011020010db8000000000000000000000000",
       "2001:db8::/32"},
      {ColumnKind::kMacaddr, "08002b0102ff", "08:00:2b:01:02:ff"},
      {ColumnKind::kMacaddr8, "08002b01020304a0", "08:00:2b:01:02:03:04:a0"},

      {ColumnKind::kPoint, "3ff8000000000000c000000000000000", "(1.5,-2)"},
      {ColumnKind::kPoint, "7ff80000000000008000000000000000", "(NaN,-0)"},
      {ColumnKind::kLseg,
       "00000000000000000000000000000000"
       "3ff00000000000003ff0000000000000",
       "[(0,0),(1,1)]"},
      {ColumnKind::kBox,
       "3ff00000000000003ff0000000000000"
       "00000000000000000000000000000000",
       "(1,1),(0,0)"},
      {ColumnKind::kPath, "01000000013ff80000000000000000000000000000",
       "((1.5,0))"},
      {ColumnKind::kPath,
       "00000000023ff800000000000000000000000000003ff0000000000000"
       "3ff0000000000000",
       "[(1.5,0),(1,1)]"},
      {ColumnKind::kPolygon, "000000013ff80000000000000000000000000000",
       "((1.5,0))"},
      {ColumnKind::kLine, "3ff0000000000000bff00000000000000000000000000000",
       "{1,-1,0}"},
      {ColumnKind::kCircle, "00000000000000000000000000000000bff0000000000000",
       "<(0,0),-1>"},

      {ColumnKind::kTsvector, "00000000", ""},
      {ColumnKind::kTsvector, "00000002636174000001c00266617400000200018003",
       "'cat':2A 'fat':1,3B"},
      {ColumnKind::kTsvector, "000000022761000000625c0000017fff",
       "'''a' 'b\\\\':16383C"},
      {ColumnKind::kTsquery, "00000000", ""},
      {ColumnKind::kTsquery,
       absl::StrCat("00000001", "010c01", HexOf("it's"), "00"), "'it''s':*AB"},
      {ColumnKind::kTsquery,
       absl::StrCat("00000006", "0202", "0201", "0203", "0100006300",
                    "0100006200", "0100006100"),
       "'a' & !( 'b' | 'c' )"},
      {ColumnKind::kTsquery,
       absl::StrCat("00000005", "02040001", "02040003", "0100006300",
                    "0100006200", "0100006100"),
       "'a' <-> ( 'b' <3> 'c' )"},
      {ColumnKind::kTsquery,
       absl::StrCat("00000005", "02040001", "0100006300", "02040003",
                    "0100006200", "0100006100"),
       "'a' <3> 'b' <-> 'c'"},
  };
  return cases;
}

TEST(OtherTextTest, WritesWhatTheOutputFunctionsWrite) {
  for (const TextCase& text_case : TextCases()) {
    std::string text;
    EXPECT_TRUE(AppendOtherText(text_case.kind,
                                absl::HexStringToBytes(text_case.hex), text))
        << text_case.hex;
    EXPECT_EQ(text, text_case.text);
  }
}

TEST(OtherTextTest, RefusesEveryTruncationAndExtension) {
  for (const TextCase& text_case : TextCases()) {
    // The text is all that remains.
    if (text_case.kind == ColumnKind::kJsonpath) continue;
    const std::string binary = absl::HexStringToBytes(text_case.hex);
    for (size_t size = 0; size <= binary.size() + 1; ++size) {
      if (size == binary.size()) continue;
      std::string cut = binary;
      cut.resize(size, '\0');
      std::string text;
      EXPECT_FALSE(AppendOtherText(text_case.kind, cut, text))
          << text_case.hex << " of " << size;
    }
  }
}

TEST(OtherTextTest, RefusesWhatTheTypesDoNotHold) {
  for (const auto& [kind, hex] :
       std::vector<std::pair<ColumnKind, const char*>>{
           {ColumnKind::kJsonpath, "02242e61"},
           {ColumnKind::kJsonpath, ""},
           {ColumnKind::kSnapshot, "ffffffff000000000000000c000000000000000c"},
           {ColumnKind::kTimetz, "ffffffffffffffff00000000"},
           {ColumnKind::kTimetz, "000000141dd7600100000000"},
           {ColumnKind::kTimetz, "00000000000000000000e100"},
           {ColumnKind::kTimetz, "0000000000000000ffff1f00"},
           {ColumnKind::kBit, "ffffffff"},
           {ColumnKind::kBit, "7fffffffff"},
           {ColumnKind::kInet, "02180104c0a80001"},
           {ColumnKind::kCidr, "02180004c0a80001"},
           {ColumnKind::kInet, "04180004c0a80001"},
           {ColumnKind::kInet, "02210004c0a80001"},
           {ColumnKind::kInet, "03180004c0a80001"},
           {ColumnKind::kPath, "02000000013ff80000000000000000000000000000"},
           {ColumnKind::kPath, "01ffffffff"},
           {ColumnKind::kPolygon, "10000000"},
           {ColumnKind::kTsvector, "ffffffff"},
           {ColumnKind::kTsquery, "ffffffff"},
           // No such item, operator, weights, prefix.
           {ColumnKind::kTsquery, "00000001030000"},
           {ColumnKind::kTsquery, "000000020205010000610000"},
           {ColumnKind::kTsquery, "0000000202000100006100"},
           {ColumnKind::kTsquery, "0000000101100061"},
           {ColumnKind::kTsquery, "00000001010002 6100"},
           // An operand too few, and one too many.
           {ColumnKind::kTsquery, "0000000202020100006100"},
           {ColumnKind::kTsquery, "0000000201000061000100006100"},
           // None of these kinds.
           {ColumnKind::kText, "61"}}) {
    std::string text;
    EXPECT_FALSE(AppendOtherText(kind, absl::HexStringToBytes(hex), text))
        << hex;
  }
}

// As deep as PostgreSQL's own stack would never take it.
TEST(OtherTextTest, WritesQueriesThatAreNestedDeep) {
  constexpr int kDepth = 300'000;
  std::string binary = absl::HexStringToBytes("000493e1");
  std::string expected;
  for (int i = 0; i < kDepth; ++i) binary.append("\2\1");
  binary.append("\1\0\0a\0", 5);
  std::string text;
  ASSERT_TRUE(AppendOtherText(ColumnKind::kTsquery, binary, text));
  EXPECT_EQ(text, std::string(kDepth, '!') + "'a'");
}

}  // namespace
}  // namespace sluice::postgres

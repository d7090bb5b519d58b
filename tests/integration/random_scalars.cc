#include "tests/integration/random_scalars.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sluice::testing {
namespace {

using Maker = std::function<std::string(Random&)>;
using Texts = std::vector<const char*>;

bool OneIn(Random& random, int64_t count) {
  return RandomInt(random, 1, count) == 1;
}

std::string PickOne(Random& random, const Texts& texts) {
  return texts[static_cast<size_t>(
      RandomInt(random, 0, static_cast<int64_t>(texts.size()) - 1))];
}

// Odd values now and then, else what `make` gives.
Maker WithOdd(Texts odd, Maker make) {
  return [odd = std::move(odd), make = std::move(make)](Random& random) {
    return OneIn(random, 5) ? PickOne(random, odd) : make(random);
  };
}

Maker OneOf(Texts texts) {
  return [texts = std::move(texts)](Random& random) {
    return PickOne(random, texts);
  };
}

// Of any magnitude.
Maker Integers(int64_t first, int64_t last) {
  return [first, last](Random& random) {
    if (OneIn(random, 8)) return absl::StrCat(OneIn(random, 2) ? first : last);
    const int64_t number = RandomInt(random, first, last);
    return absl::StrCat(number >> RandomInt(random, 0, 62));
  };
}

std::string Float4(Random& random) {
  const float number = std::bit_cast<float>(static_cast<uint32_t>(random()));
  return std::isfinite(number) ? absl::StrFormat("%.9g", number) : "NaN";
}

std::string Float8(Random& random) {
  const double number = std::bit_cast<double>(random());
  return std::isfinite(number) ? absl::StrFormat("%.17g", number) : "NaN";
}

std::string Digits(Random& random, int64_t count) {
  std::string digits;
  // Runs of zeros, which a numeric leaves out of its groups of four.
  const bool mostly_zeros = OneIn(random, 3);
  for (int64_t i = 0; i < count; ++i) {
    const bool is_zero = mostly_zeros && !OneIn(random, 10);
    digits += static_cast<char>('0' + (is_zero ? 0 : RandomInt(random, 0, 9)));
  }
  return digits;
}

std::string Numeric(Random& random) {
  const int64_t most = OneIn(random, 30) ? 3000 : 30;
  std::string text = OneIn(random, 2) ? "-" : "";
  absl::StrAppend(&text, "0", Digits(random, RandomInt(random, 0, most)));
  if (OneIn(random, 2)) {
    absl::StrAppend(&text, ".", Digits(random, RandomInt(random, 0, most)));
  }
  if (OneIn(random, 10)) {
    absl::StrAppend(&text, "e", RandomInt(random, -500, 500));
  }
  return text;
}

// Without NUL, up to so many characters.
std::string Characters(Random& random, int64_t most) {
  const Texts pieces = {"a",  "Z", "0", " ", "\"", "'", "\\", "{",  "}",
                        "(",  ")", "[", "]", ",",  ";", "\n", "\t", "\x7f",
                        "%s", "é", "€", "😀", "",   "=", ":"};
  std::string text;
  for (int64_t i = RandomInt(random, 0, most); i > 0; --i) {
    text += PickOne(random, pieces);
  }
  return text;
}

Maker Text(int64_t most) {
  return WithOdd({"", "NULL", "null", " ", "{}", "()", "empty"},
                 [most](Random& random) { return Characters(random, most); });
}

std::string Char(Random& random) {
  return std::string(1, static_cast<char>(RandomInt(random, 1, 127)));
}

std::string Bytes(Random& random, int64_t count) {
  std::string bytes;
  for (int64_t i = 0; i < count; ++i) bytes += static_cast<char>(random());
  return bytes;
}

std::string Hex(Random& random, int64_t byte_count) {
  return absl::BytesToHexString(Bytes(random, byte_count));
}

// A day by its Julian number: to 9999 mostly, else within `last`.
std::string Day(Random& random, int64_t last) {
  return absl::StrCat(
      "J", RandomInt(random, 0, OneIn(random, 3) ? last : 5'373'484));
}

std::string Clock(Random& random) {
  if (OneIn(random, 10)) return PickOne(random, {"24:00", "23:59:60", "00:00"});
  std::string clock =
      absl::StrFormat("%02d:%02d:%02d", RandomInt(random, 0, 23),
                      RandomInt(random, 0, 59), RandomInt(random, 0, 59));
  if (OneIn(random, 2)) {
    absl::StrAppendFormat(&clock, ".%06d", RandomInt(random, 0, 999'999));
  }
  return clock;
}

std::string Offset(Random& random) {
  return absl::StrFormat("%c%02d:%02d:%02d", OneIn(random, 2) ? '-' : '+',
                         RandomInt(random, 0, 15), RandomInt(random, 0, 59),
                         OneIn(random, 4) ? RandomInt(random, 0, 59) : 0);
}

// The last day is a year before what the API can say.
std::string Timestamp(Random& random) {
  return absl::StrCat(Day(random, 109'200'000), " ", Clock(random));
}

std::string Interval(Random& random) {
  const Maker part = Integers(-2'147'483'648, 2'147'483'647);
  const Maker seconds = Integers(-9'000'000'000'000, 9'000'000'000'000);
  return absl::StrCat(part(random), " mons ", part(random), " days ",
                      seconds(random), ".", Digits(random, 6), " secs");
}

std::string Json(Random& random, int depth) {
  switch (RandomInt(random, 0, depth == 0 ? 3 : 6)) {
    case 0:
      return PickOne(random, {"null", "true", "false", "[]", "{}", "\"\""});
    case 1:
      return PickOne(random, {"0", "-1.50", "1e3", "12345678901234567890.10"});
    case 2:
    case 3:
      return PickOne(random, {"\"text\"", "\"é€😀\"", "\"\\\"\\\\\\n\"",
                              "\"\\u00e9\"", "\" \""});
    case 4:
      return absl::StrCat("[", Json(random, depth - 1), ", ",
                          Json(random, depth - 1), "]");
    default:
      return absl::StrCat("{\"b\" : ", Json(random, depth - 1),
                          ",\"a\":", Json(random, depth - 1), "}");
  }
}

std::string Address(Random& random, int64_t zero_bytes, bool is_network) {
  const bool is_ipv4 = OneIn(random, 2);
  const int64_t byte_count = is_ipv4 ? 4 : 16;
  const int64_t zeros = std::min(zero_bytes, byte_count);
  std::string bytes = Bytes(random, byte_count - zeros) +
                      std::string(static_cast<size_t>(zeros), '\0');
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int byte = static_cast<unsigned char>(bytes[i]);
    if (is_ipv4) {
      absl::StrAppend(&text, i == 0 ? "" : ".", byte);
    } else {
      absl::StrAppendFormat(&text, "%s%02x", i % 2 == 0 && i > 0 ? ":" : "",
                            byte);
    }
  }
  const int64_t bits = 8 * (byte_count - (is_network ? zeros : 0));
  if (!is_network && OneIn(random, 2)) return text;
  return absl::StrCat(text, "/",
                      is_network ? bits : RandomInt(random, 0, bits));
}

std::string Inet(Random& random) {
  return Address(random, RandomInt(random, 0, 14), false);
}

std::string Cidr(Random& random) {
  return Address(random, RandomInt(random, 0, 14), true);
}

Maker MacAddress(int64_t byte_count) {
  return [byte_count](Random& random) { return Hex(random, byte_count); };
}

std::string Coordinate(Random& random) {
  const Maker make = WithOdd({"NaN", "Infinity", "-Infinity", "-0"}, Float8);
  return OneIn(random, 2) ? make(random)
                          : absl::StrCat(RandomInt(random, -9, 9), ".5");
}

std::string Point(Random& random) {
  return absl::StrCat("(", Coordinate(random), ",", Coordinate(random), ")");
}

std::string Points(Random& random, int64_t count) {
  std::string text = Point(random);
  for (int64_t i = 1; i < count; ++i) {
    absl::StrAppend(&text, ",", Point(random));
  }
  return text;
}

std::string Path(Random& random) {
  const std::string points = Points(random, RandomInt(random, 1, 5));
  return OneIn(random, 2) ? absl::StrCat("[", points, "]")
                          : absl::StrCat("(", points, ")");
}

std::string Bits(Random& random) {
  std::string bits;
  for (int64_t i = RandomInt(random, 0, 40); i > 0; --i) {
    bits += OneIn(random, 2) ? '1' : '0';
  }
  return bits;
}

std::string Word(Random& random) {
  return PickOne(random, {"cat", "'it''s'", "'two words'", "é", "'a:b\\\\c'",
                          "x1", "'&'", "'\"'"});
}

std::string TsVector(Random& random) {
  std::string text;
  for (int64_t i = RandomInt(random, 0, 5); i > 0; --i) {
    absl::StrAppend(&text, Word(random),
                    PickOne(random, {"", ":1", ":3A,16383", ":2B,4C,9"}), " ");
  }
  return text;
}

std::string TsQuery(Random& random, int depth) {
  if (depth == 0) {
    return Word(random) + PickOne(random, {"", ":*", ":AB", ":*D"});
  }
  const std::string operation =
      PickOne(random, {" & ", " | ", " <-> ", " <3> "});
  std::string text = absl::StrCat("(", TsQuery(random, depth - 1), operation,
                                  TsQuery(random, depth - 1), ")");
  return OneIn(random, 3) ? absl::StrCat("!", text) : text;
}

std::string Snapshot(Random& random) {
  const int64_t first = RandomInt(random, 1, 1'000'000'000'000);
  return absl::StrCat(
      first, ":", first + 20, ":",
      OneIn(random, 2) ? absl::StrCat(first, ",", first + 7) : "");
}

std::string Lsn(Random& random) {
  return absl::StrFormat("%X/%X", random() >> RandomInt(random, 32, 63),
                         random() >> RandomInt(random, 32, 63));
}

std::string Tid(Random& random) {
  return absl::StrCat("(", Integers(0, 4'294'967'295)(random), ",",
                      RandomInt(random, 0, 65'535), ")");
}

std::string Xid8(Random& random) {
  return absl::StrCat(uint64_t{random()} >> RandomInt(random, 0, 63));
}

std::string Uuid(Random& random) { return Hex(random, 16); }

Maker Vector(int64_t last) {
  return [last](Random& random) {
    std::string text;
    for (int64_t i = RandomInt(random, 0, 4); i > 0; --i) {
      absl::StrAppend(&text, RandomInt(random, 0, last), " ");
    }
    return text;
  };
}

Maker Documents() {
  return [](Random& random) { return Json(random, 3); };
}

const std::map<std::string, Maker>& Makers() {
  const Texts infinities = {"infinity", "-infinity"};
  const Maker bytea = [](Random& random) {
    return absl::StrCat("\\x", Hex(random, RandomInt(random, 0, 40)));
  };
  const Maker date = [](Random& random) { return Day(random, 2'147'483'493); };
  const Maker time_and_offset = [](Random& random) {
    return absl::StrCat(Clock(random), Offset(random));
  };
  static const auto& makers = *new std::map<std::string, Maker>{
      {"bool", OneOf({"true", "false"})},
      {"int2", Integers(-32'768, 32'767)},
      {"int4", Integers(-2'147'483'648, 2'147'483'647)},
      {"int8", Integers(INT64_MIN, INT64_MAX)},
      {"oid", Integers(0, 4'294'967'295)},
      {"xid", Integers(0, 4'294'967'295)},
      {"cid", Integers(0, 4'294'967'295)},
      {"xid8", Xid8},
      {"float4",
       WithOdd({"NaN", "Infinity", "-Infinity", "-0", "0.1"}, Float4)},
      {"float8",
       WithOdd({"NaN", "Infinity", "-Infinity", "-0", "0.1"}, Float8)},
      {"numeric", WithOdd({"NaN", "Infinity", "-Infinity", "0", "-0.000",
                           "1e400", "1e-400", "0.1000", "10000", "9999.9999"},
                          Numeric)},
      {"text", Text(40)},
      {"varchar", Text(40)},
      {"bpchar", Text(10)},
      {"name", Text(15)},
      {"char", WithOdd({""}, Char)},
      {"bytea", bytea},
      {"date", WithOdd(infinities, date)},
      {"time", Clock},
      {"timetz", time_and_offset},
      {"timestamp", WithOdd(infinities, Timestamp)},
      {"timestamptz", WithOdd(infinities, Timestamp)},
      {"interval",
       WithOdd({"0", "-00:00:00.000001", "1 year -3 days"}, Interval)},
      {"uuid", Uuid},
      {"json", Documents()},
      {"jsonb", Documents()},
      {"xml", OneOf({"", "<a/>", "<a b=\"é\">text</a>", "plain", "<!-- -->"})},
      {"inet", Inet},
      {"cidr", Cidr},
      {"macaddr", MacAddress(6)},
      {"macaddr8", MacAddress(8)},
      {"point", Point},
      {"lseg", [](Random& random) { return Points(random, 2); }},
      {"box", [](Random& random) { return Points(random, 2); }},
      {"path", Path},
      {"polygon",
       [](Random& random) {
         return absl::StrCat("(", Points(random, RandomInt(random, 1, 5)), ")");
       }},
      {"line", OneOf({"{1,-1,0}", "{0,1,NaN}", "{1.5,2.25,1e300}"})},
      {"circle",
       [](Random& random) {
         return absl::StrCat("<", Point(random), ",",
                             RandomInt(random, 0, 1000), ">");
       }},
      {"bit", Bits},
      {"varbit", Bits},
      {"tsvector", TsVector},
      {"tsquery",
       [](Random& random) {
         return TsQuery(random, static_cast<int>(RandomInt(random, 0, 3)));
       }},
      {"pg_lsn", Lsn},
      {"tid", Tid},
      {"pg_snapshot", Snapshot},
      {"txid_snapshot", Snapshot},
      {"jsonpath", OneOf({"$", "strict $.\"a b\"[*]", "$[0 to last]",
                          "$.a ? (@ > 1 && @.b like_regex \"^é\")"})},
      {"refcursor", Text(10)},
      {"int2vector", Vector(32'767)},
      {"oidvector", Vector(4'294'967'295)},
      {"money", OneOf({"0", "-1.50", "1234567.89", "92233720368547758.07"})},
      {"regclass", OneOf({"pg_class", "information_schema.columns", "-", "7"})},
      {"regtype", OneOf({"integer", "text[]", "timestamp with time zone"})},
      {"regproc", OneOf({"now", "pg_backend_pid"})},
      {"regprocedure", OneOf({"now()", "sum(integer)"})},
      {"regoperator", OneOf({"+(integer,integer)"})},
      {"regnamespace", OneOf({"pg_catalog", "public"})},
      {"regrole", OneOf({"app", "pg_monitor"})},
      {"regconfig", OneOf({"simple", "english"})},
      {"regdictionary", OneOf({"simple"})},
      {"regcollation", OneOf({"\"C\"", "\"default\""})},
      {"aclitem", OneOf({"app=r/app", "=arw*/app"})},
  };
  return makers;
}

}  // namespace

bool HasRandomScalars(const std::string& catalog_name) {
  return Makers().count(catalog_name) > 0;
}

std::string RandomScalar(const std::string& catalog_name, Random& random) {
  return Makers().at(catalog_name)(random);
}

}  // namespace sluice::testing

#include "tests/integration/type_cases.h"

namespace sluice::testing {

const std::vector<const char*>& TypeSetup() {
  static const auto& setup = *new std::vector<const char*>{
      "CREATE TYPE mood AS ENUM ('sad', 'so-so, really', 'happy')",
      "CREATE TYPE \"Odd Mood\" AS ENUM ('x', '\"')",
      "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
      "CREATE DOMAIN small_positive AS positive CHECK (VALUE < 100)",
      "CREATE TYPE pair AS (number int, word text)",
      "CREATE TYPE item AS (first pair, rest pair[], range numrange, host "
      "inet)",
      "CREATE TYPE price AS (number int, cost money)",
      "CREATE TYPE nothing AS ()",
      "CREATE DOMAIN numbers AS int[]",
      "CREATE DOMAIN some_pair AS pair",
      "CREATE DOMAIN some_range AS int4range",
      "CREATE TYPE mood_range AS RANGE (subtype = mood)",
      "CREATE TYPE text_range AS RANGE (subtype = text, collation = \"C\")",
      "CREATE TYPE float_range AS RANGE (subtype = float8)",
      "CREATE TYPE inet_range AS RANGE (subtype = inet)",
      "CREATE TYPE pair_range AS RANGE (subtype = pair)",
      "CREATE TYPE positive_range AS RANGE (subtype = positive)",
      "CREATE TYPE numbers_range AS RANGE (subtype = int4[])",
      "CREATE TYPE scalars AS (a bool, b int2, c int4, d int8, e float4,"
      " f float8, g numeric, h text, i varchar, j bpchar, k name, l \"char\","
      " m bytea, n date, o time, p timestamp, q timestamptz, r interval,"
      " s uuid, t json, u jsonb, v oid, w mood, x small_positive)",
      "CREATE TYPE rendered AS (a inet, b cidr, c macaddr, d macaddr8, e point,"
      " f lseg, g box, h path, i polygon, j line, k circle, l \"bit\", m "
      "varbit,"
      " n timetz, o tsvector, p tsquery, q pg_lsn, r tid, s xid8,"
      " t pg_snapshot, u jsonpath, v xml, w oidvector, x xid)",
      "CREATE TYPE nest AS (one pair, many pair[], spans mood_range[],"
      " numbers numbers, holes int4multirange, every scalars, \"Odd Mood\" "
      "text,"
      " boxes box[], pairs pair_range, domain some_pair[])",
      "CREATE TYPE named AS (table_name regclass, number int)",
      "CREATE TABLE altered (a int, gone text, b timestamptz)",
      "ALTER TABLE altered DROP COLUMN gone",
      "ALTER TABLE altered ADD COLUMN c numeric[]",
      "CREATE SCHEMA odd",
      "CREATE TYPE odd.\"Type, name\" AS ENUM ('value')",
  };
  return setup;
}

const std::vector<TypeCase>& TypeCases() {
  // clang-format off
  static const auto& cases = *new std::vector<TypeCase>{
      {"bool", "true", "bool_value: true"},
      {"bool", "false", "bool_value: false"},
      {"int2", "-32768", "int64_value: -32768"},
      {"int2", "32767", "int64_value: 32767"},
      {"int4", "-2147483648", "int64_value: -2147483648"},
      {"int4", "2147483647", "int64_value: 2147483647"},
      {"int8", "-9223372036854775808", "int64_value: -9223372036854775808"},
      {"int8", "9223372036854775807", "int64_value: 9223372036854775807"},
      {"oid", "4294967295", "int64_value: 4294967295"},

      {"float4", "0.1", "double_value: 0.10000000149011612"},
      {"float4", "1e-45", "double_value: 1.401298464324817e-45"},
      {"float4", "-0", "double_value: -0.0"},
      {"float4", "3.4028235e38", "double_value: 3.4028234663852886e38"},
      {"float4", "NaN", "double_value: nan"},
      {"float4", "-Infinity", "double_value: -inf"},
      {"float8", "0.1", "double_value: 0.1"},
      {"float8", "-0", "double_value: -0.0"},
      {"float8", "5e-324", "double_value: 4.9406564584124654e-324"},
      {"float8", "1.7976931348623157e308", "double_value: 1.7976931348623157e308"},
      {"float8", "NaN", "double_value: nan"},
      {"float8", "Infinity", "double_value: inf"},
      {"float8", "-Infinity", "double_value: -inf"},

      {"numeric", "0", "numeric_value: '0'"},
      {"numeric", "0.000", "numeric_value: '0.000'"},
      {"numeric", "-12.50", "numeric_value: '-12.50'"},
      {"numeric", "100000000", "numeric_value: '100000000'"},
      {"numeric", "0.00000000000000000001", "numeric_value: '0.00000000000000000001'"},
      {"numeric", "12345678901234567890.12345678901234567890",
       "numeric_value: '12345678901234567890.12345678901234567890'"},
      {"numeric", "NaN", "numeric_value: 'NaN'"},
      {"numeric", "Infinity", "numeric_value: 'Infinity'"},
      {"numeric", "-Infinity", "numeric_value: '-Infinity'"},
      {"numeric", "-9.87e5000", nullptr},
      {"numeric", "1e131071", nullptr},
      {"numeric", "1e-16383", nullptr},

      {"text", "", "text_value: ''"},
      {"text", "plain", "text_value: 'plain'"},
      {"text", "é€😀 \"q\" \\ {}, NULL", "text_value: 'é€😀 \"q\" \\\\ {}, NULL'"},
      {"text", "NULL", "text_value: 'NULL'"},
      {"varchar(4)", "é€😀", "text_value: 'é€😀'"},
      {"char(5)", "ab", "text_value: 'ab   '"},
      {"name", "a_name", "text_value: 'a_name'"},
      {"\"char\"", "x", "text_value: 'x'"},
      {"\"char\"", "", "text_value: ''"},
      {"\"char\"", "\\200", "text_value: '\\\\200'"},
      {"bytea", "", "bytes_value: ''"},
      {"bytea", "\\x00ff5c27", "bytes_value: '\\000\\377\\\\\\''"},

      {"date", "1970-01-01", "date_value: 0"},
      {"date", "1969-12-31", "date_value: -1"},
      {"date", "2024-02-29", "date_value: 19782"},
      {"date", "0044-03-15 BC", "date_value: -735160"},
      {"date", "4714-11-24 BC", "date_value: -2440588"},
      {"date", "5874897-12-31", "date_value: 2145042905"},
      {"date", "infinity", "date_value: 2147483647"},
      {"date", "-infinity", "date_value: -2147483648"},
      {"time", "00:00", "time_value: 0"},
      {"time", "23:59:59.999999", "time_value: 86399999999"},
      {"time", "24:00", "time_value: 86400000000"},
      {"timestamp", "1970-01-01", "timestamp_value: 0"},
      {"timestamp", "1969-12-31 23:59:59.999999", "timestamp_value: -1"},
      {"timestamp", "2024-02-29 12:34:56.789012", "timestamp_value: 1709210096789012"},
      {"timestamp", "0044-03-15 12:00 BC", "timestamp_value: -63517780800000000"},
      {"timestamp", "4714-11-24 BC", "timestamp_value: -210866803200000000"},
      {"timestamp", "294247-01-10 04:00:54.775806", "timestamp_value: 9223372036854775806"},
      {"timestamp", "infinity", "timestamp_value: 9223372036854775807"},
      {"timestamp", "-infinity", "timestamp_value: -9223372036854775808"},
      {"timestamptz", "2024-02-29 12:34:56.000001+02", "timestamp_value: 1709202896000001"},
      {"timestamptz", "0044-03-15 12:00+00 BC", "timestamp_value: -63517780800000000"},
      {"timestamptz", "infinity", "timestamp_value: 9223372036854775807"},
      {"timestamptz", "-infinity", "timestamp_value: -9223372036854775808"},
      {"interval", "0", "interval_value {}"},
      {"interval", "1 year 2 mons -3 days 04:05:06.789",
       "interval_value { months: 14 days: -3 microseconds: 14706789000 }"},
      {"interval", "-1 mon +1 day -00:00:00.000001",
       "interval_value { months: -1 days: 1 microseconds: -1 }"},
      {"interval", "2147483647 mons -2147483648 days",
       "interval_value { months: 2147483647 days: -2147483648 }"},

      {"uuid", "00112233-4455-6677-8899-aabbccddeeff",
       "uuid_value: '\\x00\\x11\\x22\\x33\\x44\\x55\\x66\\x77\\x88\\x99\\xaa\\xbb\\xcc\\xdd\\xee\\xff'"},
      {"json", "{\"b\" : [1, null, \"é\"],\"b\":2}", "json_value: '{\"b\" : [1, null, \"é\"],\"b\":2}'"},
      {"json", "null", "json_value: 'null'"},
      {"jsonb", "{\"b\" : [1.50, null, \"é\"], \"a\": {}}",
       "json_value: '{\"a\": {}, \"b\": [1.50, null, \"é\"]}'"},
      {"mood", "so-so, really", "text_value: 'so-so, really'"},
      {"\"Odd Mood\"", "\"", "text_value: '\"'"},
      {"positive", "7", "int64_value: 7"},
      {"small_positive", "7", "int64_value: 7"},

      {"int4[]", "{}", "array_value {}"},
      {"int4[]", "{1,NULL,3}",
       "array_value { elements { int64_value: 1 } elements { null_value: NULL_VALUE }"
       "              elements { int64_value: 3 } }"},
      {"int4[]", "[0:1][5:6]={{1,2},{3,NULL}}",
       "array_value { elements { int64_value: 1 } elements { int64_value: 2 }"
       "              elements { int64_value: 3 } elements { null_value: NULL_VALUE }"
       "              lengths: 2 lengths: 2 lower_bounds: 0 lower_bounds: 5 }"},
      {"text[]", "{\"a,b\",\"NULL\",NULL,\"\",\"{}\",\"\\\\\"}",
       "array_value { elements { text_value: 'a,b' } elements { text_value: 'NULL' }"
       "              elements { null_value: NULL_VALUE } elements { text_value: '' }"
       "              elements { text_value: '{}' } elements { text_value: '\\\\' } }"},
      {"numeric[]", "[-3:-2]={1.50,NaN}",
       "array_value { elements { numeric_value: '1.50' } elements { numeric_value: 'NaN' }"
       "              lengths: 2 lower_bounds: -3 }"},
      {"bool[]", "{{{t,f}},{{f,NULL}}}", nullptr},

      {"xid", "4294967295", "int64_value: 4294967295"},
      {"cid", "7", "int64_value: 7"},
      {"int2vector", "1 -2",
       "array_value { elements { int64_value: 1 } elements { int64_value: -2 }"
       "              lengths: 2 lower_bounds: 0 }"},
      {"oidvector", "", "array_value {}"},

      {"pair", "(7,\"a \"\"word\"\"\")",
       "composite_value { fields { int64_value: 7 } fields { text_value: 'a \"word\"' } }"},
      {"pair", "(,\"\")",
       "composite_value { fields { null_value: NULL_VALUE } fields { text_value: '' } }"},
      {"pair", "(,)",
       "composite_value { fields { null_value: NULL_VALUE } fields { null_value: NULL_VALUE } }"},
      {"some_pair", "(1,)",
       "composite_value { fields { int64_value: 1 } fields { null_value: NULL_VALUE } }"},
      {"nothing", "()", "composite_value {}"},
      {"item", "(\"(1,one)\",\"{\"\"(2,)\"\"}\",\"[0.5,1]\",::1)",
       "composite_value {"
       "  fields { composite_value { fields { int64_value: 1 } fields { text_value: 'one' } } }"
       "  fields { array_value { elements { composite_value {"
       "    fields { int64_value: 2 } fields { null_value: NULL_VALUE } } } } }"
       "  fields { range_value { lower { numeric_value: '0.5' } upper { numeric_value: '1' }"
       "                         lower_inclusive: true upper_inclusive: true } }"
       "  fields { text_value: '::1' } }"},
      {"price", "(1,$2.00)", "text_value: '(1,$2.00)'"},
      {"altered", "(1,2024-02-29 12:00:00+00,\"{1.50}\")",
       "composite_value { fields { int64_value: 1 }"
       "  fields { timestamp_value: 1709208000000000 }"
       "  fields { array_value { elements { numeric_value: '1.50' } } } }"},

      {"int4range", "(0,5]",
       "range_value { lower { int64_value: 1 } upper { int64_value: 6 } lower_inclusive: true }"},
      {"int8range", "[,7)", "range_value { upper { int64_value: 7 } }"},
      {"numrange", "empty", "range_value { empty: true }"},
      {"numrange", "(,)", "range_value {}"},
      {"numrange", "[1.50,1.50]",
       "range_value { lower { numeric_value: '1.50' } upper { numeric_value: '1.50' }"
       "              lower_inclusive: true upper_inclusive: true }"},
      {"daterange", "[2024-02-29,infinity]",
       "range_value { lower { date_value: 19782 } upper { date_value: 2147483647 }"
       "              lower_inclusive: true upper_inclusive: true }"},
      {"tsrange", "(,2024-02-29 12:00]",
       "range_value { upper { timestamp_value: 1709208000000000 } upper_inclusive: true }"},
      {"tsrange", "[-infinity,)",
       "range_value { lower { timestamp_value: -9223372036854775808 } lower_inclusive: true }"},
      {"tstzrange", "(1970-01-01 00:00+00,1970-01-01 00:00:01+00)",
       "range_value { lower { timestamp_value: 0 } upper { timestamp_value: 1000000 } }"},
      {"text_range", "[\"\",\"a\"\"\")",
       "range_value { lower { text_value: '' } upper { text_value: 'a\"' } lower_inclusive: true }"},
      {"mood_range", "[sad,happy]", nullptr},
      {"pair_range", "[\"(1,a)\",\"(2,)\")", nullptr},
      {"some_range", "[1,2)", nullptr},
      {"int4multirange", "{}", "multirange_value {}"},
      {"int4multirange", "{[5,9),[1,2)}",
       "multirange_value {"
       "  ranges { lower { int64_value: 1 } upper { int64_value: 2 } lower_inclusive: true }"
       "  ranges { lower { int64_value: 5 } upper { int64_value: 9 } lower_inclusive: true } }"},
      {"nummultirange", "{(,1),[2,)}",
       "multirange_value { ranges { upper { numeric_value: '1' } }"
       "                   ranges { lower { numeric_value: '2' } lower_inclusive: true } }"},

      // What has no member of its own travels as text.
      {"inet", "192.168.0.1/24", "text_value: '192.168.0.1/24'"},
      {"cidr", "2001:db8::/32", "text_value: '2001:db8::/32'"},
      {"macaddr", "08:00:2b:01:02:03", "text_value: '08:00:2b:01:02:03'"},
      {"point", "(1.5,-2)", "text_value: '(1.5,-2)'"},
      {"box", "(1,1),(0,0)", "text_value: '(1,1),(0,0)'"},
      {"money", "$1,234.50", nullptr},
      {"xid8", "18446744073709551615", "text_value: '18446744073709551615'"},
      {"timetz", "12:34:56.5+02", "text_value: '12:34:56.5+02'"},
      {"bit(5)", "10110", "text_value: '10110'"},
      {"varbit", "101", "text_value: '101'"},
      {"tsvector", "'cat':2A 'fat':1", nullptr},
      {"pg_lsn", "16/B374D848", "text_value: '16/B374D848'"},
      {"jsonpath", "$.a[*]", nullptr},
      {"regclass", "pg_class", "text_value: 'pg_class'"},
      {"xml", "<a/>", "text_value: '<a/>'"},
      {"tid", "(0,1)", "text_value: '(0,1)'"},
  };
  // clang-format on
  return cases;
}

}  // namespace sluice::testing

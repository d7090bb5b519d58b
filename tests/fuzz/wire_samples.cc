#include "tests/fuzz/wire_samples.h"

#include <cstdint>
#include <iterator>
#include <vector>

#include "absl/strings/escaping.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/result_format.h"

namespace sluice::fuzz {
namespace {

using postgres::AppendBigEndian;
using postgres::BaseOf;
using postgres::TypeEntry;

constexpr int32_t kNull = -1;

// Binary forms in hex, by name.
struct Samples {
  const char* type;
  std::vector<const char*> hex;
};

const std::vector<Samples>& ScalarSamples() {
  static const auto& samples = *new std::vector<Samples>{
      {"boolean", {"01", "00"}},
      {"smallint", {"8000", "7fff"}},
      {"integer", {"80000000", "00000007"}},
      {"bigint", {"8000000000000000", "0000000000000007"}},
      {"oid", {"ffffffff", "00000010"}},
      {"xid", {"ffffffff", "00000010"}},
      {"cid", {"ffffffff", "00000010"}},
      {"real", {"7fc00000", "3dcccccd", "80000000"}},
      {"double precision", {"7ff8000000000000", "3fb999999999999a"}},
      // 12.50, NaN, -Infinity, 1e1000, 0.000
      {"numeric",
       {"0002000000000002000c1388", "00000000c0000000", "00000000f0000000",
        "000100fa000000000001", "0000000000000003"}},
      {"\"char\"", {"78", "00", "ff"}},
      {"date", {"7fffffff", "80000000", "00002270"}},
      {"time without time zone", {"000000141dd76000", "0000000000000000"}},
      {"time with time zone",
       {"000000141dd76000ffffe3e0", "0000000000000001000000e1"}},
      {"timestamp without time zone",
       {"7fffffffffffffff", "8000000000000000", "0002b56bdcfc4ac0"}},
      {"timestamp with time zone",
       {"7fffffffffffffff", "8000000000000000", "0002b56bdcfc4ac0"}},
      {"interval",
       {"000000036b7bfc48fffffffd0000000e",
        "00000000000000000000000000000000"}},
      {"uuid", {"00112233445566778899aabbccddeeff"}},
      {"jsonb", {"017b7d", "015b312c226122 5d"}},
      {"inet",
       {"02180004c0a80001", "0380001020010db8000000000000000000000001"}},
      {"cidr",
       {"0218010 4c0a80000", "0320011020010db8000000000000000000000000"}},
      {"macaddr", {"08002b010203"}},
      {"macaddr8", {"08002b0102030405"}},
      {"point", {"3ff8000000000000c000000000000000"}},
      {"lseg",
       {"3ff8000000000000c0000000000000003ff80000000000004000000000000000"}},
      {"box",
       {"3ff00000000000003ff000000000000000000000000000000000000000000000"}},
      {"line", {"3ff00000000000003ff00000000000000000000000000000"}},
      {"circle", {"3ff00000000000003ff00000000000004000000000000000"}},
      {"path", {"01000000013ff00000000000003ff0000000000000", "0000000000"}},
      {"polygon", {"000000013ff00000000000003ff0000000000000", "00000000"}},
      {"bit", {"00000005b0", "0000000aa5c0"}},
      {"bit varying", {"00000003a0", "00000000"}},
      {"tid", {"000000000001", "ffffffffffff"}},
      {"xid8", {"ffffffffffffffff"}},
      {"pg_lsn", {"00000016b374d848"}},
      {"jsonpath", {"0124"}},
      {"pg_snapshot",
       {"00000001000000000000000a000000000000001400000000000000 0c"}},
      {"txid_snapshot",
       {"00000001000000000000000a000000000000001400000000000000 0c"}},
      // 'cat':2A 'fat'
      {"tsvector", {"00000002636174000001c0026661740000 00", "00000000"}},
      // 'fat' & !'cat':A*, and nothing
      {"tsquery",
       {"0000000402020201010801636174000100006661 7400", "00000000"}},
  };
  return samples;
}

void AppendSized(const std::string& value, std::string& out) {
  AppendBigEndian(static_cast<int32_t>(value.size()), out);
  out.append(value);
}

std::string ScalarSample(const TypeEntry& type, int variant) {
  const auto choice = static_cast<size_t>(variant);
  for (const Samples& samples : ScalarSamples()) {
    if (type.name != samples.type) continue;
    std::string hex = samples.hex[choice % samples.hex.size()];
    std::erase(hex, ' ');
    return absl::HexStringToBytes(hex);
  }
  constexpr const char* kTexts[] = {"", "text \xc3\xa9 \xf0\x9f\x98\x80",
                                    "{\"a\":1}", "$.a[*]"};
  return kTexts[choice % std::size(kTexts)];
}

std::string ArraySample(const TypeEntry& element, int variant) {
  const int dimension_count = variant % 4;
  std::string out;
  AppendBigEndian(int32_t{dimension_count}, out);
  AppendBigEndian(int32_t{dimension_count == 0 ? 0 : 1}, out);
  AppendBigEndian(element.oid, out);
  int count = dimension_count == 0 ? 0 : 1;
  for (int i = 0; i < dimension_count; ++i) {
    AppendBigEndian(int32_t{2}, out);
    AppendBigEndian(int32_t{i == 2 ? -3 : 1}, out);
    count *= 2;
  }
  for (int i = 0; i < count; ++i) {
    if (i == 1) {
      AppendBigEndian(kNull, out);
    } else {
      AppendSized(WireSample(element, variant + i), out);
    }
  }
  return out;
}

std::string VectorSample(uint32_t element_oid, int variant) {
  const bool is_int2 = element_oid == 21;
  std::string out;
  AppendBigEndian(int32_t{1}, out);
  AppendBigEndian(int32_t{0}, out);
  AppendBigEndian(element_oid, out);
  AppendBigEndian(int32_t{variant % 3}, out);
  AppendBigEndian(int32_t{0}, out);
  for (int i = 0; i < variant % 3; ++i) {
    AppendSized(absl::HexStringToBytes(is_int2 ? "0007" : "00000007"), out);
  }
  return out;
}

std::string CompositeSample(const TypeEntry& type, int variant) {
  std::string out;
  AppendBigEndian(static_cast<int32_t>(type.fields.size()), out);
  int number = variant;
  for (const postgres::FieldEntry& field : type.fields) {
    AppendBigEndian(field.type->oid, out);
    if (++number % 5 == 0) {
      AppendBigEndian(kNull, out);
    } else {
      AppendSized(WireSample(*field.type, number), out);
    }
  }
  return out;
}

std::string RangeSample(const TypeEntry& bound, int variant) {
  // Empty; [,]; (,]; [,); (-infinity,]; [, infinity); both.
  constexpr uint8_t kFlags[] = {0x01, 0x06, 0x04, 0x02, 0x0c, 0x12, 0x18};
  const uint8_t flags =
      kFlags[static_cast<size_t>(variant) % std::size(kFlags)];
  std::string out(1, static_cast<char>(flags));
  if ((flags & (0x01 | 0x08)) == 0)
    AppendSized(WireSample(bound, variant), out);
  if ((flags & (0x01 | 0x10)) == 0) {
    AppendSized(WireSample(bound, variant + 1), out);
  }
  return out;
}

std::string MultirangeSample(const TypeEntry& range, int variant) {
  std::string out;
  AppendBigEndian(int32_t{variant % 3}, out);
  for (int i = 0; i < variant % 3; ++i) {
    AppendSized(RangeSample(*range.element, variant + i), out);
  }
  return out;
}

}  // namespace

std::string WireSample(const TypeEntry& declared, int variant) {
  const TypeEntry& type = BaseOf(declared);
  switch (postgres::ColumnMemberOf(type.column_kind)) {
    case v1::Column::kArrays:
      if (type.name == "int2vector") return VectorSample(21, variant);
      if (type.name == "oidvector") return VectorSample(26, variant);
      return ArraySample(*type.element, variant);
    case v1::Column::kComposites:
      return CompositeSample(type, variant);
    case v1::Column::kRanges:
      return RangeSample(*type.element, variant);
    case v1::Column::kMultiranges:
      return MultirangeSample(BaseOf(*type.element), variant);
    default:
      return ScalarSample(type, variant);
  }
}

}  // namespace sluice::fuzz

// The table of built-in types, from pg_type of PostgreSQL 14 and 15.

#include "server/postgres/codec/builtin_types.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace sluice::postgres {
namespace {

constexpr v1::TypeKind kArray = v1::TYPE_KIND_ARRAY;
constexpr v1::TypeKind kBase = v1::TYPE_KIND_BASE;
constexpr v1::TypeKind kPseudo = v1::TYPE_KIND_PSEUDO;
constexpr v1::TypeKind kRange = v1::TYPE_KIND_RANGE;
constexpr v1::TypeKind kMultirange = v1::TYPE_KIND_MULTIRANGE;

struct BuiltinType {
  uint32_t oid;
  const char* name;
  // In pg_type, where it differs from `name` and means the same in SQL: char
  // without quotes is not "char".
  const char* catalog_name;
  // 0: there is no array of it.
  uint32_t array_oid;
  v1::TypeKind kind;
  // Of base types; for the others it follows.
  ColumnKind column_kind;
  // What vectors, ranges and multiranges are made of; it stands above them.
  uint32_t element_oid = 0;
};

// clang-format off
constexpr BuiltinType kBuiltinTypes[] = {
    {16, "boolean", "bool", 1000, kBase, ColumnKind::kBool},
    {17, "bytea", "", 1001, kBase, ColumnKind::kBytea},
    {18, "\"char\"", "", 1002, kBase, ColumnKind::kChar},
    {19, "name", "", 1003, kBase, ColumnKind::kText},
    {20, "bigint", "int8", 1016, kBase, ColumnKind::kInt8},
    {21, "smallint", "int2", 1005, kBase, ColumnKind::kInt2},
    {22, "int2vector", "", 1006, kArray, ColumnKind::kVector, 21},
    {23, "integer", "int4", 1007, kBase, ColumnKind::kInt4},
    {24, "regproc", "", 1008, kBase, ColumnKind::kOther},
    {25, "text", "", 1009, kBase, ColumnKind::kText},
    {26, "oid", "", 1028, kBase, ColumnKind::kOid},
    {27, "tid", "", 1010, kBase, ColumnKind::kTid},
    {28, "xid", "", 1011, kBase, ColumnKind::kOid},
    {29, "cid", "", 1012, kBase, ColumnKind::kOid},
    {30, "oidvector", "", 1013, kArray, ColumnKind::kVector, 26},
    {114, "json", "", 199, kBase, ColumnKind::kJson},
    {142, "xml", "", 143, kBase, ColumnKind::kPlain},
    {194, "pg_node_tree", "", 0, kBase, ColumnKind::kOther},
    {600, "point", "", 1017, kBase, ColumnKind::kPoint},
    {601, "lseg", "", 1018, kBase, ColumnKind::kLseg},
    {602, "path", "", 1019, kBase, ColumnKind::kPath},
    {603, "box", "", 1020, kBase, ColumnKind::kBox},
    {604, "polygon", "", 1027, kBase, ColumnKind::kPolygon},
    {628, "line", "", 629, kBase, ColumnKind::kLine},
    {650, "cidr", "", 651, kBase, ColumnKind::kCidr},
    {700, "real", "float4", 1021, kBase, ColumnKind::kFloat4},
    {701, "double precision", "float8", 1022, kBase, ColumnKind::kFloat8},
    {705, "unknown", "", 0, kPseudo, ColumnKind::kOther},
    {718, "circle", "", 719, kBase, ColumnKind::kCircle},
    {774, "macaddr8", "", 775, kBase, ColumnKind::kMacaddr8},
    {790, "money", "", 791, kBase, ColumnKind::kOther},
    {829, "macaddr", "", 1040, kBase, ColumnKind::kMacaddr},
    {869, "inet", "", 1041, kBase, ColumnKind::kInet},
    {1033, "aclitem", "", 1034, kBase, ColumnKind::kOther},
    {1042, "character", "bpchar", 1014, kBase, ColumnKind::kText},
    {1043, "character varying", "varchar", 1015, kBase, ColumnKind::kText},
    {1082, "date", "", 1182, kBase, ColumnKind::kDate},
    {1083, "time without time zone", "time", 1183, kBase, ColumnKind::kTime},
    {1114, "timestamp without time zone", "timestamp", 1115, kBase, ColumnKind::kTimestamp},
    {1184, "timestamp with time zone", "timestamptz", 1185, kBase, ColumnKind::kTimestamptz},
    {1186, "interval", "", 1187, kBase, ColumnKind::kInterval},
    {1266, "time with time zone", "timetz", 1270, kBase, ColumnKind::kTimetz},
    {1560, "bit", "", 1561, kBase, ColumnKind::kBit},
    {1562, "bit varying", "varbit", 1563, kBase, ColumnKind::kBit},
    {1700, "numeric", "", 1231, kBase, ColumnKind::kNumeric},
    {1790, "refcursor", "", 2201, kBase, ColumnKind::kPlain},
    {2202, "regprocedure", "", 2207, kBase, ColumnKind::kOther},
    {2203, "regoper", "", 2208, kBase, ColumnKind::kOther},
    {2204, "regoperator", "", 2209, kBase, ColumnKind::kOther},
    {2205, "regclass", "", 2210, kBase, ColumnKind::kOther},
    {2206, "regtype", "", 2211, kBase, ColumnKind::kOther},
    {2249, "record", "", 2287, kPseudo, ColumnKind::kOther},
    {2275, "cstring", "", 1263, kPseudo, ColumnKind::kOther},
    {2277, "anyarray", "", 0, kPseudo, ColumnKind::kOther},
    {2278, "void", "", 0, kPseudo, ColumnKind::kOther},
    {2950, "uuid", "", 2951, kBase, ColumnKind::kUuid},
    {2970, "txid_snapshot", "", 2949, kBase, ColumnKind::kSnapshot},
    {3220, "pg_lsn", "", 3221, kBase, ColumnKind::kPgLsn},
    {3361, "pg_ndistinct", "", 0, kBase, ColumnKind::kOther},
    {3402, "pg_dependencies", "", 0, kBase, ColumnKind::kOther},
    {3614, "tsvector", "", 3643, kBase, ColumnKind::kTsvector},
    {3615, "tsquery", "", 3645, kBase, ColumnKind::kTsquery},
    {3642, "gtsvector", "", 3644, kBase, ColumnKind::kOther},
    {3734, "regconfig", "", 3735, kBase, ColumnKind::kOther},
    {3769, "regdictionary", "", 3770, kBase, ColumnKind::kOther},
    {3802, "jsonb", "", 3807, kBase, ColumnKind::kJsonb},
    {3904, "int4range", "", 3905, kRange, ColumnKind::kOther, 23},
    {3906, "numrange", "", 3907, kRange, ColumnKind::kOther, 1700},
    {3908, "tsrange", "", 3909, kRange, ColumnKind::kOther, 1114},
    {3910, "tstzrange", "", 3911, kRange, ColumnKind::kOther, 1184},
    {3912, "daterange", "", 3913, kRange, ColumnKind::kOther, 1082},
    {3926, "int8range", "", 3927, kRange, ColumnKind::kOther, 20},
    {4072, "jsonpath", "", 4073, kBase, ColumnKind::kJsonpath},
    {4089, "regnamespace", "", 4090, kBase, ColumnKind::kOther},
    {4096, "regrole", "", 4097, kBase, ColumnKind::kOther},
    {4191, "regcollation", "", 4192, kBase, ColumnKind::kOther},
    {4451, "int4multirange", "", 6150, kMultirange, ColumnKind::kOther, 3904},
    {4532, "nummultirange", "", 6151, kMultirange, ColumnKind::kOther, 3906},
    {4533, "tsmultirange", "", 6152, kMultirange, ColumnKind::kOther, 3908},
    {4534, "tstzmultirange", "", 6153, kMultirange, ColumnKind::kOther, 3910},
    {4535, "datemultirange", "", 6155, kMultirange, ColumnKind::kOther, 3912},
    {4536, "int8multirange", "", 6157, kMultirange, ColumnKind::kOther, 3926},
    {4600, "pg_brin_bloom_summary", "", 0, kBase, ColumnKind::kOther},
    {4601, "pg_brin_minmax_multi_summary", "", 0, kBase, ColumnKind::kOther},
    {5017, "pg_mcv_list", "", 0, kBase, ColumnKind::kOther},
    {5038, "pg_snapshot", "", 5039, kBase, ColumnKind::kSnapshot},
    {5069, "xid8", "", 271, kBase, ColumnKind::kXid8},
};
// clang-format on

// Spellings of the SQL standard that neither format_type nor pg_type has.
constexpr std::pair<const char*, uint32_t> kFurtherNames[] = {
    {"char", 1042},    {"dec", 1700},
    {"decimal", 1700}, {"float", 701},
    {"int", 23},       {"char varying", 1043},
    {"nchar", 1042},   {"national character", 1042},
};

constexpr uint32_t kBoxOid = 603;

class BuiltinIndex {
 public:
  BuiltinIndex() {
    for (const BuiltinType& type : kBuiltinTypes) Add(type);
    for (const auto& [name, oid] : kFurtherNames) {
      AddNames(name, by_oid_.at(oid));
    }
  }

  TypeRef Find(uint32_t oid) const {
    auto it = by_oid_.find(oid);
    return it == by_oid_.end() ? nullptr : it->second.type;
  }

  TypeRef Find(absl::string_view name) const {
    auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second;
  }

 private:
  struct Node {
    TypeRef type;
    TypeRef array;
  };

  void Add(const BuiltinType& builtin) {
    TypeEntry entry;
    entry.oid = builtin.oid;
    entry.name = builtin.name;
    entry.kind = builtin.kind;
    entry.column_kind = builtin.column_kind;
    entry.delimiter = builtin.oid == kBoxOid ? ';' : ',';
    if (builtin.element_oid != 0) {
      entry.element = by_oid_.at(builtin.element_oid).type;
    }
    CompleteType(entry);
    Node node;
    node.type = Keep(std::move(entry));
    if (builtin.array_oid != 0) node.array = AddArray(builtin, node.type);
    by_oid_[builtin.oid] = node;
    AddNames(builtin.name, node);
    const absl::string_view catalog_name = builtin.catalog_name;
    if (!catalog_name.empty()) AddNames(catalog_name, node);
    if (node.array == nullptr || builtin.column_kind == ColumnKind::kChar) {
      return;
    }
    by_name_[absl::StrCat(
        "_", catalog_name.empty() ? builtin.name : catalog_name)] = node.array;
  }

  TypeRef AddArray(const BuiltinType& builtin, const TypeRef& element) {
    TypeEntry entry;
    entry.oid = builtin.array_oid;
    entry.name = absl::StrCat(builtin.name, "[]");
    entry.kind = v1::TYPE_KIND_ARRAY;
    entry.element = element;
    CompleteType(entry);
    TypeRef array = Keep(std::move(entry));
    by_oid_[array->oid] = {array, nullptr};
    return array;
  }

  void AddNames(absl::string_view name, const Node& node) {
    by_name_[std::string(name)] = node.type;
    if (node.array != nullptr) by_name_[absl::StrCat(name, "[]")] = node.array;
  }

  // A reference without a count.
  TypeRef Keep(TypeEntry entry) {
    entries_.push_back(std::move(entry));
    return TypeRef(std::shared_ptr<void>(), &entries_.back());
  }

  std::deque<TypeEntry> entries_;
  absl::flat_hash_map<uint32_t, Node> by_oid_;
  absl::flat_hash_map<std::string, TypeRef> by_name_;
};

const BuiltinIndex& Index() {
  static const BuiltinIndex* const kIndex = new BuiltinIndex();
  return *kIndex;
}

}  // namespace

TypeRef FindBuiltinType(uint32_t oid) { return Index().Find(oid); }

TypeRef FindBuiltinType(absl::string_view name) { return Index().Find(name); }

}  // namespace sluice::postgres

// What the codec knows of one PostgreSQL type.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TYPE_ENTRY_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TYPE_ENTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// How values of a type are laid out on the wire, and so which member of
// v1::Column they fill.
enum class ColumnKind : uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  // oid, xid and cid.
  kOid,
  kFloat4,
  kFloat8,
  kNumeric,
  // text, varchar, bpchar and name.
  kText,
  // The one-byte "char".
  kChar,
  kEnum,
  kBytea,
  kTimestamp,
  kTimestamptz,
  kDate,
  kTime,
  kInterval,
  kUuid,
  kJson,
  kJsonb,
  kArray,
  // int2vector and oidvector: laid out as arrays whose lower bound is 0.
  kVector,
  kComposite,
  kRange,
  kMultirange,

  // These have no member of their own: their binary form is turned into the
  // text of PostgreSQL's output function, for `others`.
  // xml and refcursor, whose binary form is that text.
  kPlain,
  kJsonpath,
  kXid8,
  kPgLsn,
  kTid,
  // pg_snapshot and txid_snapshot.
  kSnapshot,
  kTimetz,
  // bit and varbit.
  kBit,
  kInet,
  kCidr,
  kMacaddr,
  kMacaddr8,
  kPoint,
  kLseg,
  kBox,
  kPath,
  kPolygon,
  kLine,
  kCircle,
  kTsvector,
  kTsquery,

  // Travels as PostgreSQL's text, into `others`: money, written as lc_monetary
  // says, and reg*, which are names in the catalog; what has no binary output
  // (aclitem, gtsvector), or serves the catalogs alone (pg_node_tree,
  // statistics); pseudo-types, since the shape of a record is not known before
  // its value; base types of extensions; and what is made of any of these.
  kOther,
};

struct TypeEntry;

// Lifetime: shared, so that a cached description of a statement may keep its
// types when the catalog has dropped or replaced them. Entries never change.
using TypeRef = std::shared_ptr<const TypeEntry>;

// A field of a composite type.
struct FieldEntry {
  std::string name;
  TypeRef type;
  // `atttypmod`: -1 without one.
  int32_t modifier = -1;
};

struct TypeEntry {
  uint32_t oid = 0;
  // As format_type writes it without a modifier; "???" where unknown.
  std::string name;
  v1::TypeKind kind = v1::TYPE_KIND_UNSPECIFIED;
  // Of a domain: that of the type it is over.
  ColumnKind column_kind = ColumnKind::kOther;
  // Between elements in the text of an array of this type.
  char delimiter = ',';
  // Arrays: the type of the elements; ranges: of the bounds; multiranges: of
  // the ranges; null for others.
  TypeRef element;
  // Composites: the fields in the order of the attributes, without dropped
  // ones; empty for others, and where there are too many in all.
  std::vector<FieldEntry> fields;
  // Domains: the type it is over, perhaps a domain too; null for others.
  TypeRef base;
  // Of what it is over; -1 without one.
  int32_t base_modifier = -1;
  // Set by CompleteType: how many types it is made of, itself included and
  // those of each field counted, and how deep they lie in each other.
  uint32_t part_count = 1;
  uint32_t depth = 1;
};

// Bounds of what types are made of. A client's protobuf library takes messages
// a hundred deep, and each level of a type makes up to three.
constexpr uint32_t kMaxTypeParts = 4'096;
constexpr uint32_t kMaxTypeDepth = 16;

// The type under a domain, through domains over domains; others: itself.
const TypeEntry& BaseOf(const TypeEntry& type);

// Sets what follows from the other members of an entry that is about to be
// shared: the measures, and for all kinds but base types the column kind.
//
// What is made of other types has columns of its own where each of them does
// without text, else it travels as text as a whole (a composite with a money,
// say). So does what is beyond the bounds above, which forgets what it is made
// of, and what is made of itself, since in it the entry is one without parts.
void CompleteType(TypeEntry& type);

// Whether it is a composite or holds one, whose fields may be altered.
bool HoldsComposite(const TypeEntry& type);

// An entry for a type that the catalog does not know: results of it travel as
// text.
TypeRef MakeUnknownType(uint32_t oid);

// Describes a type to the caller. `modifier` is what RowDescription says
// (-1: none); an array's is that of its elements.
void FillType(const TypeEntry& type, int32_t modifier, v1::Type& out);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TYPE_ENTRY_H_

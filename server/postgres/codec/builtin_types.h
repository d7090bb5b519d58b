// The types that every PostgreSQL database has under the same OIDs.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_BUILTIN_TYPES_H_
#define SLUICE_SERVER_POSTGRES_CODEC_BUILTIN_TYPES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "server/postgres/codec/type_entry.h"

namespace sluice::postgres {

// Null when no built-in type has that OID. The types are those of PostgreSQL
// 14 that a column or a parameter can have, with their arrays; what a later
// release added is looked up like a user's type.
// Lifetime: of the process; the references are not counted, so that threads
// share them at no cost.
TypeRef FindBuiltinType(uint32_t oid);

// Null when no built-in type is called that: names as format_type writes them
// ("timestamp with time zone"), as pg_type has them ("timestamptz") and the
// usual further spellings ("int"), each also as an array ("int[]", "_int4").
// Exact: other cases and spaces are PostgreSQL's to resolve.
TypeRef FindBuiltinType(absl::string_view name);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_BUILTIN_TYPES_H_

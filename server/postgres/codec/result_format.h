// In which form results are asked for, and where they go.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_RESULT_FORMAT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_RESULT_FORMAT_H_

#include <cstddef>
#include <optional>

#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/wire_format.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// The format to ask for in Bind: binary for every kind with a member of its
// own in v1::Column, text for kOther.
WireFormat ResultFormatOf(ColumnKind kind);

// The member of v1::Column that values of that kind fill.
v1::Column::ValuesCase ColumnMemberOf(ColumnKind kind);

// How many bytes PostgreSQL sends in front of the very bytes that the slot of
// such a value holds, so that a long one may be handed on as it arrives; none
// for a kind whose values have to be decoded.
std::optional<size_t> RawValueOffset(ColumnKind kind);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_RESULT_FORMAT_H_

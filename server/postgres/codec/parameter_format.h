// Choice of the form in which a parameter goes to PostgreSQL.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_PARAMETER_FORMAT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_PARAMETER_FORMAT_H_

#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/wire_format.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Binary where PostgreSQL has a binary form of the type and of all parts of
// the value, else text: one part that only an input function can read makes
// the whole a literal. `target` is no domain.
//
// A value that does not become the type goes as text, where it is refused.
WireFormat ParameterFormatOf(const v1::Value& value, const TypeEntry& target);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_PARAMETER_FORMAT_H_

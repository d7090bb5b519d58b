// Encodes a parameter of a statement for Bind.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_PARAMETER_ENCODER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_PARAMETER_ENCODER_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/wire_format.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Appends to `out` an int32 length (-1: NULL) and the bytes of `value` as a
// parameter of `type`, which is what ParameterDescription says (a domain for a
// domain). Returns the format for Bind's list of formats. After an error `out`
// is as before.
//
// Numbers become other numbers, or text, where nothing is lost; a boolean and
// a JSON document become text; a date becomes a timestamp without time zone; a
// text becomes any type, by PostgreSQL's input function. A type that is not
// known takes texts and numbers. Inside of containers the same rules hold, for
// the types of the elements, attributes and bounds.
//
// `number` is that of the parameter, from 1. `max_bytes` is what the other
// parameters leave of limits.max_parameter_bytes, length words not counted. It
// bounds the work too: nested literals can grow far beyond the request that
// they came in.
// Errors: INVALID_ARGUMENT with reason PARAMETER_TYPE, PARAMETER_LOSS or
// PARAMETER_MALFORMED; RESOURCE_EXHAUSTED (PARAMETERS_TOO_LARGE). All name the
// parameter in their message and metadata, the message also the part of it, and
// say executed "no".
absl::StatusOr<WireFormat> EncodeParameter(const v1::Value& value,
                                           const TypeEntry& type, int number,
                                           size_t max_bytes, std::string& out);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_PARAMETER_ENCODER_H_

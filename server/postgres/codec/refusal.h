// Why a parameter is refused. Sentences without the parameter, which
// AtParameter puts in front; they show numbers, but never texts.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_REFUSAL_H_
#define SLUICE_SERVER_POSTGRES_CODEC_REFUSAL_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// INVALID_ARGUMENT (PARAMETER_TYPE): a value of that kind never becomes that
// type.
absl::Status RefuseType(const v1::Value& value, const TypeEntry& target);

// INVALID_ARGUMENT (PARAMETER_LOSS): `shown`, a number or a description, does
// not fit.
absl::Status RefuseLoss(absl::string_view shown, const TypeEntry& target);

// INVALID_ARGUMENT (PARAMETER_MALFORMED): `fault` is a sentence.
absl::Status RefuseMalformed(absl::string_view fault);

// INVALID_ARGUMENT (PARAMETER_MALFORMED): it has no kind.
absl::Status RefuseUnset();

// INVALID_ARGUMENT (PARAMETER_MALFORMED): it nests deeper than kMaxValueDepth.
constexpr int kMaxValueDepth = 32;
absl::Status RefuseDepth();

// RESOURCE_EXHAUSTED (PARAMETERS_TOO_LARGE): the parameter is longer than the
// `max_bytes` that the others leave of limits.max_parameter_bytes.
absl::Status RefuseSize(size_t max_bytes);

// The same refusal, of a part of the value: `part` is such as "element 3".
absl::Status AtPart(const absl::Status& refusal, absl::string_view part);

// The same refusal, with "parameter $2: " in front and `parameter` in its
// metadata, and that nothing was executed. `number` counts from 1.
absl::Status AtParameter(const absl::Status& refusal, int number);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_REFUSAL_H_

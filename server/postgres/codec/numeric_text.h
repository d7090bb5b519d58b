// PostgreSQL's binary numeric as decimal text.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_NUMERIC_TEXT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_NUMERIC_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

enum class NumericDecoding { kDone, kMalformed };

// Sets `text` to what PostgreSQL's numeric_out writes for `binary`, the result
// of numeric_send: every digit, trailing zeros of the scale included, "NaN",
// "Infinity", "-Infinity". `text` is unspecified when it is malformed.
//
// The binary form is four int16 (digit count, weight, sign, display scale),
// then digits of base 10000; the first has the value digit * 10000^weight.
NumericDecoding DecodeNumeric(absl::string_view binary, std::string& text);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_NUMERIC_TEXT_H_

// Why a value of a result can't be decoded.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_DECODING_ERROR_H_
#define SLUICE_SERVER_POSTGRES_CODEC_DECODING_ERROR_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice::postgres {

// INTERNAL (PROTOCOL_VIOLATION): "malformed array: its flags are unknown".
absl::Status MalformedValue(absl::string_view what, absl::string_view why);

// The same of bytes that are no such value: "malformed uuid of 15 bytes".
absl::Status MalformedBytes(absl::string_view what, absl::string_view bytes);

// OUT_OF_RANGE (RESULT_OUT_OF_RANGE): the API can't represent it.
absl::Status ValueOutOfRange(absl::string_view message);

// The same error of the result column of that number, from 1.
absl::Status AtColumn(const absl::Status& status, size_t number);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_DECODING_ERROR_H_

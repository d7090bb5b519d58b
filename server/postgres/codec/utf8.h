// Check of UTF-8: a protobuf string that holds anything else makes the whole
// message unreadable to most clients.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_UTF8_H_
#define SLUICE_SERVER_POSTGRES_CODEC_UTF8_H_

#include "absl/strings/string_view.h"

namespace sluice::postgres {

// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no
// surrogates, nothing above U+10FFFF. ASCII costs an eighth of a step a byte.
bool IsUtf8(absl::string_view text);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_UTF8_H_

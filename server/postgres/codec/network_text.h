// Network addresses in PostgreSQL's binary format as its text.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_NETWORK_TEXT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_NETWORK_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

// All append to `text`, and return false when `binary` is no such value.

// "192.168.0.1/24", "::1": without the length of the network where that is the
// whole address.
bool AppendInet(absl::string_view binary, std::string& text);

// "10.0.0.0/8", "::1/128": always with the length.
bool AppendCidr(absl::string_view binary, std::string& text);

// "08:00:2b:01:02:03", of 6 and of 8 bytes.
bool AppendMacaddr(absl::string_view binary, std::string& text);
bool AppendMacaddr8(absl::string_view binary, std::string& text);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_NETWORK_TEXT_H_

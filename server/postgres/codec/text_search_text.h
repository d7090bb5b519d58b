// Text search values in PostgreSQL's binary format as its text.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TEXT_SEARCH_TEXT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TEXT_SEARCH_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

// Both append to `text`, and return false when `binary` is no such value.

// "'cat':2A 'fat':1".
bool AppendTsvector(absl::string_view binary, std::string& text);

// "'fat':AB* & !( 'rat' | 'cat' )". Needs time and memory in proportion to the
// value, however deep it is nested.
bool AppendTsquery(absl::string_view binary, std::string& text);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TEXT_SEARCH_TEXT_H_

// Values of types without a member of their own, as PostgreSQL's text.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_OTHER_TEXT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_OTHER_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/postgres/codec/type_entry.h"

namespace sluice::postgres {

// Appends to `text` exactly what the output function of a type of `kind` (one
// of those for `others`, kJsonpath to kTsquery) writes for `binary`, the result
// of its send function. The words in it are as PostgreSQL sent them, perhaps
// not UTF-8. Of floating-point numbers it writes the shortest digits that are
// exact, whatever extra_float_digits is.
//
// False when `binary` is no such value; `text` is unspecified then.
bool AppendOtherText(ColumnKind kind, absl::string_view binary,
                     std::string& text);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_OTHER_TEXT_H_

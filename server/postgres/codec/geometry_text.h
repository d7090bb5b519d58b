// Geometric values in PostgreSQL's binary format as its text.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_GEOMETRY_TEXT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_GEOMETRY_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::postgres {

// All append to `text`, and return false when `binary` is no such value.

// "(1.5,-2)".
bool AppendPoint(absl::string_view binary, std::string& text);

// "[(0,0),(1,1)]".
bool AppendLseg(absl::string_view binary, std::string& text);

// "(1,1),(0,0)".
bool AppendBox(absl::string_view binary, std::string& text);

// "((0,0),(1,1))" when closed, "[(0,0),(1,1)]" when open.
bool AppendPath(absl::string_view binary, std::string& text);

// "((0,0),(1,1))".
bool AppendPolygon(absl::string_view binary, std::string& text);

// "{1,-1,0}", of the equation 1x - 1y + 0 = 0.
bool AppendLine(absl::string_view binary, std::string& text);

// "<(0,0),1>".
bool AppendCircle(absl::string_view binary, std::string& text);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_GEOMETRY_TEXT_H_

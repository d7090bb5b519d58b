// Bodies of DataRow messages for tests.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TEST_ROWS_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TEST_ROWS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/big_endian.h"

namespace sluice::postgres {

using Cell = std::optional<std::string>;

// A cell given in hex.
inline Cell Hex(absl::string_view hex) { return absl::HexStringToBytes(hex); }

inline std::string MakeRowBody(std::initializer_list<Cell> cells) {
  std::string body;
  AppendBigEndian(static_cast<int16_t>(cells.size()), body);
  for (const Cell& cell : cells) {
    AppendBigEndian(cell.has_value() ? static_cast<int32_t>(cell->size()) : -1,
                    body);
    if (cell.has_value()) body.append(*cell);
  }
  return body;
}

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TEST_ROWS_H_

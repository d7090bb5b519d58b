// The two forms in which PostgreSQL sends and takes a value.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_WIRE_FORMAT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_WIRE_FORMAT_H_

#include <cstdint>

namespace sluice::postgres {

// Format codes of Bind and RowDescription.
// https://www.postgresql.org/docs/15/protocol-overview.html#PROTOCOL-FORMAT-CODES
enum class WireFormat : int16_t {
  kText = 0,
  kBinary = 1,
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_WIRE_FORMAT_H_

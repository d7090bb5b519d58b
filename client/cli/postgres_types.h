// The few types of PostgreSQL that are shown in a way of their own. OIDs of
// pg_type, which PostgreSQL never changes.

#ifndef SLUICE_CLIENT_CLI_POSTGRES_TYPES_H_
#define SLUICE_CLIENT_CLI_POSTGRES_TYPES_H_

#include <cstdint>

namespace sluice::cli {

constexpr uint32_t kInt8Oid = 20;
constexpr uint32_t kInt2Oid = 21;
constexpr uint32_t kInt2vectorOid = 22;
constexpr uint32_t kInt4Oid = 23;
constexpr uint32_t kOidOid = 26;
constexpr uint32_t kXidOid = 28;
constexpr uint32_t kCidOid = 29;
constexpr uint32_t kOidvectorOid = 30;
constexpr uint32_t kBoxOid = 603;
constexpr uint32_t kFloat4Oid = 700;
constexpr uint32_t kFloat8Oid = 701;
constexpr uint32_t kMoneyOid = 790;
constexpr uint32_t kTimestamptzOid = 1184;
constexpr uint32_t kNumericOid = 1700;
constexpr uint32_t kXid8Oid = 5069;

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_POSTGRES_TYPES_H_

// Dates, times and intervals as PostgreSQL writes them with DateStyle ISO,
// IntervalStyle postgres and TimeZone UTC.

#ifndef SLUICE_CLIENT_CLI_TIME_TEXT_H_
#define SLUICE_CLIENT_CLI_TIME_TEXT_H_

#include <cstdint>
#include <string>

#include "sluice/v1/types.pb.h"

namespace sluice::cli {

// Whether a timestamp names an instant (timestamptz), so that its zone is
// written.
enum class Zone { kNone, kUtc };

// `days` since 1970-01-01; int32's ends are -infinity and infinity:
// "2024-02-29", "0044-03-15 BC".
void AppendDate(int32_t days, std::string& out);

// `microseconds` since midnight: "04:05:06.5", "24:00:00".
void AppendTime(int64_t microseconds, std::string& out);

// `microseconds` since 1970-01-01; int64's ends are -infinity and infinity:
// "2024-02-29 04:05:06.5+00".
void AppendTimestamp(int64_t microseconds, Zone zone, std::string& out);

// "1 year 2 mons -3 days +04:05:06.5".
void AppendInterval(const v1::Interval& interval, std::string& out);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_TIME_TEXT_H_

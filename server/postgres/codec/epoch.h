// PostgreSQL counts time from 2000-01-01, the API from 1970-01-01.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_EPOCH_H_
#define SLUICE_SERVER_POSTGRES_CODEC_EPOCH_H_

#include <cstdint>
#include <limits>

namespace sluice::postgres {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// From 1970-01-01 to 2000-01-01.
constexpr int32_t kEpochShiftDays = 10'957;
constexpr int64_t kEpochShiftMicros = kEpochShiftDays * kMicrosPerDay;

// The ends of the integers are the infinities, in PostgreSQL as in the API.
constexpr int64_t kTimestampInfinity = std::numeric_limits<int64_t>::max();
constexpr int64_t kTimestampMinusInfinity = std::numeric_limits<int64_t>::min();
constexpr int32_t kDateInfinity = std::numeric_limits<int32_t>::max();
constexpr int32_t kDateMinusInfinity = std::numeric_limits<int32_t>::min();

// Limits of PostgreSQL's types, since 2000-01-01: from 4714-11-24 BC to, not
// included, 5874898-01-01 for date and 294277-01-01 for timestamp.
// https://www.postgresql.org/docs/15/datatype-datetime.html
constexpr int32_t kFirstDay = -2'451'545;
constexpr int32_t kEndDay = 2'145'031'949;
constexpr int32_t kEndTimestampDay = 106'751'983;
constexpr int64_t kFirstTimestampMicros = kFirstDay * kMicrosPerDay;
constexpr int64_t kEndTimestampMicros = kEndTimestampDay * kMicrosPerDay;

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_EPOCH_H_

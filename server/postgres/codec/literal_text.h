// Values as text that PostgreSQL's input functions read back exactly, whatever
// DateStyle and IntervalStyle are.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_LITERAL_TEXT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_LITERAL_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// The shortest digits that read back as the same number, laid out as
// PostgreSQL does: "0.1", "1e+15", "NaN", "-Infinity".
std::string ShortestText(double number);
std::string ShortestText(float number);

// "2024-02-29", "0044-03-15 BC", "infinity". The day is within PostgreSQL's
// limits or one of int32's ends.
std::string DateText(int32_t days_since_2000);

// "24:00:00", "12:34:56.000001". From 0 to a day.
std::string TimeText(int64_t micros_since_midnight);

// "2024-02-29 12:34:56.5", "0044-03-15 12:00:00 BC", "-infinity".
std::string TimestampText(int64_t micros_since_2000);

// The same with the zone: "2024-02-29 12:34:56.5+00".
std::string TimestamptzText(int64_t micros_since_2000);

// "+1 mons -2 days +3 hours +4 mins +5.000006 secs": each part with its sign,
// since under IntervalStyle sql_standard a first minus would hold for all of
// them; in units, since PostgreSQL can't read int64's lowest as a clock.
std::string IntervalText(const v1::Interval& interval);

// "\x00ff".
std::string ByteaText(absl::string_view bytes);

// "00112233-4455-6677-8899-aabbccddeeff". Of 16 bytes.
std::string UuidText(absl::string_view bytes);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_LITERAL_TEXT_H_

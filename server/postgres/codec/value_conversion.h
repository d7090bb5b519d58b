// A caller's values as what PostgreSQL's types hold, checked for loss. Both
// the binary and the text form of a parameter are made from these.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_VALUE_CONVERSION_H_
#define SLUICE_SERVER_POSTGRES_CODEC_VALUE_CONVERSION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// `target` is the type that the value is to become, no domain; its name goes
// into errors.
// Errors of all: INVALID_ARGUMENT, reason PARAMETER_TYPE where values of that
// kind never become the type, PARAMETER_LOSS where this one would lose
// something, PARAMETER_MALFORMED where it is none.

absl::StatusOr<bool> ToBool(const v1::Value& value, const TypeEntry& target);

// For int2, int4, int8 and oid, within the range of the type. From integers,
// doubles and numerics without a fraction.
absl::StatusOr<int64_t> ToInteger(const v1::Value& value,
                                  const TypeEntry& target);

// Integers must be exact. Doubles and numerics must be exact, or the shortest
// text of the result must say the same number: 0.1 becomes a float4.
absl::StatusOr<float> ToFloat4(const v1::Value& value, const TypeEntry& target);
absl::StatusOr<double> ToFloat8(const v1::Value& value,
                                const TypeEntry& target);

// Decimal text of an integer, a double (its shortest) or a numeric; for numeric
// within its limits.
absl::StatusOr<std::string> ToNumericText(const v1::Value& value,
                                          const TypeEntry& target);

// Microseconds since 2000-01-01 within the limits of timestamp. From a
// timestamp and, for timestamp without time zone, a date.
absl::StatusOr<int64_t> ToTimestamp(const v1::Value& value,
                                    const TypeEntry& target);

// Days since 2000-01-01 within the limits of date.
absl::StatusOr<int32_t> ToDate(const v1::Value& value, const TypeEntry& target);

// Microseconds since midnight, to 24:00:00.
absl::StatusOr<int64_t> ToTime(const v1::Value& value, const TypeEntry& target);

absl::StatusOr<v1::Interval> ToInterval(const v1::Value& value,
                                        const TypeEntry& target);

// Lifetime of the views below: that of the value.

absl::StatusOr<absl::string_view> ToBytea(const v1::Value& value,
                                          const TypeEntry& target);

// 16 bytes.
absl::StatusOr<absl::string_view> ToUuid(const v1::Value& value,
                                         const TypeEntry& target);

// For json and jsonb.
absl::StatusOr<absl::string_view> ToJson(const v1::Value& value,
                                         const TypeEntry& target);

// Of a text value, for a parameter of any type. PostgreSQL would cut a name
// that is too long, so that is a loss.
absl::StatusOr<absl::string_view> ToText(const v1::Value& value,
                                         const TypeEntry& target);

// Whether PostgreSQL would keep all of a text: a name has 63 bytes.
absl::Status CheckTextFits(absl::string_view text, const TypeEntry& target);

// For "char": the byte that a text of one ASCII character, of none (zero) or of
// a backslash and three octal digits says, as PostgreSQL 16 writes them.
// PostgreSQL would cut any other text, so that is a loss.
absl::StatusOr<char> ToChar(const v1::Value& value, const TypeEntry& target);

// Decimal text for a type of which only PostgreSQL knows what it takes. Of the
// built-in ones only those that are numbers take any: others would read the
// digits as something else (10 is B'10', and 10.0.0.0).
absl::StatusOr<std::string> ToOtherText(const v1::Value& value,
                                        const TypeEntry& target);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_VALUE_CONVERSION_H_

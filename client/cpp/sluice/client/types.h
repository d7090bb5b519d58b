// C++ types for the types of PostgreSQL that C++ has none for.

#ifndef SLUICE_CLIENT_TYPES_H_
#define SLUICE_CLIENT_TYPES_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::client {

// bytea.
struct Bytes {
  std::string data;

  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// numeric, exactly: decimal text such as "-12.50", "NaN" or "Infinity". As a
// parameter whatever PostgreSQL reads ("1e3"); in a result with the digits that
// PostgreSQL holds, trailing zeros included.
struct Numeric {
  std::string text;

  friend bool operator==(const Numeric&, const Numeric&) = default;
};

// json and jsonb, as text.
struct Json {
  std::string text;

  friend bool operator==(const Json&, const Json&) = default;
};

// interval. The parts are independent, as in PostgreSQL: a month has no fixed
// number of days, nor a day of microseconds.
struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t microseconds = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

// time (without time zone). From 0 to 24 hours, which PostgreSQL takes as a
// time of its own.
struct TimeOfDay {
  absl::Duration since_midnight = absl::ZeroDuration();

  friend bool operator==(const TimeOfDay&, const TimeOfDay&) = default;
};

// uuid.
struct Uuid {
  // From the usual 36 characters, of either case.
  // Errors: INVALID_ARGUMENT.
  static absl::StatusOr<Uuid> Parse(absl::string_view text);

  // The usual 36 characters, in lower case.
  std::string ToString() const;

  // In network order.
  std::array<uint8_t, 16> octets = {};

  friend bool operator==(const Uuid&, const Uuid&) = default;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

// A parameter that says which PostgreSQL type it is for; made by Typed.
template <typename T>
struct TypedParameter {
  std::string type;
  T value;
};

// `type` is a name as SQL writes it: Typed("app.mood", "happy"),
// Typed("int4[]", std::vector<int64_t>()). Without it PostgreSQL infers the
// type from the statement.
template <typename T>
TypedParameter<std::decay_t<const T&>> Typed(absl::string_view type,
                                             const T& value) {
  return {std::string(type), value};
}

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TYPES_H_

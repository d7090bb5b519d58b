// Calendar fields out of counts of days and microseconds.

#include "client/cli/time_text.h"

#include <limits>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace sluice::cli {
namespace {

constexpr int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr int64_t kMicrosecondsPerDay = 86'400 * kMicrosecondsPerSecond;
constexpr int kMonthsPerYear = 12;

// Appends what stands for an infinity, where `value` is one.
template <typename Count>
bool AppendedInfinity(Count value, std::string& out) {
  if (value == std::numeric_limits<Count>::min()) {
    out.append("-infinity");
  } else if (value == std::numeric_limits<Count>::max()) {
    out.append("infinity");
  } else {
    return false;
  }
  return true;
}

// The year before 1 is 1 BC, which civil time counts as 0.
bool IsBeforeChrist(absl::CivilDay day) { return day.year() < 1; }

void AppendDay(absl::CivilDay day, std::string& out) {
  const int64_t year = IsBeforeChrist(day) ? 1 - day.year() : day.year();
  absl::StrAppendFormat(&out, "%04d-%02d-%02d", year, day.month(), day.day());
}

// hh:mm:ss with as many digits of the fraction as it needs.
void AppendClock(uint64_t microseconds, std::string& out) {
  const uint64_t seconds = microseconds / kMicrosecondsPerSecond;
  const uint64_t fraction = microseconds % kMicrosecondsPerSecond;
  absl::StrAppendFormat(&out, "%02d:%02d:%02d", seconds / 3600,
                        seconds / 60 % 60, seconds % 60);
  if (fraction == 0) return;
  absl::StrAppendFormat(&out, ".%06d", fraction);
  out.resize(out.find_last_not_of('0') + 1);
}

// The parts of an interval, each with a sign of its own: a positive part
// that follows a negative one says so.
class IntervalWriter {
 public:
  explicit IntervalWriter(std::string& out) : out_(out) {}

  void AppendCount(int32_t count, absl::string_view unit) {
    if (count == 0) return;
    BeginPart(count < 0 ? Sign::kNegative : Sign::kPositive);
    absl::StrAppendFormat(&out_, "%d %s%s", count, unit, count == 1 ? "" : "s");
  }

  void AppendClockPart(int64_t microseconds) {
    if (microseconds == 0 && !is_empty_) return;
    const Sign sign = microseconds < 0 ? Sign::kNegative : Sign::kPositive;
    BeginPart(sign);
    uint64_t magnitude = static_cast<uint64_t>(microseconds);
    if (sign == Sign::kNegative) {
      out_.push_back('-');
      magnitude = 0 - magnitude;
    }
    AppendClock(magnitude, out_);
  }

 private:
  enum class Sign { kPositive, kNegative };

  void BeginPart(Sign sign) {
    if (!is_empty_) out_.push_back(' ');
    if (sign == Sign::kPositive && last_ == Sign::kNegative) {
      out_.push_back('+');
    }
    is_empty_ = false;
    last_ = sign;
  }

  std::string& out_;
  bool is_empty_ = true;
  Sign last_ = Sign::kPositive;
};

}  // namespace

void AppendDate(int32_t days, std::string& out) {
  if (AppendedInfinity(days, out)) return;
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + days;
  AppendDay(day, out);
  if (IsBeforeChrist(day)) out.append(" BC");
}

void AppendTime(int64_t microseconds, std::string& out) {
  AppendClock(static_cast<uint64_t>(microseconds), out);
}

void AppendTimestamp(int64_t microseconds, Zone zone, std::string& out) {
  if (AppendedInfinity(microseconds, out)) return;
  int64_t days = microseconds / kMicrosecondsPerDay;
  int64_t of_day = microseconds % kMicrosecondsPerDay;
  if (of_day < 0) {
    --days;
    of_day += kMicrosecondsPerDay;
  }
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + days;
  AppendDay(day, out);
  out.push_back(' ');
  AppendClock(static_cast<uint64_t>(of_day), out);
  if (zone == Zone::kUtc) out.append("+00");
  if (IsBeforeChrist(day)) out.append(" BC");
}

void AppendInterval(const v1::Interval& interval, std::string& out) {
  IntervalWriter writer(out);
  writer.AppendCount(interval.months() / kMonthsPerYear, "year");
  writer.AppendCount(interval.months() % kMonthsPerYear, "mon");
  writer.AppendCount(interval.days(), "day");
  writer.AppendClockPart(interval.microseconds());
}

}  // namespace sluice::cli

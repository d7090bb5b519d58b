// Checks of lengths and bounds, and where the braces go.

#include "server/postgres/codec/array_shape.h"

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/refusal.h"

namespace sluice::postgres {
namespace {

absl::Status RefuseLengths() {
  return RefuseMalformed(
      "the lengths of the array do not multiply to its number of elements");
}

absl::Status CheckLengths(const v1::ArrayValue& array) {
  int64_t count = 1;
  for (int32_t length : array.lengths()) {
    if (length < 0) return RefuseMalformed("a length of the array is negative");
    // Stays below 2^62, as neither factor is above 2^31.
    count *= length;
    if (count > array.elements_size()) return RefuseLengths();
  }
  return count == array.elements_size() ? absl::OkStatus() : RefuseLengths();
}

}  // namespace

absl::StatusOr<ArrayShape> ArrayShape::Make(const v1::ArrayValue& array) {
  if (array.lengths_size() > kMaxDimensions) {
    return RefuseMalformed(
        absl::StrCat("an array has at most ", kMaxDimensions, " dimensions"));
  }
  if (array.lower_bounds_size() != 0 &&
      array.lower_bounds_size() != array.lengths_size()) {
    return RefuseMalformed("the array has not as many lower bounds as lengths");
  }
  ArrayShape shape;
  if (array.lengths().empty()) {
    shape.dimensions_.push_back(
        {array.elements_size(), 1, array.elements_size()});
    return shape;
  }
  if (absl::Status status = CheckLengths(array); !status.ok()) return status;
  int64_t stride = 1;
  for (int i = array.lengths_size() - 1; i >= 0; --i) {
    const int32_t length = array.lengths(i);
    const int32_t lower =
        array.lower_bounds().empty() ? 1 : array.lower_bounds(i);
    if (int64_t{lower} + length > std::numeric_limits<int32_t>::max()) {
      return RefuseMalformed("an upper bound of the array is beyond int32");
    }
    stride *= length;
    shape.dimensions_.push_back({length, lower, stride});
  }
  return shape;
}

std::string ArrayShape::BoundsText() const {
  bool all_begin_at_one = true;
  std::string text;
  for (auto it = dimensions_.rbegin(); it != dimensions_.rend(); ++it) {
    if (it->lower_bound != 1) all_begin_at_one = false;
    absl::StrAppend(&text, "[", it->lower_bound, ":",
                    it->lower_bound + it->length - 1, "]");
  }
  return all_begin_at_one ? std::string() : absl::StrCat(text, "=");
}

void ArrayShape::AppendDimensions(std::string& out) const {
  for (auto it = dimensions_.rbegin(); it != dimensions_.rend(); ++it) {
    AppendBigEndian(it->length, out);
    AppendBigEndian(it->lower_bound, out);
  }
}

size_t ArrayShape::OpeningBefore(int element) const {
  size_t count = 0;
  for (const Dimension& dimension : dimensions_) {
    if (element % dimension.stride == 0) ++count;
  }
  return count;
}

size_t ArrayShape::ClosingAfter(int element) const {
  return OpeningBefore(element + 1);
}

}  // namespace sluice::postgres

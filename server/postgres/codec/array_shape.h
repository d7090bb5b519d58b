// The dimensions of an array parameter.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_ARRAY_SHAPE_H_
#define SLUICE_SERVER_POSTGRES_CODEC_ARRAY_SHAPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class ArrayShape {
 public:
  // PostgreSQL's limit, MAXDIM.
  static constexpr int kMaxDimensions = 6;

  // Errors: INVALID_ARGUMENT (PARAMETER_MALFORMED) when the lengths do not
  // multiply to the number of elements, there are more than kMaxDimensions,
  // the lower bounds are not as many, or an upper bound is beyond int32.
  static absl::StatusOr<ArrayShape> Make(const v1::ArrayValue& array);

  // "[0:1][5:7]=" in front of the braces; nothing when all bounds begin at 1.
  std::string BoundsText() const;

  // int32 length and lower bound of each, the outermost first, as array_send
  // writes them.
  void AppendDimensions(std::string& out) const;
  int dimension_count() const { return static_cast<int>(dimensions_.size()); }

  // How many braces open before and close after an element.
  size_t OpeningBefore(int element) const;
  size_t ClosingAfter(int element) const;

 private:
  struct Dimension {
    int32_t length;
    int32_t lower_bound;
    // Elements from one index of the dimension around it to the next.
    int64_t stride;
  };

  // The innermost first.
  std::vector<Dimension> dimensions_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_ARRAY_SHAPE_H_

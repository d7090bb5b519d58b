// Walks an array's elements in row-major order.

#include "client/cli/array_nesting.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

using client::ArrayCell;
using client::Cell;

class NestedWriter {
 public:
  NestedWriter(const ArrayCell& array, const ArrayPunctuation& punctuation,
               absl::FunctionRef<void(const Cell&)> append_element,
               std::string& out)
      : array_(array),
        punctuation_(punctuation),
        append_element_(append_element),
        out_(out) {}

  void AppendFrom(size_t depth) {
    absl::StrAppend(&out_, punctuation_.open);
    const size_t dimension_count = array_.dimension_count();
    const int32_t length =
        depth < dimension_count ? array_.dimension(depth).length : 0;
    for (int32_t i = 0; i < length; ++i) {
      if (i > 0) absl::StrAppend(&out_, punctuation_.separator);
      if (depth + 1 < dimension_count) {
        AppendFrom(depth + 1);
      } else {
        append_element_(array_.element(next_++));
      }
    }
    absl::StrAppend(&out_, punctuation_.close);
  }

 private:
  const ArrayCell& array_;
  const ArrayPunctuation& punctuation_;
  absl::FunctionRef<void(const Cell&)> append_element_;
  std::string& out_;
  size_t next_ = 0;
};

}  // namespace

void AppendNested(const ArrayCell& array, const ArrayPunctuation& punctuation,
                  absl::FunctionRef<void(const Cell&)> append_element,
                  std::string& out) {
  NestedWriter(array, punctuation, append_element, out).AppendFrom(0);
}

}  // namespace sluice::cli

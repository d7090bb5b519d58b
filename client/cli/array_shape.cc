// Walks an array's elements in row-major order.

#include "client/cli/array_shape.h"

namespace sluice::cli {
namespace {

class NestedWriter {
 public:
  NestedWriter(const ArrayShape& shape, const ArrayPunctuation& punctuation,
               absl::FunctionRef<void(size_t)> append_element, std::string& out)
      : shape_(shape),
        punctuation_(punctuation),
        append_element_(append_element),
        out_(out),
        next_(shape.begin) {}

  void AppendFrom(size_t depth) {
    out_.append(punctuation_.open.data(), punctuation_.open.size());
    const int32_t length =
        depth < shape_.dimensions.size() ? shape_.dimensions[depth].length : 0;
    for (int32_t i = 0; i < length; ++i) {
      if (i > 0) {
        out_.append(punctuation_.separator.data(),
                    punctuation_.separator.size());
      }
      if (depth + 1 < shape_.dimensions.size()) {
        AppendFrom(depth + 1);
      } else {
        append_element_(next_++);
      }
    }
    out_.append(punctuation_.close.data(), punctuation_.close.size());
  }

 private:
  const ArrayShape& shape_;
  const ArrayPunctuation& punctuation_;
  absl::FunctionRef<void(size_t)> append_element_;
  std::string& out_;
  size_t next_;
};

}  // namespace

void AppendNested(const ArrayShape& shape, const ArrayPunctuation& punctuation,
                  absl::FunctionRef<void(size_t)> append_element,
                  std::string& out) {
  NestedWriter(shape, punctuation, append_element, out).AppendFrom(0);
}

}  // namespace sluice::cli

// Values as PostgreSQL's binary forms: scalars, arrays, composites and ranges.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_BINARY_ENCODER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_BINARY_ENCODER_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Writes one parameter.
class BinaryEncoder {
 public:
  // Appends to `out`, which outlives it, and stops where the value has become
  // longer than `max_bytes` by more than one part.
  BinaryEncoder(size_t max_bytes, std::string& out)
      : max_bytes_(max_bytes), start_(out.size()), out_(out) {}
  BinaryEncoder(const BinaryEncoder&) = delete;
  BinaryEncoder& operator=(const BinaryEncoder&) = delete;

  // What the receive function of `target` takes for `value`, which is no NULL
  // and for which ParameterFormatOf says binary.
  // Errors: those of value_conversion.h and, with PARAMETER_MALFORMED, of
  // array_shape.h, container_shape.h and of nesting too deep;
  // RESOURCE_EXHAUSTED (PARAMETERS_TOO_LARGE).
  absl::Status Append(const v1::Value& value, const TypeEntry& target);

 private:
  absl::Status AppendScalar(const v1::Value& value, const TypeEntry& target);
  absl::Status AppendContainer(const v1::Value& value, const TypeEntry& target);
  absl::Status AppendArray(const v1::ArrayValue& array,
                           const TypeEntry& element);
  absl::Status AppendComposite(const v1::CompositeValue& composite,
                               const TypeEntry& target);
  absl::Status AppendRange(const v1::RangeValue& range, const TypeEntry& bound);
  absl::Status AppendMultirange(const v1::MultirangeValue& multirange,
                                const TypeEntry& range);
  // An element, a field or a bound, its length in front; -1 for a NULL.
  absl::Status AppendPart(const v1::Value& value, const TypeEntry& type);
  absl::Status CheckSize() const;

  const size_t max_bytes_;
  const size_t start_;
  std::string& out_;
  // Containers around what is being written.
  int depth_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_BINARY_ENCODER_H_

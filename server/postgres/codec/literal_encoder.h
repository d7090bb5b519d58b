// Values as PostgreSQL's literal text: scalars, arrays, composites and ranges.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_LITERAL_ENCODER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_LITERAL_ENCODER_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Writes one parameter.
class LiteralEncoder {
 public:
  // `max_bytes` bounds what a literal may grow to: each level of nesting
  // doubles the backslashes of the levels in it.
  explicit LiteralEncoder(size_t max_bytes) : max_bytes_(max_bytes) {}
  LiteralEncoder(const LiteralEncoder&) = delete;
  LiteralEncoder& operator=(const LiteralEncoder&) = delete;

  // What the input function of `target` takes for `value`. A text value is
  // taken for any type as it is. `value` is no NULL.
  //
  // The parts of a container whose type does not tell theirs are written for
  // what they are themselves: a timestamp as timestamptz, and so on.
  // Errors: those of value_conversion.h and, with PARAMETER_MALFORMED, of
  // array_shape.h, container_shape.h and of nesting too deep;
  // RESOURCE_EXHAUSTED (PARAMETERS_TOO_LARGE).
  absl::StatusOr<std::string> Encode(const v1::Value& value,
                                     const TypeEntry& target);

 private:
  // A type that is null in the functions below is not known.
  absl::StatusOr<std::string> EncodeScalar(const v1::Value& value,
                                           const TypeEntry& target) const;
  // `target` is null, or of a kind that takes such a value.
  absl::StatusOr<std::string> EncodeContainer(const v1::Value& value,
                                              const TypeEntry* target);
  absl::StatusOr<std::string> EncodeArray(const v1::ArrayValue& array,
                                          const TypeEntry* element);
  absl::StatusOr<std::string> EncodeComposite(
      const v1::CompositeValue& composite, const TypeEntry* target);
  absl::StatusOr<std::string> EncodeRange(const v1::RangeValue& range,
                                          const TypeEntry* bound);
  absl::StatusOr<std::string> EncodeMultirange(
      const v1::MultirangeValue& multirange, const TypeEntry* range);

  // Appends an element; a NULL is a word here.
  absl::Status AppendElement(const v1::Value& value, const TypeEntry* element,
                             std::string& out);
  // Appends a field or a bound, quoted where it must be; nothing for a NULL.
  absl::Status AppendPart(const v1::Value& value, const TypeEntry* type,
                          std::string& out);
  absl::Status CheckSize(const std::string& literal) const;

  const size_t max_bytes_;
  // Containers around what is being written.
  int depth_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_LITERAL_ENCODER_H_

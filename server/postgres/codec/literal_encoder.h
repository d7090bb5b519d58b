// Values as PostgreSQL's literal text: scalars, arrays and composites.

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

class LiteralEncoder {
 public:
  // `max_bytes` bounds what a literal may grow to: each level of nesting
  // doubles the backslashes of the levels in it.
  explicit LiteralEncoder(size_t max_bytes) : max_bytes_(max_bytes) {}

  // What the input function of `target` takes for `value`. A text value is
  // taken for any type as it is. `value` is no NULL.
  //
  // The fields of a composite are written for what they are themselves (a
  // timestamp as timestamptz, and so on), as the types of the fields are not
  // known here.
  // Errors: those of value_conversion.h; for arrays PARAMETER_MALFORMED also
  // where the lengths, the bounds and the elements contradict each other, or
  // an element is an array; RESOURCE_EXHAUSTED (PARAMETERS_TOO_LARGE).
  absl::StatusOr<std::string> Encode(const v1::Value& value,
                                     const TypeEntry& target) const;

 private:
  absl::StatusOr<std::string> EncodeScalar(const v1::Value& value,
                                           const TypeEntry& target) const;
  // Null `element`: the elements are written for what they are themselves.
  absl::StatusOr<std::string> EncodeArray(const v1::ArrayValue& array,
                                          const TypeEntry* element) const;
  absl::StatusOr<std::string> EncodeComposite(
      const v1::CompositeValue& composite) const;
  absl::StatusOr<std::string> EncodeUntyped(const v1::Value& value) const;

  // Appends an element to an array's literal.
  absl::Status AppendElement(const v1::Value& value, const TypeEntry* element,
                             std::string& out) const;
  // Appends a field to a composite's literal.
  absl::Status AppendField(const v1::Value& value, std::string& out) const;
  absl::Status CheckSize(const std::string& literal) const;

  const size_t max_bytes_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_LITERAL_ENCODER_H_

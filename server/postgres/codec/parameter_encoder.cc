// The length word, the limits and the name of the parameter in errors.

#include "server/postgres/codec/parameter_encoder.h"

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/binary_encoder.h"
#include "server/postgres/codec/literal_encoder.h"
#include "server/postgres/codec/parameter_format.h"
#include "server/postgres/codec/refusal.h"
#include "server/postgres/codec/value_conversion.h"

namespace sluice::postgres {
namespace {

constexpr int32_t kNullLength = -1;

absl::Status AppendLiteral(const v1::Value& value, const TypeEntry& target,
                           size_t max_bytes, std::string& out) {
  if (value.has_text_value()) {
    absl::StatusOr<absl::string_view> text = ToText(value, target);
    if (!text.ok()) return text.status();
    out.append(text->data(), text->size());
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> literal =
      LiteralEncoder(max_bytes).Encode(value, target);
  if (!literal.ok()) return literal.status();
  out.append(*literal);
  return absl::OkStatus();
}

// The value, with its length in front.
absl::Status AppendSized(const v1::Value& value, const TypeEntry& target,
                         WireFormat format, size_t max_bytes,
                         std::string& out) {
  if (value.kind_case() == v1::Value::KIND_NOT_SET) return RefuseUnset();
  const size_t start = out.size();
  AppendBigEndian(kNullLength, out);
  if (value.has_null_value()) return absl::OkStatus();
  absl::Status status =
      format == WireFormat::kText
          ? AppendLiteral(value, target, max_bytes, out)
          : BinaryEncoder(max_bytes, out).Append(value, target);
  if (!status.ok()) return status;
  const size_t byte_count = out.size() - start - sizeof(kNullLength);
  if (byte_count > max_bytes ||
      byte_count > std::numeric_limits<int32_t>::max()) {
    return RefuseSize(max_bytes);
  }
  StoreBigEndian(static_cast<int32_t>(byte_count), out.data() + start);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<WireFormat> EncodeParameter(const v1::Value& value,
                                           const TypeEntry& type, int number,
                                           size_t max_bytes, std::string& out) {
  const TypeEntry& target = BaseOf(type);
  const WireFormat format = ParameterFormatOf(value, target);
  const size_t start = out.size();
  if (absl::Status status = AppendSized(value, target, format, max_bytes, out);
      !status.ok()) {
    out.resize(start);
    return AtParameter(status, number);
  }
  return format;
}

}  // namespace sluice::postgres

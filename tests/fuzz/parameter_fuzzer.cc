// Fuzzes the encoder of parameters: a type that the input chooses, and a
// v1::Value. What is encoded in binary is decoded as a result of that type,
// taken for a parameter again, and must give the same bytes.
//
// The input: 2 bytes for the type, a byte for the form of the rest, a Value as
// protobuf's text or binary.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "server/base/error.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/parameter_encoder.h"
#include "server/postgres/codec/result_format.h"
#include "server/postgres/codec/row_decoder.h"
#include "tests/fuzz/column_invariants.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_types.h"
#include "tests/support/column_values.h"

namespace sluice::fuzz {
namespace {

using postgres::ColumnKind;
using postgres::TypeRef;
using postgres::WireFormat;

constexpr size_t kMaxBytes = 100'000;
constexpr int kMaxDepth = 100;

class SilentErrors : public google::protobuf::io::ErrorCollector {
  void AddError(int /*line*/, int /*column*/,
                const std::string& /*message*/) override {}
};

bool ParseText(absl::string_view text, v1::Value& value) {
  SilentErrors errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(kMaxDepth);
  return parser.ParseFromString(std::string(text), &value);
}

void RequireEncoderError(const absl::Status& status) {
  const v1::ErrorReason reason = ReasonOf(status);
  Require((absl::IsInvalidArgument(status) &&
           (reason == v1::ERROR_REASON_PARAMETER_TYPE ||
            reason == v1::ERROR_REASON_PARAMETER_LOSS ||
            reason == v1::ERROR_REASON_PARAMETER_MALFORMED)) ||
              (absl::IsResourceExhausted(status) &&
               reason == v1::ERROR_REASON_PARAMETERS_TOO_LARGE),
          absl::StrCat("a documented error: ", status.ToString()));
  Require(ErrorMetadataOf(status, "parameter") == "1",
          "an error that names the parameter");
}

// A row of a single column that holds a parameter's bytes.
std::string RowOf(const std::string& encoded) {
  std::string body;
  postgres::AppendBigEndian(int16_t{1}, body);
  body.append(encoded);
  return body;
}

void RequireRoundTrip(const TypeRef& type, const std::string& encoded) {
  google::protobuf::RepeatedPtrField<v1::Column> columns;
  const TypeRef types[] = {type};
  postgres::RowDecoder decoder(types, &columns);
  const absl::Status status = decoder.AddRow(RowOf(encoded));
  // The decoder knows of limits that a parameter has not: what a timestamp of
  // the API can say, how long a numeric may get.
  if (absl::IsOutOfRange(status) || absl::IsResourceExhausted(status)) return;
  Require(status.ok(), absl::StrCat("its own bytes: ", status.ToString()));
  RequireSound(columns[0], *type, 1);
  std::string again;
  const absl::StatusOr<WireFormat> format = postgres::EncodeParameter(
      testing::ValueAt(columns[0], 0), *type, 1, kMaxBytes, again);
  Require(format.ok(),
          absl::StrCat("its own value: ", format.status().ToString()));
  Require(*format == WireFormat::kBinary && again == encoded,
          "the same bytes again");
}

void Encode(FuzzInput input) {
  const TypeRef& type = FuzzType(input.TakeUint16());
  const bool is_text = input.TakeByte() % 2 == 0;
  const absl::string_view rest = input.TakeRest();
  v1::Value value;
  if (!(is_text ? ParseText(rest, value)
                : value.ParseFromArray(rest.data(),
                                       static_cast<int>(rest.size())))) {
    return;
  }
  std::string encoded;
  const absl::StatusOr<WireFormat> format =
      postgres::EncodeParameter(value, *type, 1, kMaxBytes, encoded);
  if (!format.ok()) {
    Require(encoded.empty(), "nothing is left of a value that is refused");
    return RequireEncoderError(format.status());
  }
  Require(encoded.size() >= 4 && encoded.size() <= kMaxBytes + 4,
          "a length, and bytes within the limit");
  const auto length = postgres::LoadBigEndian<int32_t>(encoded.data());
  Require(length == (value.has_null_value()
                         ? -1
                         : static_cast<int32_t>(encoded.size() - 4)),
          "the length in front");
  if (*format == WireFormat::kText) {
    Require(encoded.find('\0', 4) == std::string::npos, "text without NUL");
    return;
  }
  const ColumnKind kind = postgres::BaseOf(*type).column_kind;
  if (postgres::ResultFormatOf(kind) == WireFormat::kBinary) {
    RequireRoundTrip(type, encoded);
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  sluice::fuzz::Encode(sluice::fuzz::FuzzInput(bytes, byte_count));
  return 0;
}

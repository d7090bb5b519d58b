#include "server/postgres/bind_message.h"

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/postgres/codec/parameter_encoder.h"
#include "server/postgres/codec/result_format.h"
#include "server/postgres/statement_preparation.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

using google::protobuf::RepeatedPtrField;

// The encoder knows only what the other parameters left of the limit.
absl::Status NameLimit(const absl::Status& refusal, size_t limit) {
  if (ReasonOf(refusal) != v1::ERROR_REASON_PARAMETERS_TOO_LARGE) {
    return refusal;
  }
  return MakeError(refusal.code(), v1::ERROR_REASON_PARAMETERS_TOO_LARGE,
                   absl::StrCat("the parameters are longer than ", limit,
                                " bytes (limits.max_parameter_bytes)"),
                   {{"field", "parameters"},
                    {"parameter", ErrorMetadataOf(refusal, "parameter")},
                    {"limit", absl::StrCat(limit)},
                    {"executed", "no"}});
}

}  // namespace

absl::Status WriteBind(const PreparedStatement& statement,
                       const RepeatedPtrField<v1::Value>& parameters,
                       size_t max_parameter_bytes, std::string& out) {
  if (static_cast<size_t>(parameters.size()) != statement.parameters.size()) {
    return ParameterCountError(parameters.size(), statement.parameters.size());
  }
  MessageWriter writer(out);
  writer.Begin(message::kBind);
  writer.CString("");
  writer.CString(statement.name);
  writer.Int16(static_cast<int16_t>(parameters.size()));
  const size_t formats_at = out.size();
  for (int i = 0; i < parameters.size(); ++i) writer.Int16(0);
  writer.Int16(static_cast<int16_t>(parameters.size()));
  const size_t values_end = out.size() + max_parameter_bytes;
  for (int i = 0; i < parameters.size(); ++i) {
    const auto index = static_cast<size_t>(i);
    // The lengths do not count.
    const size_t left = values_end + (index * sizeof(int32_t)) - out.size();
    absl::StatusOr<WireFormat> format = EncodeParameter(
        parameters[i], *statement.parameters[index], i + 1, left, out);
    if (!format.ok()) {
      return NameLimit(format.status(), max_parameter_bytes);
    }
    writer.PatchInt16(formats_at + (index * sizeof(int16_t)),
                      static_cast<int16_t>(*format));
  }
  writer.Int16(static_cast<int16_t>(statement.columns.size()));
  for (const ColumnDescription& column : statement.columns) {
    writer.Int16(
        static_cast<int16_t>(ResultFormatOf(column.type->column_kind)));
  }
  writer.End();
  return absl::OkStatus();
}

}  // namespace sluice::postgres

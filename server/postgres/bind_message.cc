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

absl::StatusOr<size_t> WriteBind(const PreparedStatement& statement,
                                 absl::Span<const v1::Value* const> parameters,
                                 ParameterLimit limit, std::string& out) {
  if (parameters.size() != statement.parameters.size()) {
    return ParameterCountError(parameters.size(), statement.parameters.size());
  }
  MessageWriter writer(out);
  writer.Begin(message::kBind);
  writer.CString("");
  writer.CString(statement.name);
  writer.Int16(static_cast<int16_t>(parameters.size()));
  const size_t formats_at = out.size();
  for (size_t i = 0; i < parameters.size(); ++i) writer.Int16(0);
  writer.Int16(static_cast<int16_t>(parameters.size()));
  const size_t values_at = out.size();
  const size_t values_end = values_at + limit.max_bytes - limit.used_bytes;
  for (size_t i = 0; i < parameters.size(); ++i) {
    // The lengths do not count.
    const size_t left = values_end + (i * sizeof(int32_t)) - out.size();
    absl::StatusOr<WireFormat> format =
        EncodeParameter(*parameters[i], *statement.parameters[i],
                        static_cast<int>(i) + 1, left, out);
    if (!format.ok()) {
      return NameLimit(format.status(), limit.max_bytes);
    }
    writer.PatchInt16(formats_at + (i * sizeof(int16_t)),
                      static_cast<int16_t>(*format));
  }
  const size_t value_bytes =
      out.size() - values_at - (parameters.size() * sizeof(int32_t));
  writer.Int16(static_cast<int16_t>(statement.columns.size()));
  for (const ColumnDescription& column : statement.columns) {
    writer.Int16(
        static_cast<int16_t>(ResultFormatOf(column.type->column_kind)));
  }
  writer.End();
  return value_bytes;
}

}  // namespace sluice::postgres

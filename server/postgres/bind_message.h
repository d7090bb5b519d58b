// WriteBind: parameters on their way to a prepared statement.

#ifndef SLUICE_SERVER_POSTGRES_BIND_MESSAGE_H_
#define SLUICE_SERVER_POSTGRES_BIND_MESSAGE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/postgres/prepared_statements.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Appends a Bind of the unnamed portal, each result column in the format of
// ResultFormatOf. Gives the number of bytes of the values. After an error `out`
// holds a part of the message.
// Errors: INVALID_ARGUMENT (PARAMETER_COUNT); those of EncodeParameter;
// RESOURCE_EXHAUSTED (PARAMETERS_TOO_LARGE) when the values together are
// longer than `max_parameter_bytes`.
absl::StatusOr<size_t> WriteBind(const PreparedStatement& statement,
                                 absl::Span<const v1::Value* const> parameters,
                                 size_t max_parameter_bytes, std::string& out);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_BIND_MESSAGE_H_

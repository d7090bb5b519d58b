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

// How long the parameters of a call may be, all together.
struct ParameterLimit {
  size_t max_bytes;
  // Of those that were written before.
  size_t used_bytes = 0;
};

// Appends a Bind of the unnamed portal, each result column in the format of
// ResultFormatOf. Gives the number of bytes of the values. After an error `out`
// holds a part of the message.
// Errors: INVALID_ARGUMENT (PARAMETER_COUNT); those of EncodeParameter;
// RESOURCE_EXHAUSTED (PARAMETERS_TOO_LARGE) when the values pass `limit`.
absl::StatusOr<size_t> WriteBind(const PreparedStatement& statement,
                                 absl::Span<const v1::Value* const> parameters,
                                 ParameterLimit limit, std::string& out);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_BIND_MESSAGE_H_

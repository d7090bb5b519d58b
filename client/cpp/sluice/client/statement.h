// SQL and its parameters.

#ifndef SLUICE_CLIENT_STATEMENT_H_
#define SLUICE_CLIENT_STATEMENT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/client/nested_traits.h"
#include "sluice/client/value_traits.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client {

// One statement with the values of $1, $2, ...; a value that can be copied,
// kept and sent often.
class Statement {
 public:
  // `sql` is UTF-8. What may be a parameter is said at ValueTraits.
  template <typename... T>
  explicit Statement(absl::string_view sql, const T&... parameters)
      : sql_(sql) {
    parameters_.reserve(sizeof...(T));
    (AddParameter(parameters), ...);
  }

  // The next parameter, for statements that are put together at run time.
  template <typename T>
  void AddParameter(const T& parameter) {
    v1::Value value;
    absl::Status status = Encode(parameter, value);
    parameters_.push_back(std::move(value));
    if (!status.ok()) NoteError(status);
  }

  const std::string& sql() const { return sql_; }
  const std::vector<v1::Value>& parameters() const { return parameters_; }
  // INVALID_ARGUMENT that names the first parameter whose value PostgreSQL has
  // none for (a time beyond its range). A call with the statement gives it
  // back.
  const absl::Status& status() const { return status_; }

 private:
  // Of the parameter that was added last.
  void NoteError(const absl::Status& error);

  std::string sql_;
  std::vector<v1::Value> parameters_;
  absl::Status status_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_STATEMENT_H_

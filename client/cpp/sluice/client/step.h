// A statement of a transaction that runs in one call.

#ifndef SLUICE_CLIENT_STEP_H_
#define SLUICE_CLIENT_STEP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/client/types.h"
#include "sluice/client/value_traits.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// As a parameter: a value of the first row of an earlier step. With
// Typed("int8", order.Column(0)) it says the parameter's type.
struct StepValue {
  size_t step = 0;
  // From 0. A scalar: no array, composite or range.
  size_t column = 0;
};

// A step of a TransactionPlan.
class StepId {
 public:
  explicit StepId(size_t index) : index_(index) {}

  // From 0.
  size_t index() const { return index_; }
  StepValue Column(size_t column) const { return {index_, column}; }

 private:
  size_t index_;
};

// A statement with its parameters, run once, or once for each row of them.
class Step {
 public:
  // Runs once. Parameters are those of a Statement, and StepValues.
  template <typename... T>
  explicit Step(absl::string_view sql, const T&... parameters) {
    proto_.mutable_statement()->set_sql(std::string(sql));
    (AddParameter(parameters), ...);
  }

  // Runs once for each row of parameters, which come as columns: a std::vector
  // for each of $1, $2, ..., all of one length; a StepValue stands for a column
  // of that one value. Typed("int4", column) says what its values are for.
  template <typename... T>
  static Step ForColumns(absl::string_view sql, const T&... columns) {
    static_assert((kIsColumn<T> || ...), "at least one std::vector");
    Step step(sql);
    (step.AddColumn(columns), ...);
    step.CheckLengths();
    return step;
  }

  // The same with the rows as tuples.
  template <typename... T>
  static Step ForRows(absl::string_view sql,
                      const std::vector<std::tuple<T...>>& rows) {
    static_assert(sizeof...(T) > 0, "rows have at least one value");
    Step step(sql);
    step.AddRows(rows, std::index_sequence_for<T...>());
    return step;
  }

  // How many rows each run must return or touch; else all is rolled back:
  // FAILED_PRECONDITION, reason EXPECTATION_NOT_MET. The last one counts.
  Step& ExpectExactly(int64_t rows);
  Step& ExpectAtLeast(int64_t rows);
  Step& ExpectAtMost(int64_t rows);

  const v1::Step& proto() const { return proto_; }
  // INVALID_ARGUMENT where a parameter is none, or columns differ in length.
  const absl::Status& status() const { return status_; }

 private:
  template <typename T>
  static constexpr bool kIsColumn = false;

  template <typename T>
  void AddParameter(const T& parameter) {
    v1::Value& value = *proto_.add_parameters();
    EncodeInto(parameter, value, proto_.parameters_size());
  }
  void AddParameter(const StepValue& value);
  void AddParameter(const TypedParameter<StepValue>& value);

  template <typename T>
  void AddColumn(const std::vector<T>& values) {
    v1::ParameterColumn& column = *proto_.add_parameter_columns();
    column.mutable_values()->Reserve(static_cast<int>(values.size()));
    for (const T& value : values) {
      EncodeInto(value, *column.add_values(), proto_.parameter_columns_size());
    }
  }
  template <typename T>
  void AddColumn(const TypedParameter<std::vector<T>>& column) {
    AddColumn(column.value);
    proto_.mutable_parameter_columns()->rbegin()->set_type(column.type);
  }
  void AddColumn(const StepValue& value);
  void AddColumn(const TypedParameter<StepValue>& value);

  template <typename Row, size_t... kIndex>
  void AddRows(const std::vector<Row>& rows, std::index_sequence<kIndex...>) {
    for (size_t i = 0; i < sizeof...(kIndex); ++i) {
      proto_.add_parameter_columns();
    }
    for (const Row& row : rows) {
      (EncodeInto(std::get<kIndex>(row),
                  *proto_.mutable_parameter_columns(kIndex)->add_values(),
                  kIndex + 1),
       ...);
    }
  }

  // `number` counts from 1.
  template <typename T>
  void EncodeInto(const T& value, v1::Value& out, size_t number) {
    const absl::Status status = Encode(value, out);
    if (!status.ok()) NoteError(number, status);
  }
  void NoteError(size_t number, const absl::Status& error);
  void AddBinding(size_t number, const StepValue& value);
  void CheckLengths();

  v1::Step proto_;
  absl::Status status_;
};

template <typename T>
inline constexpr bool Step::kIsColumn<std::vector<T>> = true;
template <typename T>
inline constexpr bool Step::kIsColumn<TypedParameter<std::vector<T>>> = true;

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_STEP_H_

// TransactionStep: a statement of a transaction that is run as a whole.

#ifndef SLUICE_SERVER_EXECUTION_TRANSACTION_STEP_H_
#define SLUICE_SERVER_EXECUTION_TRANSACTION_STEP_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/execution/result_sink.h"
#include "server/execution/step_parameters.h"
#include "server/policy/statement_class.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

using Bindings = google::protobuf::RepeatedPtrField<v1::ParameterBinding>;

// Lifetime: everything referred to outlives it.
struct TransactionStep {
  TransactionStep(const std::string& sql, policy::StatementFacts facts,
                  StepParameters parameters, ResultSink& sink)
      : sql(&sql),
        facts(std::move(facts)),
        parameters(std::move(parameters)),
        sink(&sink) {}

  const std::string* sql;
  policy::StatementFacts facts;
  StepParameters parameters;
  // Takes the rows of all its runs.
  ResultSink* sink;
  // Where those rows are, for later steps; null where none takes a value.
  const v1::ResultSet* result_set = nullptr;
  // Null: none.
  const Bindings* bindings = nullptr;
  const v1::RowExpectation* expectation = nullptr;

  // The outcome. An attempt starts it anew.
  std::string command_tag;
  // Of each run.
  std::vector<int64_t> row_counts;
};

// FAILED_PRECONDITION (EXPECTATION_NOT_MET).
absl::Status CheckExpectation(const TransactionStep& step);

// The value of a slot as a parameter. A NULL is the NULL.
// Errors: INVALID_ARGUMENT (INVALID_REQUEST) for an array, a composite, a range
// or a multirange.
absl::Status ReadScalar(const v1::Column& column, v1::Value& value);

// Fills what `step`, one of `steps`, takes from the results of earlier ones.
// Errors: FAILED_PRECONDITION (BINDING_WITHOUT_ROW), those of ReadScalar.
absl::Status BindResults(const std::vector<TransactionStep>& steps,
                         TransactionStep& step);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TRANSACTION_STEP_H_

// Short ways to ask for a description.

#ifndef SLUICE_TESTS_INTEGRATION_DESCRIBE_REQUEST_H_
#define SLUICE_TESTS_INTEGRATION_DESCRIBE_REQUEST_H_

#include <string>
#include <utility>
#include <vector>

#include "sluice/v1/database.pb.h"

namespace sluice::testing {

// A parameter of that type, without a value.
inline v1::Value OfType(std::string type) {
  v1::Value value;
  value.set_type(std::move(type));
  return value;
}

// A request of `sql` to the database "app".
inline v1::DescribeRequest MakeDescribe(
    const std::string& sql, const std::vector<v1::Value>& parameters = {},
    v1::ExplainMode explain = v1::EXPLAIN_MODE_UNSPECIFIED) {
  v1::DescribeRequest request;
  request.set_database("app");
  request.mutable_statement()->set_sql(sql);
  request.mutable_parameters()->Add(parameters.begin(), parameters.end());
  request.set_explain(explain);
  return request;
}

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_DESCRIBE_REQUEST_H_

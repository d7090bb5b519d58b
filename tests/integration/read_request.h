// Requests of reads that say how fresh they must be.

#ifndef SLUICE_TESTS_INTEGRATION_READ_REQUEST_H_
#define SLUICE_TESTS_INTEGRATION_READ_REQUEST_H_

#include <string>

#include "absl/time/time.h"
#include "tests/support/gateway_client.h"

namespace sluice::testing {

inline v1::Consistency Any() {
  v1::Consistency consistency;
  consistency.set_any(true);
  return consistency;
}

inline v1::Consistency Strong() {
  v1::Consistency consistency;
  consistency.set_strong(true);
  return consistency;
}

inline v1::Consistency AtLeast(const std::string& token) {
  v1::Consistency consistency;
  consistency.set_at_least(token);
  return consistency;
}

inline v1::Consistency AtMost(absl::Duration staleness) {
  v1::Consistency consistency;
  consistency.mutable_max_staleness()->set_seconds(
      absl::ToInt64Seconds(staleness));
  return consistency;
}

inline v1::QueryRequest MakeRead(const std::string& sql,
                                 const v1::Consistency& consistency) {
  v1::QueryRequest request = MakeQuery(sql);
  *request.mutable_options()->mutable_consistency() = consistency;
  return request;
}

inline v1::QueryStreamRequest MakeStreamedRead(
    const std::string& sql, const v1::Consistency& consistency) {
  v1::QueryStreamRequest request = MakeQueryStream(sql);
  *request.mutable_options()->mutable_consistency() = consistency;
  return request;
}

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_READ_REQUEST_H_

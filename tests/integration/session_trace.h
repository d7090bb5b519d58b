// SessionTrace: what a caller can see of the session that answers it.

#ifndef SLUICE_TESTS_INTEGRATION_SESSION_TRACE_H_
#define SLUICE_TESTS_INTEGRATION_SESSION_TRACE_H_

#include <map>
#include <string>

namespace sluice::testing {

// By name: every setting, and how many there are of what a session can hold.
using SessionTrace = std::map<std::string, std::string>;

// The statement that tells it, in one text. It calls nothing that would have
// the gateway reset the session.
std::string SessionTraceSql();

SessionTrace ParseSessionTrace(const std::string& text);

// What differs, "name: one, other" each on a line.
std::string Differences(const SessionTrace& one, const SessionTrace& other);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_SESSION_TRACE_H_

// IsHarmlessFunction: which of PostgreSQL's own functions leave a session as
// they find it.

#ifndef SLUICE_SERVER_POLICY_HARMLESS_FUNCTIONS_H_
#define SLUICE_SERVER_POLICY_HARMLESS_FUNCTIONS_H_

#include "absl/strings/string_view.h"

namespace sluice::policy {

// By the function's name in pg_catalog, in small letters. True for functions
// that statements commonly call, that run no SQL of the caller's, and whose
// effects on the session, if any, end with the transaction. nextval and its
// like are among them: what they leave, lastval() alone tells.
bool IsHarmlessFunction(absl::string_view name);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_HARMLESS_FUNCTIONS_H_

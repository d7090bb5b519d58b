// ScansInBoundedTime: keeps texts away from PostgreSQL's scanner that it would
// read in quadratic time.

#ifndef SLUICE_SERVER_POLICY_OPERATOR_RUNS_H_
#define SLUICE_SERVER_POLICY_OPERATOR_RUNS_H_

#include "absl/strings/string_view.h"

namespace sluice::policy {

// The scanner (scan.l, rules `operator` and `xcstart`) reads a run of operator
// characters to its end and then gives back all but one or two, so a run of
// `+-+-...` costs the square of its length: 16 KiB take 1.2 s and 64 KiB 20 s,
// here and in PostgreSQL itself, where nothing can cancel it.
//
// False if the runs of `sql` cost more than a few tens of milliseconds, in
// whatever quotes or comments they stand. Lines drawn with a repeated character
// cost little.
bool ScansInBoundedTime(absl::string_view sql);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_OPERATOR_RUNS_H_

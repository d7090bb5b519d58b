// KnownRevocations: what this instance knows of the control database.

#ifndef SLUICE_SERVER_CONTROL_KNOWN_REVOCATIONS_H_
#define SLUICE_SERVER_CONTROL_KNOWN_REVOCATIONS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/control/control_queries.h"
#include "server/control/revocation.h"
#include "server/identity/revocations.h"

namespace sluice::control {

// Forgets nothing that still matters unless a newer list is without it: a
// replica may be behind, and a replica that became primary may have lost what
// was not replicated yet.
// Threads: one at a time.
class KnownRevocations {
 public:
  // Of apps, tokens count as issued before it up to `clock_skew` later: the
  // clock of who issued them may be ahead.
  explicit KnownRevocations(absl::Duration clock_skew)
      : clock_skew_(clock_skew) {}

  // Of the newest list; 0 before the first.
  int64_t revision() const { return revision_; }
  // That a server which has lost nothing has reached by now: with what was
  // revoked from here.
  int64_t reached_revision() const {
    return std::max(revision_, own_revision_);
  }

  // Whether a primary that gives this list has lost something: it is before
  // `reached_revision`, that of when it was asked, or at what was revoked from
  // here and without it.
  bool ShowsLoss(const RevocationList& list, int64_t reached_revision) const;

  // Takes what a server said.
  void Apply(const RevocationList& list);

  // Goes on from a server whose revision is lower for good. What is known by
  // now it may have lost, so no list of it takes that away.
  void GoBackTo(int64_t revision);

  // Adds what was revoked from here, at that revision, before a list has it.
  void AddOwn(RevocationRecord record, int64_t revision);

  // All that matter at `now`; forgets the rest.
  identity::Revocations Collect(absl::Time now);

 private:
  void Put(RevocationRecord record);

  const absl::Duration clock_skew_;
  int64_t revision_ = 0;
  // The highest that AddOwn was given.
  int64_t own_revision_ = 0;
  std::map<RevocationRecord::Key, RevocationRecord> records_;
  // Those that no list takes away whose revision is lower.
  std::vector<std::pair<int64_t, RevocationRecord>> kept_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_KNOWN_REVOCATIONS_H_

// ReadProposalFile: the bytes of a file that somebody else may do anything
// with.

#ifndef SLUICE_SERVER_PGBOUNCER_SYNC_PROPOSAL_FILE_H_
#define SLUICE_SERVER_PGBOUNCER_SYNC_PROPOSAL_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"

namespace sluice::pgbouncer_sync {

// Opens the file once, neither waits nor follows a link, and judges what it has
// opened: a regular file of `owner`, of at most pgbouncer::kMaxProposalBytes.
// What it gives is a copy, which nobody can change after the look. That the
// file is its owner's also means that it holds nothing which the owner may not
// see, should it be another one than it seems (a hard link, a folder's link).
// Errors: NOT_FOUND; FAILED_PRECONDITION for what is no such file; UNAVAILABLE
// with the system's words.
absl::StatusOr<std::string> ReadProposalFile(const std::string& path,
                                             uid_t owner);

}  // namespace sluice::pgbouncer_sync

#endif  // SLUICE_SERVER_PGBOUNCER_SYNC_PROPOSAL_FILE_H_

// Where the parts of a streamed result come from.

#ifndef SLUICE_CLIENT_INTERNAL_PART_SOURCE_H_
#define SLUICE_CLIENT_INTERNAL_PART_SOURCE_H_

#include "absl/status/status.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client::internal {

class PartSource {
 public:
  // One that has not ended is cancelled.
  virtual ~PartSource() = default;

  // Waits for the next part. False: there is none, Finish says why.
  virtual bool Read(v1::QueryStreamResponse& part) = 0;

  // How it ended; once, after Read returned false.
  virtual absl::Status Finish() = 0;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_PART_SOURCE_H_

// Checks of PEM files before they come into force.

#ifndef SLUICE_SERVER_IDENTITY_CERTIFICATE_PAIR_H_
#define SLUICE_SERVER_IDENTITY_CERTIFICATE_PAIR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::identity {

// Whether a server can show `chain_pem`, its own certificate first, and prove
// it with `key_pem`, which no passphrase protects.
// Errors: INVALID_ARGUMENT for what is no PEM of that kind, a certificate that
// is not valid at `now`, or a key that is another certificate's.
absl::Status CheckCertificatePair(absl::string_view chain_pem,
                                  absl::string_view key_pem, absl::Time now);

// Whether `pem` holds certificates, one at least, and each can be read.
// Errors: INVALID_ARGUMENT.
absl::Status CheckCaBundle(absl::string_view pem);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_CERTIFICATE_PAIR_H_

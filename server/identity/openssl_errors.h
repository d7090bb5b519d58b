// OpensslErrors: keeps what fails in OpenSSL out of the thread's error queue,
// which TLS sessions on the same thread read.

#ifndef SLUICE_SERVER_IDENTITY_OPENSSL_ERRORS_H_
#define SLUICE_SERVER_IDENTITY_OPENSSL_ERRORS_H_

#include <openssl/err.h>

namespace sluice::identity {

// Forgets the errors of its scope.
class OpensslErrors {
 public:
  OpensslErrors() { ERR_set_mark(); }
  OpensslErrors(const OpensslErrors&) = delete;
  ~OpensslErrors() { ERR_pop_to_mark(); }
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_OPENSSL_ERRORS_H_

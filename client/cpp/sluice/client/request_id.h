// Names of writes that take place once, however often they are sent.

#ifndef SLUICE_CLIENT_REQUEST_ID_H_
#define SLUICE_CLIENT_REQUEST_ID_H_

#include <string>

namespace sluice::client {

// A random UUID, for `CallOptions::request_id`. Make it where the write is
// decided upon, and keep it with that decision: a new one is another write.
std::string MakeRequestId();

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_REQUEST_ID_H_

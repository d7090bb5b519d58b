// A service of the gateway: its stub, and the tokens that its calls carry.

#ifndef SLUICE_CLIENT_INTERNAL_SERVICE_H_
#define SLUICE_CLIENT_INTERNAL_SERVICE_H_

#include <memory>

#include "sluice/client/token_source.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::client::internal {

// `StubInterface` is the one of a service's generated class. Copies share both.
template <typename StubInterface>
struct Service {
  std::shared_ptr<StubInterface> stub;
  std::shared_ptr<TokenSource> tokens;
};

using DatabaseService = Service<v1::Database::StubInterface>;

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_SERVICE_H_

#include "server/postgres/lease.h"

#include "server/postgres/pool.h"

namespace sluice::postgres {

Lease& Lease::operator=(Lease&& other) noexcept {
  Return();
  pool_ = other.pool_;
  connection_ = std::move(other.connection_);
  tab_ = other.tab_;
  return *this;
}

void Lease::Return() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_), tab_);
}

}  // namespace sluice::postgres

#include "sluice/client/savepoint.h"

namespace sluice::client {

Savepoint& Savepoint::operator=(Savepoint&& other) noexcept {
  if (this == &other) return *this;
  Undo();
  exchange_ = std::move(other.exchange_);
  number_ = other.number_;
  return *this;
}

void Savepoint::Release() {
  if (exchange_ == nullptr) return;
  if (exchange_->HasSavepoint(number_)) exchange_->Release(number_);
  exchange_.reset();
}

void Savepoint::RollBack() {
  if (exchange_ == nullptr || !exchange_->HasSavepoint(number_)) return;
  exchange_->RollBackTo(number_);
}

void Savepoint::Undo() {
  RollBack();
  Release();
}

}  // namespace sluice::client

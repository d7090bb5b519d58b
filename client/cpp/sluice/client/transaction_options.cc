#include "sluice/client/transaction_options.h"

#include "sluice/client/internal/duration_proto.h"

namespace sluice::client {

v1::TransactionOptions TransactionOptions::ToProto() const {
  using internal::ToDurationProto;
  v1::TransactionOptions proto;
  proto.set_isolation(isolation);
  proto.set_access(access);
  proto.set_deferrable(deferrable);
  if (statement_timeout.has_value()) {
    *proto.mutable_statement_timeout() = ToDurationProto(*statement_timeout);
  }
  if (lock_timeout.has_value()) {
    *proto.mutable_lock_timeout() = ToDurationProto(*lock_timeout);
  }
  if (idle_timeout.has_value()) {
    *proto.mutable_idle_timeout() = ToDurationProto(*idle_timeout);
  }
  if (total_timeout.has_value()) {
    *proto.mutable_total_timeout() = ToDurationProto(*total_timeout);
  }
  return proto;
}

}  // namespace sluice::client

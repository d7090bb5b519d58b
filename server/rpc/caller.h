// Caller: who makes a call, as the guard has found, and what they may do.

#ifndef SLUICE_SERVER_RPC_CALLER_H_
#define SLUICE_SERVER_RPC_CALLER_H_

#include <memory>
#include <string>
#include <utility>

#include "server/identity/peer_certificate.h"
#include "server/identity/token.h"
#include "server/policy/app_usage.h"
#include "server/policy/permit.h"

namespace sluice::rpc {

// Lifetime: a call's, whose place among those of its app it holds.
class Caller {
 public:
  // `token` is null for a call that takes none.
  Caller(std::shared_ptr<const identity::PeerCertificate> certificate,
         std::shared_ptr<const identity::TokenClaims> token,
         policy::Permit permit, policy::AppUsage::Place place)
      : certificate_(std::move(certificate)),
        token_(std::move(token)),
        permit_(std::move(permit)),
        place_(std::move(place)) {}

  const std::string& app() const { return permit_.app().name; }
  const identity::PeerCertificate& certificate() const { return *certificate_; }
  const std::shared_ptr<const identity::TokenClaims>& token() const {
    return token_;
  }
  const policy::Permit& permit() const { return permit_; }

 private:
  std::shared_ptr<const identity::PeerCertificate> certificate_;
  std::shared_ptr<const identity::TokenClaims> token_;
  policy::Permit permit_;
  policy::AppUsage::Place place_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_CALLER_H_

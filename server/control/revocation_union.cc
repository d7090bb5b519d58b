#include "server/control/revocation_union.h"

namespace sluice::control {

void RevocationUnion::SetControlled(identity::Revocations revocations) {
  MutexLock lock(&mutex_);
  controlled_ = std::move(revocations);
  Tell();
}

void RevocationUnion::SetDenyList(identity::Revocations revocations) {
  MutexLock lock(&mutex_);
  deny_list_ = std::move(revocations);
  Tell();
}

void RevocationUnion::Tell() {
  auto all = std::make_shared<identity::Revocations>(controlled_);
  all->Add(deny_list_);
  listener_(std::move(all));
}

}  // namespace sluice::control

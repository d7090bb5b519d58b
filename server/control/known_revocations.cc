#include "server/control/known_revocations.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sluice::control {

bool KnownRevocations::ShowsLoss(const RevocationList& list,
                                 int64_t reached_revision) const {
  const auto is_missing = [&list](const auto& kept) {
    const auto is_it = [&kept](const RevocationRecord& record) {
      return record.kind == kept.second.kind &&
             record.value == kept.second.value;
    };
    return kept.first <= list.revision &&
           std::none_of(list.records.begin(), list.records.end(), is_it);
  };
  return list.revision < reached_revision ||
         std::any_of(kept_.begin(), kept_.end(), is_missing);
}

void KnownRevocations::Apply(const RevocationList& list) {
  if (list.revision > revision_) {
    records_.clear();
    revision_ = list.revision;
    const auto is_in_list = [this](const auto& kept) {
      return kept.first <= revision_;
    };
    kept_.erase(std::remove_if(kept_.begin(), kept_.end(), is_in_list),
                kept_.end());
    for (const auto& kept : kept_) Put(kept.second);
  }
  for (const RevocationRecord& record : list.records) Put(record);
}

void KnownRevocations::GoBackTo(int64_t revision) {
  revision_ = revision;
  own_revision_ = 0;
  kept_.clear();
  for (const auto& [key, record] : records_) {
    kept_.emplace_back(std::numeric_limits<int64_t>::max(), record);
  }
}

void KnownRevocations::AddOwn(RevocationRecord record, int64_t revision) {
  own_revision_ = std::max(own_revision_, revision);
  if (revision > revision_) kept_.emplace_back(revision, record);
  Put(std::move(record));
}

void KnownRevocations::Put(RevocationRecord record) {
  RevocationRecord& kept =
      records_.try_emplace(record.key(), record).first->second;
  kept.revoke_time = std::max(kept.revoke_time, record.revoke_time);
  kept.expire_time = std::max(kept.expire_time, record.expire_time);
}

identity::Revocations KnownRevocations::Collect(absl::Time now) {
  identity::Revocations revocations;
  for (auto it = records_.begin(); it != records_.end();) {
    const RevocationRecord& record = it->second;
    if (record.expire_time < now) {
      it = records_.erase(it);
      continue;
    }
    switch (record.kind) {
      case RevocationKind::kToken:
        revocations.AddToken(record.value);
        break;
      case RevocationKind::kApp:
        revocations.AddApp(record.value, record.revoke_time + clock_skew_);
        break;
      case RevocationKind::kCertificate:
        revocations.AddCertificate(record.value);
        break;
      case RevocationKind::kKey:
        revocations.AddKey(record.value);
        break;
    }
    ++it;
  }
  return revocations;
}

}  // namespace sluice::control

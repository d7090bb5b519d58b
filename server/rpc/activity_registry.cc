#include "server/rpc/activity_registry.h"

namespace sluice::rpc {

ActivityRegistry::Entry::~Entry() {
  if (registry_ == nullptr) return;
  std::map<uint64_t, Call>::node_type ended;
  MutexLock lock(&registry_->mutex_);
  ended = registry_->calls_.extract(id_);
}

void ActivityRegistry::Entry::Describe(std::string database, std::string tag) {
  MutexLock lock(&registry_->mutex_);
  Activity& activity = registry_->calls_.at(id_).activity;
  activity.database = std::move(database);
  activity.tag = std::move(tag);
}

ActivityRegistry::Entry ActivityRegistry::Add(
    Activity activity, EventLoop& loop,
    std::shared_ptr<Cancellation> cancellation) {
  MutexLock lock(&mutex_);
  const uint64_t id = next_id_++;
  activity.id = id;
  calls_.emplace_hint(
      calls_.end(), id,
      Call{std::move(activity), &loop, std::move(cancellation)});
  return Entry(*this, id);
}

std::vector<Activity> ActivityRegistry::List() const {
  MutexLock lock(&mutex_);
  std::vector<Activity> list;
  list.reserve(calls_.size());
  for (const auto& [id, call] : calls_) list.push_back(call.activity);
  return list;
}

int ActivityRegistry::CancelIf(
    const std::function<bool(const Activity&)>& matches, CancelCause cause) {
  MutexLock lock(&mutex_);
  int count = 0;
  for (const auto& [id, call] : calls_) {
    if (!matches(call.activity)) continue;
    ++count;
    call.loop->Post([cancellation = call.cancellation, cause] {
      cancellation->Request(cause);
    });
  }
  return count;
}

}  // namespace sluice::rpc

#include "server/base/event_loop.h"

#include <pthread.h>

#include <asio/post.hpp>

namespace sluice {

EventLoop::EventLoop(std::string name)
    : work_guard_(context_.get_executor()), wake_up_(context_) {
  thread_ = std::thread([this, name = std::move(name)] {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    context_.run();
  });
  thread_id_ = thread_.get_id();
}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Stop() {
  if (!thread_.joinable()) return;
  // What closed sockets left behind is in the queue by now: it runs first, and
  // frees the coroutines that waited on them.
  Post([this] { asio::post(context_, [this] { context_.stop(); }); });
  thread_.join();
}

void EventLoop::Post(std::function<void()> work) {
  bool was_empty;
  {
    MutexLock lock(&mutex_);
    was_empty = posted_.empty();
    posted_.push_back(std::move(work));
  }
  // One wake-up serves all that is posted before the loop gets to it.
  if (was_empty) asio::post(context_, [this] { RunPosted(); });
}

void EventLoop::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    MutexLock lock(&mutex_);
    work.swap(posted_);
  }
  for (std::function<void()>& one : work) one();
}

void EventLoop::Arm(Timer* timer) {
  timers_.emplace(timer->at_, timer);
  if (timer->at_ < wake_up_at_) ScheduleWakeUp();
}

void EventLoop::Disarm(Timer* timer) { timers_.erase({timer->at_, timer}); }

void EventLoop::ScheduleWakeUp() {
  wake_up_at_ = timers_.begin()->first;
  wake_up_.expires_at(wake_up_at_);
  wake_up_.async_wait([this](const asio::error_code& error) {
    if (!error) RunExpired();
  });
}

void EventLoop::RunExpired() {
  wake_up_at_ = SteadyTime::max();
  const SteadyTime now = SteadyNow();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Timer* timer = timers_.begin()->second;
    std::function<void()> on_expiry = std::move(timer->on_expiry_);
    timer->Stop();
    on_expiry();
  }
  if (!timers_.empty() && timers_.begin()->first < wake_up_at_) {
    ScheduleWakeUp();
  }
}

void Timer::Start(Deadline deadline, std::function<void()> on_expiry) {
  Stop();
  at_ = deadline.at();
  on_expiry_ = std::move(on_expiry);
  armed_ = true;
  loop_.Arm(this);
}

void Timer::Stop() {
  if (!armed_) return;
  armed_ = false;
  loop_.Disarm(this);
}

}  // namespace sluice

#include "server/gateway/reloader.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "server/telemetry/log.h"

namespace sluice::gateway {
namespace {

using telemetry::Log;
using telemetry::LogLevel;

constexpr int kIntervalMilliseconds = 1000;
// As v1::ReloadedPart names it.
constexpr absl::string_view kPolicy = "policy";

// Links are followed: a mounted secret is one, and changes by where it leads.
void AppendFile(const std::string& path, std::string& appearance) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    absl::StrAppend(&appearance, path, " ", errno, "\n");
    return;
  }
  absl::StrAppend(&appearance, path, " ", status.st_dev, " ", status.st_ino,
                  " ", status.st_mode, " ", status.st_size, " ");
  absl::StrAppend(&appearance, status.st_mtim.tv_sec, " ",
                  status.st_mtim.tv_nsec, " ", status.st_ctim.tv_sec, " ",
                  status.st_ctim.tv_nsec, "\n");
}

std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<std::string> files;
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(opendir(folder.c_str()),
                                                   &closedir);
  if (opened == nullptr) return files;
  while (const dirent* entry = readdir(opened.get())) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") {
      files.push_back(absl::StrCat(folder, "/", name));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Differs whenever a file has changed, come or gone.
std::string AppearanceOf(const std::vector<std::string>& paths) {
  std::string appearance;
  for (const std::string& path : paths) {
    AppendFile(path, appearance);
    for (const std::string& file : FilesOf(path)) AppendFile(file, appearance);
  }
  return appearance;
}

}  // namespace

Reloader::Reloader(telemetry::AuditLog* audit)
    : audit_(audit), wake_up_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Reloader::Add(ReloadablePart part) {
  std::string appearance = AppearanceOf(part.paths);
  NoteLoad(part.name);
  MutexLock lock(&mutex_);
  parts_.push_back({std::move(part), std::move(appearance)});
}

void Reloader::Start() {
  MutexLock lock(&state_mutex_);
  state_ = State::kRuns;
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "sluice-reload");
    Run();
  });
}

void Reloader::Stop() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(&state_mutex_);
    state_ = State::kStopped;
  }
  Wake();
  thread_.join();
}

void Reloader::Reload(Done done) {
  {
    MutexLock lock(&state_mutex_);
    if (state_ == State::kRuns) {
      requests_.push_back(std::move(done));
      Wake();
      return;
    }
  }
  done(ReloadNow());
}

absl::Time Reloader::policy_load_time() const {
  MutexLock lock(&state_mutex_);
  return policy_load_time_;
}

void Reloader::NoteLoad(const std::string& name) {
  if (name != kPolicy) return;
  MutexLock lock(&state_mutex_);
  policy_load_time_ = absl::Now();
}

void Reloader::Run() {
  for (;;) {
    Wait();
    AnswerRequests();
    {
      MutexLock lock(&state_mutex_);
      if (state_ == State::kStopped && requests_.empty()) return;
    }
    LookAround();
  }
}

void Reloader::Wait() {
  pollfd event{wake_up_.get(), POLLIN, 0};
  poll(&event, 1, kIntervalMilliseconds);
  uint64_t signals = 0;
  [[maybe_unused]] const ssize_t size =
      read(wake_up_.get(), &signals, sizeof(signals));
}

void Reloader::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(wake_up_.get(), &one, sizeof(one));
}

void Reloader::AnswerRequests() {
  std::vector<Done> requests;
  {
    MutexLock lock(&state_mutex_);
    requests.swap(requests_);
  }
  if (requests.empty()) return;
  const v1::ReloadConfigResponse response = ReloadNow();
  for (const Done& done : requests) done(response);
}

void Reloader::LookAround() {
  MutexLock lock(&mutex_);
  for (Part& part : parts_) {
    std::string appearance = AppearanceOf(part.part.paths);
    if (!part.refused && appearance == part.appearance) continue;
    Read(part, std::move(appearance));
  }
}

v1::ReloadConfigResponse Reloader::ReloadNow() {
  v1::ReloadConfigResponse response;
  MutexLock lock(&mutex_);
  for (Part& part : parts_) {
    *response.add_parts() = Read(part, AppearanceOf(part.part.paths));
  }
  return response;
}

void Reloader::TellOutcome(const std::string& name,
                           const absl::Status& status) {
  if (audit_ != nullptr) {
    std::vector<telemetry::LogField> fields = {
        {"part", name}, {"outcome", status.ok() ? "changed" : "refused"}};
    if (!status.ok()) fields.push_back({"faults", status.message()});
    audit_->Note("reloaded", fields);
  }
  if (status.ok()) {
    Log(LogLevel::kInfo, "reloaded", {{"part", name}});
    return;
  }
  for (absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    Log(LogLevel::kError, "reload_refused", {{"part", name}, {"error", line}});
  }
}

v1::ReloadedPart Reloader::Read(Part& part, std::string appearance) {
  const bool is_new = appearance != part.appearance;
  // Taken before the reading: what changes meanwhile is seen at the next look.
  part.appearance = std::move(appearance);
  const absl::StatusOr<sluice::Reload> outcome = part.part.reload();
  v1::ReloadedPart reloaded;
  reloaded.set_name(part.part.name);
  if (!outcome.ok()) {
    reloaded.set_outcome(v1::RELOAD_OUTCOME_REFUSED);
    reloaded.set_message(std::string(outcome.status().message()));
    if (is_new || !part.refused) TellOutcome(part.part.name, outcome.status());
  } else if (*outcome == sluice::Reload::kChanged) {
    reloaded.set_outcome(v1::RELOAD_OUTCOME_CHANGED);
    NoteLoad(part.part.name);
    TellOutcome(part.part.name, absl::OkStatus());
  } else {
    reloaded.set_outcome(v1::RELOAD_OUTCOME_UNCHANGED);
  }
  part.refused = !outcome.ok();
  return reloaded;
}

}  // namespace sluice::gateway

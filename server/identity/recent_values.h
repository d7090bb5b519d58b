// RecentValues: values by key of which the least recently used go first.

#ifndef SLUICE_SERVER_IDENTITY_RECENT_VALUES_H_
#define SLUICE_SERVER_IDENTITY_RECENT_VALUES_H_

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "server/base/mutex.h"

namespace sluice::identity {

// Threads: any; divided into parts with a lock each, so that threads seldom
// meet.
// Invariant: at most `max_values` values.
template <typename Value>
class RecentValues {
 public:
  explicit RecentValues(size_t max_values)
      : max_part_values_(max_values / PartCount(max_values)) {
    for (size_t i = 0; i < PartCount(max_values); ++i) {
      parts_.push_back(std::make_unique<Part>());
    }
  }
  RecentValues(const RecentValues&) = delete;

  // Null if it is not there.
  std::shared_ptr<const Value> Find(absl::string_view key) {
    Part& part = PartOf(key);
    MutexLock lock(&part.mutex);
    const auto found = part.by_key.find(key);
    if (found == part.by_key.end()) return nullptr;
    part.entries.splice(part.entries.begin(), part.entries, found->second);
    return found->second->value;
  }

  // Keeps the value that is there under that key, if one is.
  void Add(absl::string_view key, std::shared_ptr<const Value> value) {
    if (max_part_values_ == 0) return;
    Part& part = PartOf(key);
    MutexLock lock(&part.mutex);
    if (part.by_key.contains(key)) return;
    if (part.entries.size() == max_part_values_) {
      part.by_key.erase(part.entries.back().key);
      part.entries.pop_back();
    }
    part.entries.push_front({std::string(key), std::move(value)});
    part.by_key.emplace(part.entries.front().key, part.entries.begin());
  }

 private:
  static constexpr size_t kMaxParts = 16;

  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
  };
  using Entries = std::list<Entry>;

  struct Part {
    Mutex mutex;
    // The most recently used first.
    Entries entries ABSL_GUARDED_BY(mutex);
    // Keys refer to those of the entries.
    absl::flat_hash_map<absl::string_view, typename Entries::iterator> by_key
        ABSL_GUARDED_BY(mutex);
  };

  static size_t PartCount(size_t max_values) {
    return std::clamp<size_t>(max_values, 1, kMaxParts);
  }

  Part& PartOf(absl::string_view key) {
    // The upper bits: the maps use the lower ones.
    return *parts_[(absl::HashOf(key) >> 32) % parts_.size()];
  }

  const size_t max_part_values_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_RECENT_VALUES_H_

// Gathers the notices of a unit, within bounds.

#ifndef SLUICE_SERVER_POSTGRES_NOTICE_LIST_H_
#define SLUICE_SERVER_POSTGRES_NOTICE_LIST_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "server/postgres/server_error.h"
#include "sluice/v1/database.pb.h"

namespace sluice::postgres {

inline constexpr size_t kMaxNotices = 100;
inline constexpr size_t kMaxNoticeBytes = 8 * 1024;

// Adds a notice unless there are kMaxNotices, or it is longer than
// kMaxNoticeBytes.
inline void AddNotice(const ServerError& notice, DetailPolicy policy,
                      std::vector<v1::Notice>& notices) {
  if (notices.size() >= kMaxNotices) return;
  v1::Notice told = notice.ToNotice(policy);
  if (told.ByteSizeLong() <= kMaxNoticeBytes) {
    notices.push_back(std::move(told));
  }
}

// Adds those of another unit, up to kMaxNotices in all.
inline void AddNotices(const std::vector<v1::Notice>& more,
                       std::vector<v1::Notice>& notices) {
  for (const v1::Notice& notice : more) {
    if (notices.size() >= kMaxNotices) return;
    notices.push_back(notice);
  }
}

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_NOTICE_LIST_H_

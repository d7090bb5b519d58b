// StatementClasses: the class of each statement text, found once and kept.

#ifndef SLUICE_SERVER_EXECUTION_STATEMENT_CLASSES_H_
#define SLUICE_SERVER_EXECUTION_STATEMENT_CLASSES_H_

#include <cstddef>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/policy/statement_class.h"
#include "server/policy/statement_classifier.h"

namespace sluice::execution {

// Threads: belongs to one event loop.
// Invariant: bounded in entries and bytes; the least recently used go first.
class StatementClasses {
 public:
  // Lifetime: `classifier` outlives every call in progress.
  StatementClasses(EventLoop& loop, policy::StatementClassifier& classifier)
      : loop_(loop), classifier_(classifier) {}
  StatementClasses(const StatementClasses&) = delete;

  // The facts of a text that was classified before; null for others.
  const policy::StatementFacts* Find(absl::string_view sql);

  // Classifies a text, away from the loop, and keeps the answer.
  // Errors: those of StatementClassifier::Classify and of the text.
  Task<absl::StatusOr<policy::StatementFacts>> Classify(std::string sql);

 private:
  struct Entry {
    std::string sql;
    policy::StatementFacts facts;
  };
  using Entries = std::list<Entry>;

  void Keep(std::string sql, const policy::StatementFacts& facts);

  EventLoop& loop_;
  policy::StatementClassifier& classifier_;
  Entries entries_;  // Most recently used first.
  absl::flat_hash_map<absl::string_view, Entries::iterator> by_sql_;
  size_t bytes_ = 0;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_STATEMENT_CLASSES_H_

// ReadVerdicts: which statements of a database are known to read only, so that
// PostgreSQL is asked about each once in a while and not at each call.

#ifndef SLUICE_SERVER_EXECUTION_READ_VERDICTS_H_
#define SLUICE_SERVER_EXECUTION_READ_VERDICTS_H_

#include <cstddef>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/deadline.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

enum class ReadVerdict {
  // The caller is to find out; whoever comes meanwhile gets what was known
  // before, or kMayWrite.
  kUnknown,
  kReads,
  kMayWrite,
};

// Threads: belongs to one event loop.
// Invariant: bounded in entries and bytes; the least recently used go first.
class ReadVerdicts {
 public:
  // How long what PostgreSQL has said counts: functions and views change.
  static constexpr absl::Duration kProofLife = absl::Minutes(1);
  // The same of a statement that was refused as a read, whatever its functions
  // say of themselves.
  static constexpr absl::Duration kRefusalLife = absl::Hours(1);
  // How long others wait for who is to find out, before another one is.
  static constexpr absl::Duration kProofTime = absl::Seconds(5);

  ReadVerdicts() = default;
  ReadVerdicts(const ReadVerdicts&) = delete;

  // What tells calls apart that may run other functions: role, text, and types
  // that the caller has declared.
  static std::string MakeKey(
      absl::string_view role, absl::string_view sql,
      const google::protobuf::RepeatedPtrField<v1::Value>& parameters);

  ReadVerdict Find(const std::string& key, SteadyTime now);

  void Keep(const std::string& key, ReadVerdict verdict, SteadyTime until);

 private:
  struct Entry {
    std::string key;
    ReadVerdict verdict;
    SteadyTime until;
  };
  using Entries = std::list<Entry>;

  Entries entries_;  // Most recently used first.
  absl::flat_hash_map<absl::string_view, Entries::iterator> by_key_;
  size_t bytes_ = 0;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_READ_VERDICTS_H_

#include "tests/integration/session_trace.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sluice::testing {
namespace {

// Neither stands in a setting.
constexpr char kBetweenEntries = '\x1e';
constexpr char kWithinEntry = '\x1f';

// Settings with a dot are those of libraries: what is loaded stays so.
constexpr char kTrace[] = R"(
SELECT string_agg(name || chr(31) || coalesce(value, ''), chr(30))
  FROM (SELECT name, setting AS value FROM pg_settings
         WHERE name NOT LIKE '%.%'
        UNION ALL SELECT 'own setting', current_setting('leak.own', true)
        UNION ALL SELECT 'current user', current_user
        UNION ALL SELECT 'session user', session_user
        UNION ALL SELECT 'advisory locks', count(*)::text FROM pg_locks
                   WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        UNION ALL SELECT 'cursors', count(*)::text FROM pg_cursors
        UNION ALL SELECT 'channels', count(*)::text
                    FROM pg_listening_channels()
        UNION ALL SELECT 'prepared by SQL', count(*)::text
                    FROM pg_prepared_statements WHERE from_sql
        UNION ALL SELECT 'temporary relations', count(*)::text FROM pg_class
                   WHERE relnamespace = pg_my_temp_schema()
        UNION ALL SELECT 'temporary functions', count(*)::text FROM pg_proc
                   WHERE pronamespace = pg_my_temp_schema()
        UNION ALL SELECT 'id of the transaction',
                         pg_current_xact_id_if_assigned()::text
        UNION ALL SELECT 'random', random()::text) AS trace)";

}  // namespace

std::string SessionTraceSql() { return kTrace; }

SessionTrace ParseSessionTrace(const std::string& text) {
  SessionTrace trace;
  std::vector<std::string> entries = absl::StrSplit(text, kBetweenEntries);
  for (const std::string& entry : entries) {
    trace.insert(absl::StrSplit(entry, absl::MaxSplits(kWithinEntry, 1)));
  }
  return trace;
}

std::string Differences(const SessionTrace& one, const SessionTrace& other) {
  std::vector<std::string> lines;
  SessionTrace names = one;
  names.insert(other.begin(), other.end());
  for (const auto& [name, ignored] : names) {
    const auto first = one.find(name);
    const auto second = other.find(name);
    const std::string a = first == one.end() ? "nothing" : first->second;
    const std::string b = second == other.end() ? "nothing" : second->second;
    if (a != b) lines.push_back(absl::StrCat(name, ": ", a, ", ", b));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace sluice::testing

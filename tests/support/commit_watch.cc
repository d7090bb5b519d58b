#include "tests/support/commit_watch.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sluice::testing {
namespace {

// 80877102, most significant byte first.
constexpr absl::string_view kCancelRequestCode = "\x04\xd2\x16\x2e";

// Takes a string that ends with NUL off the front of a message.
std::string TakeString(absl::string_view& body) {
  const size_t end = std::min(body.find('\0'), body.size());
  std::string text(body.substr(0, end));
  body.remove_prefix(std::min(end + 1, body.size()));
  return text;
}

bool IsCommit(absl::string_view sql) {
  sql = absl::StripLeadingAsciiWhitespace(sql);
  for (const absl::string_view word : {"COMMIT", "END"}) {
    if (absl::StartsWithIgnoreCase(sql, word) &&
        (sql.size() == word.size() || !absl::ascii_isalnum(sql[word.size()]))) {
      return true;
    }
  }
  return false;
}

// Of an error's severity, which is its first field.
bool IsFatal(absl::string_view body) {
  return absl::StartsWith(body, "SFATAL");
}

void Set(std::set<std::string>& names, const std::string& name, bool member) {
  if (member) {
    names.insert(name);
  } else {
    names.erase(name);
  }
}

}  // namespace

CommitWatch::CommitWatch()
    : client_(MessageScanner::First::kUntyped,
              [this](char type, absl::string_view body) {
                VisitClient(type, body);
              }),
      server_(MessageScanner::First::kTyped,
              [this](char type, absl::string_view body) {
                VisitServer(type, body);
              }),
      units_(1) {}

bool CommitWatch::waiting() const {
  return std::any_of(units_.begin(), units_.end(),
                     [](const Unit& unit) { return unit.waits_for_commit; });
}

void CommitWatch::VisitClient(char type, absl::string_view body) {
  switch (type) {
    case '\0':
      is_cancel_request_ = absl::StartsWith(body, kCancelRequestCode);
      // A startup packet is answered up to a ReadyForQuery too.
      [[fallthrough]];
    case 'S':
      units_.back().ended = true;
      units_.emplace_back();
      break;
    case 'Q':
      if (IsCommit(TakeString(body))) SendCommit();
      units_.back().ended = true;
      units_.emplace_back();
      break;
    case 'P': {
      const std::string name = TakeString(body);
      Set(statements_, name, IsCommit(TakeString(body)));
      break;
    }
    case 'B': {
      const std::string portal = TakeString(body);
      Set(portals_, portal, statements_.count(TakeString(body)) > 0);
      break;
    }
    case 'E':
      if (portals_.count(TakeString(body)) > 0) SendCommit();
      break;
    default:
      break;
  }
}

void CommitWatch::VisitServer(char type, absl::string_view body) {
  Unit& unit = units_.front();
  switch (type) {
    case 'C': {
      // A COMMIT of a failed transaction is a ROLLBACK.
      const std::string tag = TakeString(body);
      if (tag == "COMMIT" || tag == "ROLLBACK") unit.waits_for_commit = false;
      break;
    }
    case 'E':
      // A FATAL one tells of the connection's end, not how the COMMIT ended.
      if (!IsFatal(body)) unit.waits_for_commit = false;
      break;
    case 'Z':
      if (unit.ended) units_.pop_front();
      break;
    default:
      break;
  }
}

void CommitWatch::SendCommit() {
  ++commit_count_;
  units_.back().waits_for_commit = true;
}

}  // namespace sluice::testing

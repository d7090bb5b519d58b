#include "server/postgres/session_setup.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace sluice::postgres {
namespace {

// Values that travel as text must not depend on the settings of a database or
// role, nor the reading of texts that are classified before they are sent.
constexpr absl::string_view kPinnedSettings =
    "SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; "
    "SET extra_float_digits = 1; SET bytea_output = 'hex'; "
    "SET standard_conforming_strings = on; ";

// Names in full: what they find must not depend on a search_path. RESET ROLE
// for a role whose sessions begin in another (ALTER ROLE ... SET role).
constexpr absl::string_view kReset =
    "SELECT pg_catalog.pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; "
    "DISCARD TEMP; DISCARD SEQUENCES; SET SESSION AUTHORIZATION DEFAULT; "
    "RESET ROLE; RESET ALL; ";

// The view pg_prepared_statements costs as much again as all the rest.
std::string IfStillPrepared(size_t count) {
  return absl::StrCat(
      " FROM (SELECT count(*) AS all_of_them,"
      " count(*) FILTER (WHERE from_sql) AS by_sql"
      " FROM pg_catalog.pg_prepared_statement()) AS prepared"
      " WHERE by_sql = 0 AND all_of_them >= ",
      count);
}

// Means the same whatever standard_conforming_strings is by then.
std::string Quote(absl::string_view text) {
  return absl::StrCat(
      "E'", absl::StrReplaceAll(text, {{"'", "''"}, {"\\", "\\\\"}}), "'");
}

// Whoever set the seed must not know what random() gives to the next caller.
std::string ReseedSql() {
  std::random_device random;
  std::uniform_real_distribution<double> seed(-1, 1);
  return absl::StrFormat("SELECT pg_catalog.setseed(%.17g); ", seed(random));
}

}  // namespace

absl::string_view ReadOnlyValue(Access access) {
  return access == Access::kReadOnly ? "on" : "off";
}

std::string OpeningSql(Access access) {
  return absl::StrCat(kPinnedSettings, SwitchSql(access));
}

std::string SwitchSql(Access access) {
  return absl::StrCat("SELECT pg_catalog.set_config('", kReadOnlyParameter,
                      "', '", ReadOnlyValue(access), "', false)");
}

std::string ResetSql(Access access, const ReportedSettings& at_opening,
                     size_t prepared_count) {
  return absl::StrCat(
      kReset, ReseedSql(), "SET datestyle = ", Quote(at_opening.date_style),
      "; ", kPinnedSettings, "SET client_encoding = 'UTF8'; SET timezone = ",
      Quote(at_opening.time_zone),
      "; SET application_name = ", Quote(at_opening.application_name), "; ",
      SwitchSql(access), IfStillPrepared(prepared_count));
}

absl::string_view EndSessionSql() {
  return "SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())";
}

}  // namespace sluice::postgres

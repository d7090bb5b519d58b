#include "server/postgres/session_setup.h"

#include <cstdint>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/base/error.h"
#include "server/postgres/wire.h"

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

// Who the session is of, and what of theirs overrides grants and row-level
// security, or hands them out.
constexpr absl::string_view kSessionRole =
    ", session_user, (SELECT pg_catalog.concat_ws(', ',"
    " CASE WHEN rolsuper THEN 'SUPERUSER' END,"
    " CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,"
    " CASE WHEN rolcreaterole THEN 'CREATEROLE' END,"
    " CASE WHEN rolreplication THEN 'REPLICATION' END)"
    " FROM pg_catalog.pg_roles"
    " WHERE rolname OPERATOR(pg_catalog.=) session_user)";

absl::Status Unsupported(absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   v1::ERROR_REASON_BACKEND_UNSUPPORTED, why,
                   {{"executed", "no"}, {"phase", "connect"}});
}

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
  return absl::StrCat(kPinnedSettings, SwitchSql(access), kSessionRole);
}

absl::Status CheckSessionRole(absl::string_view role,
                              absl::string_view session_user,
                              absl::string_view attributes) {
  if (session_user != role) {
    return Unsupported(absl::StrCat("the backend logs in as \"", session_user,
                                    "\" where the policy says \"", role, "\""));
  }
  if (!attributes.empty()) {
    return Unsupported(absl::StrCat("the role \"", role, "\" is ", attributes,
                                    ", which no app is served with"));
  }
  return absl::OkStatus();
}

std::string SettingsMessages(
    const std::map<std::string, std::string>& settings) {
  std::string sql = "SELECT ";
  for (size_t i = 0; i < settings.size(); ++i) {
    absl::StrAppend(&sql, i == 0 ? "" : ", ", "pg_catalog.set_config($",
                    2 * i + 1, ", $", 2 * i + 2, ", false)");
  }
  std::string messages;
  MessageWriter writer(messages);
  writer.Parse("", sql, nullptr, 0);
  writer.Begin(message::kBind);
  writer.CString("");
  writer.CString("");
  // All parameters as text.
  writer.Int16(0);
  writer.Int16(static_cast<int16_t>(2 * settings.size()));
  for (const auto& [name, value] : settings) {
    for (const std::string* text : {&name, &value}) {
      writer.Int32(static_cast<int32_t>(text->size()));
      messages.append(*text);
    }
  }
  writer.Int16(0);
  writer.End();
  writer.Execute(0);
  writer.Sync();
  return messages;
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

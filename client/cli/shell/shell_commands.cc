// A table of commands; lists of the catalogues stand in catalog_queries.

#include "client/cli/shell/shell_commands.h"

#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "client/cli/error_report.h"
#include "client/cli/shell/catalog_queries.h"
#include "client/cli/shell/name_pattern.h"
#include "client/cli/shell/relation_description.h"
#include "client/cli/shell/shell.h"
#include "client/cli/text_table.h"

namespace sluice::cli {
namespace {

constexpr int kMaxScriptDepth = 16;

// A command, its plus sign, and the rest of its line.
struct Call {
  absl::string_view name;
  Detail detail = Detail::kNormal;
  // Without the quotes around it, if any.
  std::string argument;
};

CommandResult Fail(absl::string_view message) {
  std::cerr << message << "\n";
  return {.status = kCallFailed};
}

CommandResult FailOn(const absl::Status& status) {
  return status.ok() ? CommandResult() : Fail(status.message());
}

CommandResult Tell(absl::string_view message) {
  std::cout << message << "\n" << std::flush;
  return {};
}

std::string Unquote(absl::string_view text) {
  const bool is_quoted = text.size() >= 2 && absl::StartsWith(text, "'") &&
                         absl::EndsWith(text, "'");
  if (!is_quoted) return std::string(text);
  return absl::StrReplaceAll(text.substr(1, text.size() - 2), {{"''", "'"}});
}

// "on" and "off"; without either the other of `now`.
bool ReadSwitch(const std::string& argument, bool now) {
  if (argument == "on") return true;
  if (argument == "off") return false;
  return !now;
}

CommandResult Connect(const CommandContext& context, const Call& call) {
  if (!call.argument.empty()) {
    const absl::Status status = context.session.Connect(call.argument);
    if (!status.ok()) return FailOn(status);
  }
  return Tell(
      absl::StrCat("The database is ", context.session.database(), "."));
}

CommandResult ListCatalog(const CommandContext& context, const Call& call) {
  if (call.name == "d" && !call.argument.empty()) {
    return {.status =
                DescribeRelations(context.session, call.argument, call.detail)};
  }
  const absl::optional<CatalogList> list = FindCatalogList(call.name);
  Display display = context.session.display();
  display.title = list->title;
  const NamePattern pattern = ParseNamePattern(call.argument);
  const std::unique_ptr<Output> output = context.session.OpenOutput();
  return {.status = context.session.PrintRows(
              list->sql, {pattern.schema, pattern.name}, display, *output)};
}

absl::string_view AccessName(v1::DatabaseAccess access) {
  return access == v1::DATABASE_ACCESS_READ_WRITE ? "read and write" : "read";
}

CommandResult ListDatabases(const CommandContext& context, const Call&) {
  const auto capabilities =
      context.session.caller().GetCapabilities(context.session.timeout());
  if (!capabilities.ok()) {
    std::cerr << DescribeError(capabilities.status(), /*sql=*/"");
    return {.status = kCallFailed};
  }
  TextTable table({"Name", "Access", "PostgreSQL", "Reachable"});
  for (const v1::DatabaseCapability& database : capabilities->databases()) {
    table.AddRow({database.name(), std::string(AccessName(database.access())),
                  database.postgres_version(),
                  database.reachable() ? "yes" : "no"});
  }
  context.session.OpenOutput()->Write(table.Format());
  return {};
}

CommandResult SetTiming(const CommandContext& context, const Call& call) {
  bool& timing = context.session.shows_timing();
  timing = ReadSwitch(call.argument, timing);
  return Tell(timing ? "Timing is on." : "Timing is off.");
}

CommandResult SetExpanded(const CommandContext& context, const Call& call) {
  Format& format = context.session.display().format;
  const bool is_on = ReadSwitch(call.argument, format == Format::kExpanded);
  format = is_on ? Format::kExpanded : Format::kTable;
  return Tell(is_on ? "Expanded display is on." : "Expanded display is off.");
}

CommandResult SetAccess(const CommandContext& context, const Call& call) {
  Access& access = context.session.access();
  if (call.argument == "ask") {
    access = Access::kAsk;
  } else if (call.argument == "read") {
    access = Access::kRead;
  } else if (call.argument == "write") {
    access = Access::kWrite;
  } else {
    return Fail("\\access takes ask, read or write");
  }
  return Tell(absl::StrCat("Access is ", call.argument, "."));
}

CommandResult SetPrinting(const CommandContext& context, const Call& call) {
  const size_t space = call.argument.find(' ');
  const std::string setting = call.argument.substr(0, space);
  const std::string value =
      space == std::string::npos
          ? ""
          : Unquote(absl::StripAsciiWhitespace(call.argument.substr(space)));
  if (setting == "null") {
    context.session.display().null_text = value;
    return Tell(absl::StrCat("NULL is shown as \"", value, "\"."));
  }
  const absl::optional<Format> format = ParseFormat(value);
  if (setting != "format" || !format.has_value()) {
    return Fail(
        "\\pset takes null TEXT, or format and one of table, expanded, csv, "
        "json, jsonl");
  }
  context.session.display().format = *format;
  return Tell(absl::StrCat("The format is ", value, "."));
}

CommandResult Include(const CommandContext& context, const Call& call) {
  if (call.argument.empty()) return Fail("\\i takes a file");
  if (context.script_depth >= kMaxScriptDepth) {
    return Fail("\\i: scripts call each other too deeply");
  }
  const CommandResult end =
      RunShellScript(context.session, call.argument, context.script_depth + 1);
  return {.status = end.status};
}

CommandResult SendOutput(const CommandContext& context, const Call& call) {
  return FailOn(context.session.SendTo(call.argument));
}

// The words of the line are those of SQL.
CommandResult RunTransactionCommand(const CommandContext& context,
                                    const Call& call) {
  const auto command =
      ParseTransactionCommand(absl::StrCat(call.name, " ", call.argument));
  if (!command.has_value()) {
    return Fail(absl::StrCat("\\", call.name,
                             " can't be read; \\? tells how "
                             "it is written"));
  }
  return {.status = context.session.RunCommand(*command, context.place)};
}

// Takes options of `sluice tx` as well as SQL's modes.
CommandResult Begin(const CommandContext& context, const Call& call) {
  if (!absl::StartsWith(call.argument, "-")) {
    return RunTransactionCommand(context, call);
  }
  const auto options = ParseTransactionOptions(call.argument);
  if (!options.ok()) return FailOn(options.status());
  return {.status =
              context.session.RunCommand({.options = *options}, context.place)};
}

CommandResult RunPending(const CommandContext& context, const Call& call) {
  const absl::optional<ScriptItem> item = context.splitter.TakeRest();
  if (!item.has_value()) return Fail("There is no statement to run.");
  const Format format = context.session.display().format;
  if (call.name == "gx") context.session.display().format = Format::kExpanded;
  const int status = context.session.RunStatement(item->text, context.place);
  context.session.display().format = format;
  return {.status = status};
}

CommandResult PrintPending(const CommandContext& context, const Call&) {
  return Tell(context.splitter.pending());
}

CommandResult ForgetPending(const CommandContext& context, const Call&) {
  context.splitter.Clear();
  return Tell("The statement is forgotten.");
}

CommandResult ShowSqlHelp(const CommandContext&, const Call& call) {
  constexpr absl::string_view kManual =
      "https://www.postgresql.org/docs/current/sql";
  if (call.argument.empty())
    return Tell(absl::StrCat(kManual, "-commands.html"));
  const std::string page = absl::AsciiStrToLower(
      absl::StrReplaceAll(call.argument, {{" ", ""}, {";", ""}}));
  return Tell(absl::StrCat(kManual, "-", page, ".html"));
}

CommandResult ShowHelp(const CommandContext& context, const Call&) {
  context.session.OpenOutput()->Write(ShellCommandHelp());
  return {};
}

CommandResult Leave(const CommandContext&, const Call&) {
  return {.leaves_shell = true};
}

struct CommandRule {
  absl::string_view name;
  absl::string_view argument;
  absl::string_view help;
  CommandResult (*run)(const CommandContext& context, const Call& call);
};

constexpr CommandRule kRules[] = {
    {"?", "", "this help", ShowHelp},
    {"access", "ask|read|write",
     "how statements run: as the server classes them, as reads, as writes",
     SetAccess},
    {"begin", "[OPTION]...",
     "open a transaction, with SQL's modes or options of sluice tx", Begin},
    {"c", "[DATABASE]", "go on with another database", Connect},
    {"commit", "", "commit the transaction", RunTransactionCommand},
    {"d", "[NAME]", "relations, or the columns and constraints of one",
     ListCatalog},
    {"d+", "NAME", "the same, with the definition of a view", ListCatalog},
    {"dT", "[PATTERN]", "data types", ListCatalog},
    {"df", "[PATTERN]", "functions", ListCatalog},
    {"di", "[PATTERN]", "indexes", ListCatalog},
    {"dm", "[PATTERN]", "materialized views", ListCatalog},
    {"dn", "[PATTERN]", "schemas", ListCatalog},
    {"ds", "[PATTERN]", "sequences", ListCatalog},
    {"dt", "[PATTERN]", "tables", ListCatalog},
    {"dv", "[PATTERN]", "views", ListCatalog},
    {"g", "", "run the statement, as ; does", RunPending},
    {"gx", "", "the same, with a line for each column", RunPending},
    {"h", "[COMMAND]", "where PostgreSQL's manual has a command of SQL",
     ShowSqlHelp},
    {"i", "FILE", "run the statements and commands of a file", Include},
    {"l", "", "databases", ListDatabases},
    {"o", "[FILE]", "send results to a file, or back to the screen",
     SendOutput},
    {"p", "", "show the statement that has begun", PrintPending},
    {"pset", "format|null VALUE", "how rows and NULLs are printed",
     SetPrinting},
    {"q", "", "leave, as Ctrl-D does", Leave},
    {"r", "", "forget the statement that has begun", ForgetPending},
    {"release", "NAME", "forget a savepoint", RunTransactionCommand},
    {"rollback", "[to NAME]", "roll back the transaction, or to a savepoint",
     RunTransactionCommand},
    {"savepoint", "NAME", "set a savepoint", RunTransactionCommand},
    {"timing", "[on|off]", "tell how long statements take", SetTiming},
    {"x", "[on|off]", "a line for each column", SetExpanded},
};

}  // namespace

CommandResult RunShellCommand(absl::string_view command,
                              const CommandContext& context) {
  const size_t space = command.find_first_of(" \t");
  const absl::string_view name = command.substr(0, space);
  for (const CommandRule& rule : kRules) {
    const bool has_plus = absl::EndsWith(name, "+");
    if (rule.name != name &&
        !(has_plus && absl::StripSuffix(name, "+") == rule.name))
      continue;
    Call call = {.name = absl::StripSuffix(name, "+")};
    if (has_plus) call.detail = Detail::kFull;
    if (space != absl::string_view::npos) {
      call.argument =
          Unquote(absl::StripAsciiWhitespace(command.substr(space)));
    }
    if (absl::EndsWith(call.argument, ";")) call.argument.pop_back();
    return rule.run(context, call);
  }
  return Fail(
      absl::StrCat("There is no command \\", name, "; \\? lists them."));
}

std::vector<std::string> ShellCommandNames() {
  std::vector<std::string> names;
  for (const CommandRule& rule : kRules) {
    names.push_back(absl::StrCat("\\", rule.name));
  }
  return names;
}

std::string ShellCommandHelp() {
  std::string out =
      "A statement ends with a semicolon. Tab completes names and keywords,\n"
      "Ctrl-C cancels the statement or the line, Ctrl-D leaves.\n\n";
  for (const CommandRule& rule : kRules) {
    absl::StrAppendFormat(&out, "  %-24s %s\n",
                          absl::StrCat("\\", rule.name, " ", rule.argument),
                          rule.help);
  }
  out.append(
      "\nA pattern is a name or schema.name; * stands for any text, ? for one\n"
      "character.\n");
  return out;
}

}  // namespace sluice::cli

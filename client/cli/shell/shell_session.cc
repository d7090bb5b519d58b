#include "client/cli/shell/shell_session.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/cli/display_text.h"
#include "client/cli/error_report.h"
#include "client/cli/shell/paged_output.h"
#include "client/cli/shell/terminal.h"
#include "client/cli/sql_token.h"

namespace sluice::cli {
namespace {

// Lines of the screen that the prompt and the timing take.
constexpr size_t kReservedLines = 2;

// Whether `sql` begins as statements do that may be reads: whether they are,
// the server knows.
bool MayBeRead(absl::string_view sql) {
  constexpr absl::string_view kReads[] = {"EXPLAIN", "SELECT", "SHOW",
                                          "TABLE",   "VALUES", "WITH"};
  StringRule rule = StringRule::kPlain;
  while (!sql.empty()) {
    const SqlToken token = TakeSqlToken(sql, rule);
    sql.remove_prefix(token.text.size());
    if (!IsMeaningful(token) || token.text == "(") continue;
    return std::find(std::begin(kReads), std::end(kReads),
                     absl::AsciiStrToUpper(token.text)) != std::end(kReads);
  }
  return false;
}

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

std::string Milliseconds(absl::Duration duration) {
  return absl::StrFormat("%.3f ms", absl::ToDoubleMilliseconds(duration));
}

}  // namespace

ShellSession::ShellSession(StatementCaller& caller, Options options,
                           Paging paging)
    : caller_(caller),
      options_(std::move(options)),
      paging_(paging),
      catalog_(caller),
      transaction_(caller) {}

ShellSession::~ShellSession() {
  if (file_ >= 0) close(file_);
}

const CompletionCatalog& ShellSession::FetchCatalog() {
  return catalog_.FetchCatalog(options_);
}

absl::Status ShellSession::Connect(const std::string& database) {
  if (transaction_.is_open()) {
    return absl::FailedPreconditionError("a transaction is open");
  }
  const auto capabilities = caller_.GetCapabilities(options_.timeout);
  if (!capabilities.ok()) return capabilities.status();
  for (const v1::DatabaseCapability& offered : capabilities->databases()) {
    if (offered.name() != database) continue;
    options_.database = database;
    catalog_.Forget();
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("no database ", database));
}

absl::Status ShellSession::SendTo(const std::string& path) {
  int file = -1;
  if (!path.empty()) {
    file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": ", std::strerror(errno)));
    }
  }
  if (file_ >= 0) close(file_);
  file_ = file;
  return absl::OkStatus();
}

std::unique_ptr<Output> ShellSession::OpenOutput() const {
  if (file_ >= 0) return std::make_unique<FileOutput>(file_);
  if (paging_ == Paging::kOff) {
    return std::make_unique<FileOutput>(STDOUT_FILENO);
  }
  const size_t lines = TerminalSize().lines;
  return std::make_unique<PagedOutput>(
      PagerCommand(), lines > kReservedLines ? lines - kReservedLines : 1);
}

int ShellSession::RunStatement(const std::string& sql,
                               const ScriptPlace& place) {
  if (!IsUtf8(sql)) {
    std::cerr << "ERROR:  the SQL is not UTF-8\n";
    return kCallFailed;
  }
  const auto command = ParseTransactionCommand(sql);
  if (command.has_value()) return RunCommand(*command, place);
  if (is_over()) return RefuseBehindEnd(place);
  Options options = options_;
  options.sql = sql;
  const absl::Time started_at = absl::Now();
  Call call = Call::kStream;
  if (!ChooseCall(options, place, call)) return kCallFailed;
  std::unique_ptr<Output> output = OpenOutput();
  const auto writer = MakeResultWriter(options.display, *output);
  const Summary summary = Make(call, options, *writer, *output);
  const absl::Duration elapsed = absl::Now() - started_at;
  const Output::State state = output->state();
  output.reset();
  if (call == Call::kExecute) catalog_.Forget();
  if (state != Output::State::kOpen) return ReportClosed(state);
  const int status = Report(summary, call, options, place);
  if (status == kDone && shows_timing_) PrintTiming(elapsed, *summary);
  return status;
}

ShellSession::Summary ShellSession::Make(Call call, const Options& options,
                                         ResultWriter& writer,
                                         const Output& output) {
  switch (call) {
    case Call::kStream:
      return caller_.Stream(options, writer, output);
    case Call::kExecute:
      return caller_.Execute(options, writer);
    case Call::kInTransaction:
      break;
  }
  return transaction_.Run(options, writer, output);
}

int ShellSession::RunCommand(const TransactionCommand& command,
                             const ScriptPlace& place) {
  if (is_over()) return RefuseBehindEnd(place);
  const std::unique_ptr<Output> output = OpenOutput();
  const int status = transaction_.Do(command, options_, place, *output);
  if (!transaction_.is_open()) catalog_.Forget();
  return status;
}

int ShellSession::BeginOnly() {
  return transaction_.Begin(options_.transaction, options_, /*place=*/{});
}

int ShellSession::CommitOnly() {
  if (is_over()) return kDone;
  TextOutput no_tag;
  return transaction_.Do({.kind = TransactionCommand::Kind::kCommit}, options_,
                         /*place=*/{}, no_tag);
}

int ShellSession::RefuseBehindEnd(const ScriptPlace& place) const {
  std::cerr << PlacePrefix(place)
            << "ERROR:  the transaction has ended, and sluice tx runs one\n";
  return kCallFailed;
}

int ShellSession::ReportClosed(Output::State state) const {
  if (state == Output::State::kClosedByReader) {
    // Who leaves the pager has seen enough.
    return paging_ == Paging::kOn ? kDone : kReaderGone;
  }
  std::cerr << "ERROR:  the output can't be written\n";
  return kCallFailed;
}

bool ShellSession::ChooseCall(const Options& options, const ScriptPlace& place,
                              Call& call) {
  if (transaction_.is_open()) {
    call = Call::kInTransaction;
    return true;
  }
  if (access_ != Access::kAsk || !MayBeRead(options.sql)) {
    call = access_ == Access::kRead ? Call::kStream : Call::kExecute;
    return true;
  }
  const absl::StatusOr<bool> is_read = caller_.IsRead(options);
  if (is_read.ok()) {
    call = *is_read ? Call::kStream : Call::kExecute;
    return true;
  }
  // A gateway that can't tell leaves the form to go by.
  if (absl::IsUnimplemented(is_read.status())) return true;
  return Report(is_read.status(), Call::kStream, options, place) == kDone;
}

int ShellSession::Report(const Summary& summary, Call call,
                         const Options& options, const ScriptPlace& place) {
  if (summary.ok()) {
    std::cerr << DescribeNotices(*summary);
    return kDone;
  }
  if (call == Call::kInTransaction) {
    return transaction_.ReportError(summary.status(), options, place);
  }
  const bool is_open_write = call == Call::kExecute &&
                             absl::IsCancelled(summary.status()) &&
                             caller_.IsInterrupted();
  if (!is_open_write) {
    return ReportCall(summary.status(), caller_, options.sql, place);
  }
  std::cerr << "Cancelled; whether it took effect is not known.\n";
  return kCallFailed;
}

void ShellSession::PrintTiming(absl::Duration elapsed,
                               const v1::ExecutionSummary& summary) const {
  std::cout << "Time: " << Milliseconds(elapsed) << " (server: queued "
            << Milliseconds(ToDuration(summary.queue_time())) << ", ran "
            << Milliseconds(ToDuration(summary.run_time())) << ")\n"
            << std::flush;
}

Options ShellSession::MakeOwnOptions(
    absl::string_view sql, const std::vector<std::string>& parameters) const {
  Options options = options_;
  options.sql = std::string(sql);
  options.parameters.clear();
  for (const std::string& parameter : parameters) {
    v1::Value& value = options.parameters.emplace_back();
    value.set_text_value(parameter);
  }
  options.max_rows = 0;
  options.max_bytes = 0;
  options.max_value_bytes = 0;
  return options;
}

int ShellSession::PrintRows(absl::string_view sql,
                            const std::vector<std::string>& parameters,
                            const Display& display, Output& output) {
  const Options options = MakeOwnOptions(sql, parameters);
  const auto writer = MakeResultWriter(display, output);
  const Call call = CallOfRead();
  const Summary summary = Make(call, options, *writer, output);
  if (!output.is_open()) return kDone;
  return Report(summary, call, options, /*place=*/{});
}

int ShellSession::FetchRows(absl::string_view sql,
                            const std::vector<std::string>& parameters,
                            RowCollector& rows) {
  const Options options = MakeOwnOptions(sql, parameters);
  const FileOutput unused(/*descriptor=*/-1);
  const Call call = CallOfRead();
  const Summary summary = Make(call, options, rows, unused);
  return Report(summary, call, options, /*place=*/{});
}

}  // namespace sluice::cli

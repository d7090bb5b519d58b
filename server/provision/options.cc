#include "server/provision/options.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sluice::provision {

const char kUsage[] =
    "Usage: sluice-provision schema served | control [--connect CONNINFO]\n"
    "         [--grant-to ROLE]... [--check | --dry-run]\n"
    "\n"
    "Makes and migrates a schema in one database: `sluice` in a served one, "
    "for\n"
    "request_id; `sluice_control` in the control database, for revocations. "
    "Run\n"
    "again, it changes nothing.\n"
    "\n"
    "  --connect CONNINFO  the database, as its owner or an administrator, in\n"
    "                      libpq's form; what it leaves out comes from PGHOST\n"
    "                      and the other PG* variables, the password from\n"
    "                      PGPASSFILE or PGPASSWORD\n"
    "  --grant-to ROLE     a role that the gateway uses: it may call the\n"
    "                      schema's functions, and nothing else of it\n"
    "  --check             change nothing, say whether it is up to date, and\n"
    "                      whether these roles may use it\n"
    "  --dry-run           change nothing, print the SQL, for psql\n"
    "  --version           print the version\n"
    "\n"
    "Exit codes: 0 done, or up to date; 1 failed, or not up to date; 2 a "
    "wrong\n"
    "command line.\n"
    "\n"
    "Example:\n"
    "  sluice-provision schema served --grant-to billing \\\n"
    "    --connect 'host=pg-1.internal dbname=billing user=billing_owner\n"
    "               sslmode=verify-full sslrootcert=ca.crt'\n"
    "\n"
    "More: docs/provisioning.md\n";

namespace {

absl::Status WrongUse(absl::string_view message) {
  return absl::InvalidArgumentError(message);
}

// Walks over the arguments.
class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments)
      : arguments_(arguments) {}

  absl::StatusOr<Options> Parse() {
    while (next_ < arguments_.size()) {
      absl::Status status = ParseOne(arguments_[next_++]);
      if (!status.ok()) return status;
      if (options_.action == Options::Action::kHelp ||
          options_.action == Options::Action::kVersion) {
        return options_;
      }
    }
    if (words_ == std::vector<std::string>{"schema", "control"}) {
      options_.schema = Options::Schema::kControl;
    } else if (words_ != std::vector<std::string>{"schema", "served"}) {
      return WrongUse(
          "say what to provision: schema served, or schema control");
    }
    return options_;
  }

 private:
  absl::Status ParseOne(const std::string& argument) {
    using Action = Options::Action;
    const std::string name = argument.substr(0, argument.find('='));
    if (name == "--connect") return TakeValue(argument, options_.connect);
    if (name == "--grant-to") {
      return TakeValue(argument, options_.grant_to.emplace_back());
    }
    if (argument == "--check") return Choose(Action::kCheck);
    if (argument == "--dry-run") return Choose(Action::kDryRun);
    if (argument == "--help" || argument == "-h") return Choose(Action::kHelp);
    if (argument == "--version") return Choose(Action::kVersion);
    if (absl::StartsWith(argument, "-")) {
      return WrongUse(absl::StrCat("there is no option ", argument));
    }
    words_.push_back(argument);
    return absl::OkStatus();
  }

  absl::Status Choose(Options::Action action) {
    const bool contradicts = options_.action != Options::Action::kApply &&
                             options_.action != action &&
                             action != Options::Action::kHelp;
    if (contradicts) return WrongUse("either --check or --dry-run");
    options_.action = action;
    return absl::OkStatus();
  }

  // "--name=VALUE" or "--name VALUE".
  absl::Status TakeValue(const std::string& argument, std::string& value) {
    const size_t equals = argument.find('=');
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (next_ < arguments_.size()) {
      value = arguments_[next_++];
    }
    if (!value.empty()) return absl::OkStatus();
    return WrongUse(absl::StrCat(argument.substr(0, equals), " needs a value"));
  }

  const std::vector<std::string>& arguments_;
  size_t next_ = 0;
  std::vector<std::string> words_;
  Options options_;
};

}  // namespace

absl::StatusOr<Options> ParseOptions(
    const std::vector<std::string>& arguments) {
  return Parser(arguments).Parse();
}

}  // namespace sluice::provision

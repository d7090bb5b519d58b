// The command's own manual.

#include "client/cli/help.h"

#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

constexpr absl::string_view kOverview =
    R"(sluice runs SQL through a Sluice gateway.

Usage:
  sluice query [OPTION]... SQL     one statement that reads
  sluice exec [OPTION]... SQL      one statement that may write
  sluice describe [OPTION]... SQL  what a statement takes and gives
  sluice capabilities [OPTION]...  what the gateway lets you use
  sluice COMMAND --help            the options of a command
  sluice --version
)";

constexpr absl::string_view kQuery =
    R"(sluice query runs one statement that only reads and prints its rows.

Usage: sluice query [OPTION]... SQL
)";

constexpr absl::string_view kExec =
    R"(sluice exec runs one statement, which may write, on the primary.

Usage: sluice exec [OPTION]... SQL
)";

constexpr absl::string_view kDescribe =
    R"(sluice describe tells the class of a statement, the types of its parameters
and its columns, and runs nothing.

Usage: sluice describe [OPTION]... SQL
)";

constexpr absl::string_view kCapabilities =
    R"(sluice capabilities tells who the gateway takes you for, the databases that
you may use, and the limits. It needs no database.

Usage: sluice capabilities [OPTION]...

Options:
  --format table|json       how it is printed (default: table)
)";

constexpr absl::string_view kStatement = R"(
SQL is one statement with parameters written $1, $2, ...; - reads it from
standard input.

Parameters, in the order of $1, $2, ...:
  --param VALUE             text that PostgreSQL reads as the type it infers
  --typed-param TYPE:VALUE  text that PostgreSQL reads as TYPE
  --null-param              NULL
)";

constexpr absl::string_view kDescribeOutput = R"(
Fewer parameters than the statement has will do.

Output:
  --explain                 PostgreSQL's plan too, for the parameters given and
                            NULL for others; with --format json as JSON
  --format table|json       how it is printed (default: table)
)";

constexpr absl::string_view kRowOutput = R"(
Output:
  --format table|json|csv   how rows are printed (default: table)
  --max-rows N              most rows (default: the server's limit)
  --max-bytes N             most bytes of values (default: the server's limit)
  --truncate                at a limit print the rows within it, and succeed
)";

constexpr absl::string_view kConnection = R"(
Connection:
  --address HOST:PORT       the gateway; SLUICE_ADDRESS
  --database NAME           the database; SLUICE_DATABASE
  --ca FILE                 certificates of the gateway's CA; SLUICE_CA
  --cert FILE               own certificate; SLUICE_CERT
  --key FILE                key of that certificate; SLUICE_KEY
  --server-name NAME        name that the gateway's certificate must have
                            (default: the host of the address)
  --timeout DURATION        give up after this long, such as 30s or 1m30s
                            (default: the server's)

An option wins over the environment variable behind it.
Exit status: 0 done, 1 the call failed, 2 wrong usage.
)";

}  // namespace

std::string HelpText(absl::string_view topic) {
  if (topic == "query") {
    return absl::StrCat(kQuery, kStatement, kRowOutput, kConnection);
  }
  if (topic == "exec") {
    return absl::StrCat(kExec, kStatement, kRowOutput, kConnection);
  }
  if (topic == "describe") {
    return absl::StrCat(kDescribe, kStatement, kDescribeOutput, kConnection);
  }
  if (topic == "capabilities") {
    return absl::StrCat(kCapabilities, kConnection);
  }
  return std::string(kOverview);
}

std::string VersionText() {
  return absl::StrCat("sluice ", SLUICE_VERSION, "\n");
}

}  // namespace sluice::cli

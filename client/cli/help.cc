// The command's own manual.

#include "client/cli/help.h"

#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

constexpr absl::string_view kOverview =
    R"(sluice runs SQL through a Sluice gateway.

Usage:
  sluice [shell] [OPTION]...       a prompt for statements and commands
  sluice query [OPTION]... [SQL]   statements that read; rows are streamed
  sluice exec [OPTION]... [SQL]    statements that may write
  sluice tx [OPTION]...            one transaction, typed or out of a script
  sluice run [-f FILE]             a transaction that stands in a JSON file
  sluice outcome REFERENCE         what became of a transaction
  sluice describe [OPTION]... SQL  what a statement takes and gives
  sluice capabilities [OPTION]...  what the gateway lets you use
  sluice token issue|inspect|revoke
                                   proof of who calls
  sluice admin version|reload|activity|cancel|hold|release
                                   what instances run, for admins
  sluice topology [CLUSTER]        the nodes of clusters, for admins
  sluice keys|policy|audit         an operator's files; see sluice help keys
  sluice help COMMAND              the options of a command
  sluice --version
)";

constexpr absl::string_view kShell =
    R"(sluice shell runs what you type: statements that end with a semicolon, and
commands that begin with a backslash (\? lists them). Reads are streamed, other
statements run as sluice exec runs them; which is which the server tells.

Usage: sluice [shell] [OPTION]...

At a terminal it has editing, a history ($XDG_STATE_HOME/sluice/history, else
~/.local/state/sluice/history) and completion with Tab; what is longer than the
screen goes to $PAGER (default: less, where there is one). Ctrl-C cancels the
statement that runs, or the line; Ctrl-D leaves. BEGIN; opens a transaction, as
described for sluice tx, up to COMMIT; or ROLLBACK;. Standard input that is no
terminal is read as a script, up to the first error.

  -f, --file FILE           run a script instead of asking
)";

constexpr absl::string_view kConsistency =
    R"(  --consistency LEVEL       how fresh a read must be: strong (all that was
                            acknowledged before), any (whatever a node has), or
                            how old it may be, such as 1s (default: the
                            database's; in the shell, what it has written)
)";

constexpr absl::string_view kTransact =
    R"(sluice tx runs what you type in one transaction, and ends with it. COMMIT;
and ROLLBACK; end it, SAVEPOINT, ROLLBACK TO and RELEASE do as in psql; there are
commands for them too (\? lists them). The prompt shows "*", and "!" once a
statement has failed: then only ROLLBACK, and ROLLBACK TO a savepoint, are left.

Usage: sluice tx [OPTION]...

Ctrl-C while a statement runs ends the transaction: a statement alone can't be
taken back. So do the limits, that on the time between two statements among
them, which is 10 s unless configured. Leaving without COMMIT rolls back.

A script is committed at its end. Its first error rolls back and ends it.

  -f, --file FILE           run a script instead of asking
  --isolation LEVEL         read-committed, repeatable-read or serializable
                            (default: the database's)
  --read-only               refuse writes
  --deferrable              with serializable and read-only: wait for a snapshot
                            that no serialization failure can come of
  --statement-timeout TIME  most time of a statement
  --lock-timeout TIME       most time that a statement waits for a lock
  --idle-timeout TIME       most time between two statements
  --timeout TIME            most time of the whole
                            (defaults, and most of all of them: the server's)
  --reference               tell the reference for sluice outcome
)";

constexpr absl::string_view kRun =
    R"(sluice run runs a transaction that is written down: a RunTransactionRequest
of the protocol in JSON, with the names of its proto. The gateway runs it again
after a serialization failure. The results of its steps are printed in order.

Usage: sluice run [OPTION]...

  -f, --file FILE           read it from FILE, not from standard input
  --reference               tell the reference for sluice outcome

A database or limits that it names are its own; options of limits here are not
looked at. For example:

  {"steps": [
     {"statement": {"sql": "UPDATE stock SET n = n - $1 WHERE id = $2"},
      "parameters": [{"int64_value": "3"}, {"text_value": "A-7"}],
      "expectation": {"exactly": "1"}}]}
)";

constexpr absl::string_view kOutcome =
    R"(sluice outcome tells what became of a transaction whose error carried a
reference: COMMITTED, ABORTED, IN_PROGRESS (ask again) or UNKNOWN (PostgreSQL has
forgotten it, or another node has become the primary since).

Usage: sluice outcome [OPTION]... REFERENCE

Exit status: 0 for COMMITTED, 3 for ABORTED, 4 for IN_PROGRESS, 5 for UNKNOWN.

Options:
  --format table|json       how it is printed (default: table)
)";

constexpr absl::string_view kToken =
    R"(sluice token deals with tokens by themselves: to give them to another
program, look at them and end them. The other commands see to their own.

Usage: sluice token issue [OPTION]...
       sluice token inspect [OPTION]... [TOKEN]
       sluice token revoke [OPTION]... [TOKEN]

TOKEN is one of your app. Without it, or as -, it is read from standard input:
a token is a secret, and others can read the command line.

issue:
  --ttl DURATION            how long it is valid, such as 30s or 5m (default, and
                            the longest: what the policy says)
  --scope SCOPE             what it is good for: read, write, ddl, copy, listen,
                            admin or database:NAME; may be given more than once
                            (default: all that the policy gives but admin)
  --raw                     print the token and nothing else

revoke, for admins, in place of TOKEN:
  --app NAME                all tokens of an app that were issued until now
  --certificate SHA256      all tokens of a client certificate, now and later
  --key-id KID              all tokens that a signing key signed
  --token-id JTI            a token by its identifier
  --reason TEXT             why, for the list of revocations and the audit log

Options:
  --format table|json       how it is printed (default: table)
)";

constexpr absl::string_view kAdmin =
    R"(sluice admin asks things of instances of the gateway. Your app must be an
admin by its policy.

Usage: sluice admin version     what runs there: server, policy, signing key
       sluice admin reload      read policy, signing keys, certificates and deny
                                list anew, and tell what became of each
       sluice admin activity    the calls in progress, the oldest first
       sluice admin cancel ID   cancel one of them
       sluice admin hold CLUSTER
                                make new writes wait for a planned switchover,
                                and wait for those in progress
       sluice admin release CLUSTER
                                let writes go on

Given the addresses of several instances, it asks all of them. Writes are held on
all or on none: where one can't be reached, refuses, or has writes that do not
end in half of the time, all are released again; one that could not be is named.
A call is cancelled on one instance, the one that lists it.

hold:
  --duration TIME           for how long at most (default: 10s, at most 60s);
                            then they go on by themselves

activity:
  --app NAME                only calls of this app
  -d, --database NAME       only calls on this database

Options:
  --format table|json       how it is printed (default: table)
)";

constexpr absl::string_view kTopology =
    R"(sluice topology tells how the gateway sees its clusters: which node takes
writes, and how far behind the others are. Your app must be an admin by its
policy.

Usage: sluice topology [OPTION]... [CLUSTER]

Given the addresses of several instances, it tells the view of each, and in which
things they differ.

Options:
  --watch                   again each second, until Ctrl-C
  --format table|json       how it is printed (default: table)
)";

constexpr absl::string_view kQuery =
    R"(sluice query runs statements that only read and prints their rows as they
come: the result may be of any size.

Usage: sluice query [OPTION]... [SQL]
)";

constexpr absl::string_view kExec =
    R"(sluice exec runs statements, which may write. They run on the primary, unless
--read-routing says otherwise.

Usage: sluice exec [OPTION]... [SQL]

  --request-id ID           make one statement exactly-once: repeated within a
                            day with the same id and content it is not run again
                            but answered as the first time
  --read-routing auto       run what is proved to be a read where sluice query
                            would, on a replica perhaps (default: primary);
                            --consistency LEVEL goes with it, as with query
  --reference               tell the reference for sluice outcome
)";

constexpr absl::string_view kDescribe =
    R"(sluice describe tells the class of a statement, the types of its parameters
and its columns, and runs nothing.

Usage: sluice describe [OPTION]... SQL

SQL is one statement with parameters written $1, $2, ...; - reads it from
standard input.
)";

constexpr absl::string_view kCapabilities =
    R"(sluice capabilities tells who the gateway takes you for, the databases that
you may use, and the limits. It needs no database.

Usage: sluice capabilities [OPTION]...

Options:
  --format table|json       how it is printed (default: table)
)";

constexpr absl::string_view kStatements = R"(
SQL is one statement with parameters written $1, $2, ... Without it, or as -,
statements separated by ; are read from standard input. They run one after the
other, each by itself, up to the first that fails.

  -f, --file FILE           read the statements from FILE
)";

constexpr absl::string_view kParameters = R"(
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

constexpr absl::string_view kRowOutput = R"help(
Output:
  --format FORMAT           table (the default), expanded (a line a column),
                            csv, json (one array), jsonl (an object a line)
  --null TEXT               what stands for NULL in tables and CSV (default:
                            nothing)
  --max-rows N              most rows (default: the server's limit)
  --max-bytes N             most bytes of values (default: the server's limit)
  --max-value-bytes N       most bytes of one value of a query (default: the
                            server's)
  --truncate                at a limit print the rows within it, and succeed

A table has the widths of its first 10,000 rows, or 4 MiB of them; a wider value
behind them stands out of line. When a call fails after its first rows, those
printed are not the whole result: the exit status says so, and a table lacks its
count of rows, a json array its bracket.

In JSON numbers have every digit, arrays and composites are arrays and objects,
and a range is {"lower": 1, "upper": 5, "bounds": "[)"}: null for a bound that
there is not, "empty" for the bounds of an empty one.
)help";

constexpr absl::string_view kConnection = R"(
Connection:
  --address HOST:PORT       the gateway; SLUICE_ADDRESS. topology and admin take
                            several instances, divided by commas; other
                            commands use the first
  -d, --database NAME       the database; SLUICE_DATABASE
  --ca FILE                 certificates of the gateway's CA; SLUICE_CA
  --cert FILE               own certificate; SLUICE_CERT
  --key FILE                key of that certificate; SLUICE_KEY
  --server-name NAME        name that the gateway's certificate must have
                            (default: the host of the address)
  --timeout DURATION        give up after this long, such as 30s or 1m30s
                            (default: the server's; of topology and admin 5s,
                            with --watch 2s each time, and of hold its duration)

An option wins over the environment variable behind it.
Exit status: 0 done, 1 a call failed, 2 wrong usage, 141 the reader of the
output went away.
)";

}  // namespace

std::string HelpText(absl::string_view topic) {
  if (topic == "shell") {
    return absl::StrCat(kShell, kConsistency, kRowOutput, kConnection);
  }
  if (topic == "query") {
    return absl::StrCat(kQuery, kStatements, kConsistency, kParameters,
                        kRowOutput, kConnection);
  }
  if (topic == "tx") return absl::StrCat(kTransact, kRowOutput, kConnection);
  if (topic == "run") return absl::StrCat(kRun, kRowOutput, kConnection);
  if (topic == "outcome") return absl::StrCat(kOutcome, kConnection);
  if (topic == "exec") {
    return absl::StrCat(kExec, kStatements, kParameters, kRowOutput,
                        kConnection);
  }
  if (topic == "describe") {
    return absl::StrCat(kDescribe, kParameters, kDescribeOutput, kConnection);
  }
  if (topic == "token") return absl::StrCat(kToken, kConnection);
  if (topic == "topology") return absl::StrCat(kTopology, kConnection);
  if (topic == "admin") return absl::StrCat(kAdmin, kConnection);
  if (topic == "capabilities") return absl::StrCat(kCapabilities, kConnection);
  return std::string(kOverview);
}

std::string VersionText() {
  return absl::StrCat("sluice ", SLUICE_VERSION, "\n");
}

}  // namespace sluice::cli

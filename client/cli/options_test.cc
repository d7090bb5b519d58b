// The command line.

#include "client/cli/options.h"

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::map<std::string, const char*> kComplete = {
    {"SLUICE_ADDRESS", "gateway:1"}, {"SLUICE_CA", "ca.pem"},
    {"SLUICE_CERT", "cert.pem"},     {"SLUICE_KEY", "key.pem"},
    {"SLUICE_DATABASE", "demo"},
};

absl::StatusOr<Options> Parse(
    const std::vector<absl::string_view>& arguments,
    const std::map<std::string, const char*>& environment = kComplete) {
  return ParseOptions(arguments, [&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second;
  });
}

std::string ErrorOf(const std::vector<absl::string_view>& arguments) {
  const auto options = Parse(arguments);
  EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(options.status().message());
}

TEST(OptionsTest, TakesTheConnectionFromTheEnvironment) {
  const auto options = Parse({"query", "select 1"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->command, Command::kQuery);
  EXPECT_EQ(options->sql, "select 1");
  EXPECT_EQ(options->connection.address, "gateway:1");
  EXPECT_EQ(options->connection.ca_file, "ca.pem");
  EXPECT_EQ(options->connection.certificate_file, "cert.pem");
  EXPECT_EQ(options->connection.key_file, "key.pem");
  EXPECT_EQ(options->database, "demo");
  EXPECT_EQ(options->timeout, absl::InfiniteDuration());
}

TEST(OptionsTest, LetsOptionsWinOverTheEnvironment) {
  const auto options =
      Parse({"exec", "--address=other:2", "--database", "d", "delete from t",
             "--server-name", "n", "--timeout", "1m30s", "--max-rows", "5",
             "--max-bytes=6", "--truncate", "--format", "csv"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->command, Command::kExec);
  EXPECT_EQ(options->sql, "delete from t");
  EXPECT_EQ(options->connection.address, "other:2");
  EXPECT_EQ(options->connection.server_name, "n");
  EXPECT_EQ(options->database, "d");
  EXPECT_EQ(options->timeout, absl::Seconds(90));
  EXPECT_EQ(options->max_rows, 5);
  EXPECT_EQ(options->max_bytes, 6);
  EXPECT_EQ(options->on_limit, v1::LIMIT_ACTION_TRUNCATE);
  EXPECT_EQ(options->display.format, Format::kCsv);
}

TEST(OptionsTest, TakesHowFreshAReadMustBe) {
  const auto level = [](absl::string_view text) {
    const auto options = Parse({"query", "--consistency", text, "select 1"});
    return options.ok() ? options->consistency : v1::Consistency();
  };
  EXPECT_TRUE(level("strong").strong());
  EXPECT_TRUE(level("any").any());
  EXPECT_EQ(level("1.5s").max_staleness().seconds(), 1);
  EXPECT_EQ(level("1.5s").max_staleness().nanos(), 500'000'000);
  for (const char* wrong : {"", "weak", "-1s", "inf"}) {
    EXPECT_EQ(level(wrong).level_case(), v1::Consistency::LEVEL_NOT_SET)
        << wrong;
  }
  EXPECT_FALSE(Parse({"exec", "--consistency", "any", "select 1"}).ok());
  EXPECT_TRUE(Parse({"exec", "--consistency", "any", "--read-routing", "auto",
                     "select 1"})
                  .ok());
}

TEST(OptionsTest, TakesTheCommandsThatInquire) {
  const auto describe =
      Parse({"describe", "--explain", "--typed-param", "int4:7", "select $1"});
  ASSERT_TRUE(describe.ok()) << describe.status();
  EXPECT_EQ(describe->command, Command::kDescribe);
  EXPECT_TRUE(describe->explain);
  EXPECT_EQ(describe->parameters.size(), 1u);

  auto environment = kComplete;
  environment.erase("SLUICE_DATABASE");
  const auto capabilities =
      Parse({"capabilities", "--format", "json"}, environment);
  ASSERT_TRUE(capabilities.ok()) << capabilities.status();
  EXPECT_EQ(capabilities->command, Command::kCapabilities);

  EXPECT_THAT(ErrorOf({"capabilities", "select 1"}), HasSubstr("no SQL"));
  EXPECT_THAT(ErrorOf({"describe"}), HasSubstr("no SQL given"));
  EXPECT_THAT(ErrorOf({"describe", "--format", "csv", "select 1"}),
              HasSubstr("csv"));
  EXPECT_THAT(ErrorOf({"query", "--explain", "select 1"}),
              HasSubstr("describe"));
}

TEST(OptionsTest, KeepsParametersOfEveryKindInTheirOrder) {
  const auto options =
      Parse({"query", "--param", "-5", "--null-param", "--typed-param",
             "time:10:30", "--param=--x", "select $1, $2, $3, $4"});
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_EQ(options->parameters.size(), 4u);
  EXPECT_EQ(options->parameters[0].text_value(), "-5");
  EXPECT_EQ(options->parameters[0].type(), "");
  EXPECT_TRUE(options->parameters[1].has_null_value());
  EXPECT_EQ(options->parameters[2].text_value(), "10:30");
  EXPECT_EQ(options->parameters[2].type(), "time");
  EXPECT_EQ(options->parameters[3].text_value(), "--x");
}

TEST(OptionsTest, TakesSqlThatBeginsWithDashes) {
  EXPECT_EQ(Parse({"query", "-- a comment\nselect 1"})->sql,
            "-- a comment\nselect 1");
  EXPECT_EQ(Parse({"query", "--", "--format"})->sql, "--format");
}

TEST(OptionsTest, TakesADashForStandardInput) {
  EXPECT_EQ(Parse({"query", "-"})->source, SqlSource::kStandardInput);
  EXPECT_EQ(Parse({"query", "-f", "-"})->source, SqlSource::kStandardInput);
  EXPECT_EQ(Parse({"query"})->source, SqlSource::kStandardInput);
}

TEST(OptionsTest, OpensTheShellWithoutACommand) {
  EXPECT_EQ(Parse({})->command, Command::kShell);
  EXPECT_EQ(Parse({"shell"})->command, Command::kShell);
  const auto options = Parse({"-d", "other"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->command, Command::kShell);
  EXPECT_EQ(options->database, "other");
}

TEST(OptionsTest, TakesAScript) {
  const auto options = Parse({"exec", "-f", "a.sql", "-d", "other"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->source, SqlSource::kFile);
  EXPECT_EQ(options->script_file, "a.sql");
  EXPECT_EQ(options->database, "other");
}

TEST(OptionsTest, TakesHowATransactionRuns) {
  const auto options =
      Parse({"tx", "--isolation", "repeatable-read", "--read-only",
             "--deferrable", "--statement-timeout=1s", "--lock-timeout", "2s",
             "--idle-timeout=3s", "--timeout", "1m", "--reference"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->command, Command::kTransact);
  const client::TransactionOptions& transaction = options->transaction;
  EXPECT_EQ(transaction.isolation, v1::ISOLATION_LEVEL_REPEATABLE_READ);
  EXPECT_EQ(transaction.access, v1::TRANSACTION_ACCESS_READ_ONLY);
  EXPECT_TRUE(transaction.deferrable);
  EXPECT_EQ(transaction.statement_timeout, absl::Seconds(1));
  EXPECT_EQ(transaction.lock_timeout, absl::Seconds(2));
  EXPECT_EQ(transaction.idle_timeout, absl::Seconds(3));
  EXPECT_EQ(transaction.total_timeout, absl::Minutes(1));
  EXPECT_TRUE(options->shows_reference);
  EXPECT_EQ(options->timeout, absl::InfiniteDuration());
}

TEST(OptionsTest, TakesOptionsOfATransactionByThemselves) {
  const auto options = ParseTransactionOptions(
      " --isolation=serializable --timeout 5s\t--read-only ");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->isolation, v1::ISOLATION_LEVEL_SERIALIZABLE);
  EXPECT_EQ(options->access, v1::TRANSACTION_ACCESS_READ_ONLY);
  EXPECT_EQ(options->total_timeout, absl::Seconds(5));
  EXPECT_TRUE(ParseTransactionOptions("").ok());
  for (const char* wrong :
       {"--format csv", "--nonsense", "words", "--isolation",
        "--isolation snapshot", "--lock-timeout soon", "--idle-timeout 0s"}) {
    EXPECT_FALSE(ParseTransactionOptions(wrong).ok()) << wrong;
  }
}

TEST(OptionsTest, TakesAReferenceWhateverItBeginsWith) {
  EXPECT_EQ(Parse({"outcome", "abc"})->operand, "abc");
  EXPECT_EQ(Parse({"outcome", "--", "-abc"})->operand, "-abc");
  EXPECT_THAT(ErrorOf({"outcome"}), HasSubstr("no reference"));
}

TEST(OptionsTest, TakesARequestIdForOneStatement) {
  EXPECT_EQ(Parse({"exec", "--request-id", "a1", "delete"})->request_id, "a1");
  EXPECT_THAT(ErrorOf({"query", "--request-id", "a1", "select 1"}),
              HasSubstr("goes with exec"));
  EXPECT_THAT(ErrorOf({"exec", "--request-id", "a1", "-f", "x.sql"}),
              HasSubstr("not with a script"));
}

TEST(OptionsTest, TakesTheRoutingOfReadsForExec) {
  EXPECT_EQ(Parse({"exec", "select 1"})->read_routing,
            v1::READ_ROUTING_UNSPECIFIED);
  EXPECT_EQ(Parse({"exec", "--read-routing", "auto", "select 1"})->read_routing,
            v1::READ_ROUTING_AUTO);
  EXPECT_EQ(Parse({"exec", "--read-routing=primary", "x"})->read_routing,
            v1::READ_ROUTING_PRIMARY);
  EXPECT_THAT(ErrorOf({"exec", "--read-routing", "replica", "select 1"}),
              HasSubstr("primary or auto"));
  EXPECT_THAT(ErrorOf({"query", "--read-routing", "auto", "select 1"}),
              HasSubstr("goes with exec"));
}

TEST(OptionsTest, KeepsOptionsOfATransactionToIt) {
  EXPECT_THAT(ErrorOf({"exec", "--isolation", "serializable", "x"}),
              HasSubstr("--isolation goes with tx"));
  EXPECT_THAT(ErrorOf({"tx", "select 1"}), HasSubstr("no SQL"));
  EXPECT_THAT(ErrorOf({"query", "--reference", "x"}),
              HasSubstr("goes with exec, tx"));
}

TEST(OptionsTest, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf({"shell", "select 1"}), HasSubstr("no SQL"));
  EXPECT_THAT(ErrorOf({"shell", "--param", "1"}), HasSubstr("parameters"));
  EXPECT_THAT(ErrorOf({"ask"}), HasSubstr("unknown command ask"));
  EXPECT_THAT(ErrorOf({"query", "x", "-f", "y"}), HasSubstr("both"));
  EXPECT_THAT(ErrorOf({"query", "select", "1"}), HasSubstr("more than one"));
  EXPECT_THAT(ErrorOf({"query", "--colour", "x"}),
              HasSubstr("unknown option --colour"));
  EXPECT_THAT(ErrorOf({"query", "x", "--param"}),
              HasSubstr("--param needs a value"));
  EXPECT_THAT(ErrorOf({"query", "x", "--truncate=yes"}),
              HasSubstr("--truncate takes no value"));
  EXPECT_THAT(ErrorOf({"query", "x", "--format", "xml"}),
              HasSubstr("--format"));
  EXPECT_THAT(ErrorOf({"query", "x", "--timeout", "30"}),
              HasSubstr("--timeout"));
  EXPECT_THAT(ErrorOf({"query", "x", "--max-rows", "0"}),
              HasSubstr("--max-rows"));
  EXPECT_THAT(ErrorOf({"query", "x", "--typed-param", "7"}),
              HasSubstr("TYPE:VALUE"));
  EXPECT_THAT(ErrorOf({"query", "x", "--param", "\xff"}), HasSubstr("UTF-8"));
}

TEST(OptionsTest, NamesTheOptionAndTheVariableThatAreMissing) {
  auto environment = kComplete;
  environment.erase("SLUICE_CA");
  const auto options = Parse({"query", "x"}, environment);
  EXPECT_THAT(std::string(options.status().message()),
              HasSubstr("--ca is not given, nor is SLUICE_CA set"));
}

TEST(OptionsTest, NeedsNoConnectionForHelpAndVersion) {
  EXPECT_EQ(Parse({"--help"}, {})->command, Command::kHelp);
  EXPECT_EQ(Parse({"exec", "--help"}, {})->help_topic, "exec");
  EXPECT_EQ(Parse({"help", "exec"}, {})->help_topic, "exec");
  EXPECT_EQ(Parse({"--version"}, {})->command, Command::kVersion);
}

TEST(OptionsTest, TakesTheCommandsAboutTokens) {
  auto environment = kComplete;
  environment.erase("SLUICE_DATABASE");
  const auto issue = Parse({"token", "issue", "--ttl", "30s", "--scope=read",
                            "--scope", "database:app", "--raw"},
                           environment);
  ASSERT_TRUE(issue.ok()) << issue.status();
  EXPECT_EQ(issue->command, Command::kTokenIssue);
  EXPECT_EQ(issue->token.ttl, absl::Seconds(30));
  EXPECT_THAT(issue->token.scopes,
              ::testing::ElementsAre("read", "database:app"));
  EXPECT_TRUE(issue->prints_raw);

  const auto inspect = Parse({"token", "inspect", "a.b.c"}, environment);
  ASSERT_TRUE(inspect.ok()) << inspect.status();
  EXPECT_EQ(inspect->command, Command::kTokenInspect);
  EXPECT_EQ(inspect->operand, "a.b.c");

  const auto revoke = Parse({"token", "revoke", "--app", "demo", "--reason",
                             "leaked", "--format", "json"});
  ASSERT_TRUE(revoke.ok()) << revoke.status();
  EXPECT_EQ(revoke->command, Command::kTokenRevoke);
  EXPECT_EQ(revoke->revocation.app(), "demo");
  EXPECT_EQ(revoke->revocation.reason(), "leaked");
  const auto by_key = Parse({"token", "revoke", "--key-id=k1"});
  ASSERT_TRUE(by_key.ok()) << by_key.status();
  EXPECT_EQ(by_key->revocation.key_id(), "k1");
  const auto by_certificate = Parse({"token", "revoke", "--certificate=ab"});
  ASSERT_TRUE(by_certificate.ok()) << by_certificate.status();
  EXPECT_EQ(by_certificate->revocation.certificate_thumbprint(), "ab");
}

TEST(OptionsTest, RefusesWhatTheCommandsAboutTokensDoNotTake) {
  EXPECT_THAT(ErrorOf({"token"}), HasSubstr("issue, inspect, revoke"));
  EXPECT_THAT(ErrorOf({"token", "renew"}), HasSubstr("issue"));
  EXPECT_THAT(ErrorOf({"token", "issue", "x"}), HasSubstr("options alone"));
  EXPECT_THAT(ErrorOf({"token", "inspect", "x", "y"}), HasSubstr("more than"));
  EXPECT_THAT(ErrorOf({"token", "issue", "--ttl", "soon"}), HasSubstr("--ttl"));
  EXPECT_THAT(ErrorOf({"token", "revoke", "--app", "a", "--key-id", "k"}),
              HasSubstr("more than one option"));
  EXPECT_THAT(ErrorOf({"token", "revoke", "--app", "a", "x"}),
              HasSubstr("both a token"));
  EXPECT_THAT(ErrorOf({"token", "revoke", "--reason", "r", "x"}),
              HasSubstr("--reason"));
  EXPECT_THAT(ErrorOf({"query", "--scope", "read", "x"}),
              HasSubstr("token issue"));
  EXPECT_THAT(ErrorOf({"query", "--app", "a", "x"}), HasSubstr("revoke"));
  EXPECT_THAT(ErrorOf({"token", "inspect", "--format", "csv", "x"}),
              HasSubstr("csv"));
}

TEST(OptionsTest, TakesTheCommandsAboutClusters) {
  const auto topology = Parse({"topology", "--watch", "main"});
  ASSERT_TRUE(topology.ok()) << topology.status();
  EXPECT_EQ(topology->command, Command::kTopology);
  EXPECT_EQ(topology->operand, "main");
  EXPECT_TRUE(topology->watches);
  EXPECT_EQ(Parse({"topology"})->operand, "");
  EXPECT_EQ(Parse({"admin", "hold", "main"})->command, Command::kAdminHold);
  EXPECT_EQ(Parse({"admin", "release", "main"})->command,
            Command::kAdminRelease);
  EXPECT_THAT(ErrorOf({"admin", "hold"}), HasSubstr("no cluster"));
  EXPECT_THAT(ErrorOf({"query", "--watch", "x"}), HasSubstr("topology"));
}

TEST(OptionsTest, TakesSeveralInstances) {
  const auto listed = Parse({"topology", "--address", "a:1,b:2"});
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_THAT(listed->addresses, ElementsAre("a:1", "b:2"));
  const auto repeated =
      Parse({"admin", "hold", "--address=a:1", "--address=b:2", "main"});
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_THAT(repeated->addresses, ElementsAre("a:1", "b:2"));
  auto environment = kComplete;
  environment["SLUICE_ADDRESS"] = "c:1,d:2";
  EXPECT_THAT(Parse({"admin", "version"}, environment)->addresses,
              ElementsAre("c:1", "d:2"));
  EXPECT_THAT(Parse({"topology", "--address", "e:1"}, environment)->addresses,
              ElementsAre("e:1"));
  EXPECT_EQ(Parse({"query", "x"}, environment)->connection.address, "c:1");
  EXPECT_THAT(ErrorOf({"topology", "--address", "a:1,"}),
              HasSubstr("--address: an address is empty"));
  EXPECT_THAT(ErrorOf({"admin", "cancel", "--address=a:1,b:1", "7"}),
              HasSubstr("one instance"));
}

TEST(OptionsTest, TakesHowLongWritesAreHeld) {
  const auto hold = Parse({"admin", "hold", "--duration", "30s", "main"});
  ASSERT_TRUE(hold.ok()) << hold.status();
  EXPECT_EQ(hold->hold_duration, absl::Seconds(30));
  EXPECT_EQ(Parse({"admin", "hold", "main"})->hold_duration,
            absl::ZeroDuration());
  EXPECT_THAT(ErrorOf({"admin", "release", "--duration", "30s", "main"}),
              HasSubstr("--duration goes with admin hold"));
}

TEST(OptionsTest, TakesTheCommandsOfAdmins) {
  const auto activity = Parse({"admin", "activity", "--app", "demo"});
  ASSERT_TRUE(activity.ok()) << activity.status();
  EXPECT_EQ(activity->command, Command::kAdminActivity);
  EXPECT_EQ(activity->activity.app(), "demo");
  // The environment's is for statements.
  EXPECT_EQ(activity->database, "");
  const auto of_database = Parse({"admin", "activity", "-d", "app"});
  ASSERT_TRUE(of_database.ok()) << of_database.status();
  EXPECT_EQ(of_database->database, "app");
  const auto cancel = Parse({"admin", "cancel", "17"});
  ASSERT_TRUE(cancel.ok()) << cancel.status();
  EXPECT_EQ(cancel->command, Command::kAdminCancel);
  EXPECT_EQ(cancel->operand, "17");
  EXPECT_EQ(Parse({"admin", "version"})->command, Command::kAdminVersion);
  EXPECT_EQ(Parse({"admin", "reload"})->command, Command::kAdminReload);

  EXPECT_THAT(ErrorOf({"admin", "cancel"}), HasSubstr("no call"));
  EXPECT_THAT(ErrorOf({"admin", "version", "x"}), HasSubstr("options alone"));
  EXPECT_THAT(ErrorOf({"admin"}), HasSubstr("version, reload"));
}

TEST(OptionsTest, DescribesFamiliesOfCommands) {
  for (const auto& arguments :
       std::vector<std::vector<absl::string_view>>{{"token", "--help"},
                                                   {"token", "issue", "--help"},
                                                   {"token", "revoke", "-h"},
                                                   {"help", "token"}}) {
    const auto options = Parse(arguments);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->command, Command::kHelp);
    EXPECT_EQ(options->help_topic, "token");
  }
}

}  // namespace
}  // namespace sluice::cli

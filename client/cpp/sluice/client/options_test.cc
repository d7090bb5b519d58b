#include "sluice/client/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "sluice/client/call_options.h"
#include "sluice/client/client.h"

namespace sluice::client {
namespace {

using Variables = std::map<std::string, std::string>;

absl::StatusOr<ClientOptions> OptionsFrom(const Variables& variables,
                                          ClientOptions given = {}) {
  return OptionsFromEnvironment(
      std::move(given), [&](const char* name) -> const char* {
        const auto entry = variables.find(name);
        return entry == variables.end() ? nullptr : entry->second.c_str();
      });
}

TEST(OptionsTest, ComeFromTheEnvironment) {
  const absl::StatusOr<ClientOptions> options =
      OptionsFrom({{"SLUICE_ADDRESS", "host:1"},
                   {"SLUICE_CA", "ca"},
                   {"SLUICE_CERT", "cert"},
                   {"SLUICE_KEY", "key"},
                   {"SLUICE_DATABASE", "app"},
                   {"SLUICE_SERVER_NAME", "name"}});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->address, "host:1");
  EXPECT_EQ(options->ca_file, "ca");
  EXPECT_EQ(options->certificate_file, "cert");
  EXPECT_EQ(options->key_file, "key");
  EXPECT_EQ(options->database, "app");
  EXPECT_EQ(options->server_name, "name");
}

TEST(OptionsTest, AreTakenFromTheCallerFirst) {
  const absl::StatusOr<ClientOptions> options =
      OptionsFrom({{"SLUICE_ADDRESS", "host:1"}, {"SLUICE_DATABASE", "app"}},
                  {.address = "other:2",
                   .ca_file = "a",
                   .certificate_file = "b",
                   .key_file = "c"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->address, "other:2");
  EXPECT_EQ(options->database, "app");
}

TEST(OptionsTest, NameAllVariablesThatAreMissing) {
  const absl::Status error =
      OptionsFrom({{"SLUICE_CA", "ca"}, {"SLUICE_KEY", ""}}).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(error.message(),
            "not set in the environment: SLUICE_ADDRESS, SLUICE_CERT, "
            "SLUICE_KEY, SLUICE_DATABASE");
}

TEST(OptionsTest, NameTheFileThatCannotBeRead) {
  const absl::Status error = Client::Open({.address = "localhost:1",
                                           .ca_file = "/nonexistent/ca",
                                           .database = "app"})
                                 .status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(error.message()),
              ::testing::HasSubstr("/nonexistent/ca"));
}

TEST(CallOptionsTest, SayHowFreshAReadMustBe) {
  EXPECT_TRUE(StrongConsistency().strong());
  EXPECT_TRUE(AnyConsistency().any());
  EXPECT_EQ(AtLeast("token").at_least(), "token");
  const v1::Consistency stale = MaxStaleness(absl::Milliseconds(1500));
  EXPECT_EQ(stale.max_staleness().seconds(), 1);
  EXPECT_EQ(stale.max_staleness().nanos(), 500'000'000);
}

}  // namespace
}  // namespace sluice::client

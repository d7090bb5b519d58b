#include "client/cli/service_text.h"

#include "client/cli/text_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

TEST(ServiceTextTest, PrintsAToken) {
  EXPECT_EQ(DescribeIssued(ParseTextProto<v1::IssueTokenResponse>(R"(
              token: "a.b.c"
              renew_time { seconds: 400 } expire_time { seconds: 600 })")),
            "Token: a.b.c\n"
            "Renew at: 1970-01-01 00:06:40.000Z\n"
            "Ends at: 1970-01-01 00:10:00.000Z\n");
}

TEST(ServiceTextTest, TellsWhatATokenSays) {
  v1::IntrospectTokenResponse token =
      ParseTextProto<v1::IntrospectTokenResponse>(R"(
        active: true app: "demo" subject: "spiffe://example/demo"
        token_id: "t1" issue_time { seconds: 60 } expire_time { seconds: 660 }
        authentication_time { seconds: 30 nanos: 5000000 }
        certificate_thumbprint: "abc" key_id: "k1")");
  EXPECT_EQ(DescribeToken(token),
            "Valid.\n"
            "App: demo\n"
            "Identity: spiffe://example/demo\n"
            "Token: t1\n"
            "Scopes: all but admin\n"
            "Issued at: 1970-01-01 00:01:00.000Z\n"
            "Ends at: 1970-01-01 00:11:00.000Z\n"
            "Certificate proved at: 1970-01-01 00:00:30.005Z\n"
            "Certificate: abc\n"
            "Key: k1\n");
  token.add_scopes("read");
  token.add_scopes("database:app");
  EXPECT_THAT(DescribeToken(token), HasSubstr("Scopes: read, database:app\n"));
}

TEST(ServiceTextTest, TellsOfATokenThatIsNotValidThatAlone) {
  EXPECT_EQ(DescribeToken({}), "Not valid here and now, or not of this app.\n");
}

TEST(ServiceTextTest, TellsOfRevocations) {
  EXPECT_EQ(DescribeRevocation(ParseTextProto<v1::RevokeTokenResponse>(
                "revoke_time { seconds: 1 }")),
            "Revoked at: 1970-01-01 00:00:01.000Z\n");
  EXPECT_EQ(DescribeRevocation(ParseTextProto<v1::RevokeTokensResponse>(
                "revoke_time { seconds: 1 } cancelled_calls: 7")),
            "Revoked at: 1970-01-01 00:00:01.000Z\n"
            "Calls cancelled here: 7\n");
}

TEST(ServiceTextTest, TellsWhatAnInstanceRuns) {
  v1::GetVersionResponse version = ParseTextProto<v1::GetVersionResponse>(R"(
    server_version: "0.5.0" instance: "g1" start_time { seconds: 5 }
    policy_digest: "d1" policy_load_time { seconds: 6 } signing_key_id: "k1"
    revocation_age { nanos: 250000000 })");
  EXPECT_EQ(DescribeVersion(version),
            "Server: sluiced 0.5.0\n"
            "Instance: g1\n"
            "Running since: 1970-01-01 00:00:05.000Z\n"
            "Policy: d1\n"
            "Policy in force since: 1970-01-01 00:00:06.000Z\n"
            "Signing key: k1\n"
            "Revocations known until: 250ms ago\n");
  version.clear_revocation_age();
  EXPECT_THAT(DescribeVersion(version),
              HasSubstr("Revocations known until: no control database\n"));
}

TEST(ServiceTextTest, TellsWhatBecameOfEachPart) {
  EXPECT_EQ(DescribeReload(ParseTextProto<v1::ReloadConfigResponse>(R"(
              parts { name: "policy" outcome: RELOAD_OUTCOME_REFUSED
                      message: "apps: none" }
              parts { name: "deny_list" outcome: RELOAD_OUTCOME_CHANGED })")),
            "   part    | outcome |  message   \n"
            "-----------+---------+------------\n"
            " policy    | refused | apps: none\n"
            " deny_list | changed | \n"
            "(2 rows)\n\n");
}

TEST(ServiceTextTest, TellsOfCallsAndHowLongTheyRun) {
  EXPECT_EQ(DescribeActivity(ParseTextProto<v1::ListActivityResponse>(R"(
              activities { activity_id: "7" app: "demo" tag: "t"
                           method: "/sluice.v1.Database/Query" database: "d"
                           peer: "ipv4:192.0.2.7:5" start_time { seconds: 5 } }
              )"),
                             absl::FromUnixMillis(6500)),
            " id | app  |          method           | database | tag |"
            "       peer       | running \n"
            "----+------+---------------------------+----------+-----+"
            "------------------+---------\n"
            " 7  | demo | /sluice.v1.Database/Query | d        | t   |"
            " ipv4:192.0.2.7:5 | 1.5s\n"
            "(1 row)\n\n");
}

TEST(ServiceTextTest, TellsWhichNodeTakesWritesAndHowFarOthersAreBehind) {
  const std::string text =
      DescribeTopology(ParseTextProto<v1::GetTopologyResponse>(R"(
        clusters { name: "main" primary: "a"
                   nodes { name: "a" host: "10.0.0.1" port: 5432
                           state: CLUSTER_NODE_STATE_UP
                           role: CLUSTER_NODE_ROLE_PRIMARY
                           timeline: 2 lsn: "0/5000" in_flight: 3
                           connections: 7 max_connections: 19 }
                   nodes { name: "b" host: "10.0.0.2" port: 5432
                           state: CLUSTER_NODE_STATE_UP
                           role: CLUSTER_NODE_ROLE_REPLICA
                           timeline: 2 lsn: "0/4000" lag_bytes: 4096
                           lag { nanos: 250000000 } }
                   nodes { name: "c" host: "10.0.0.3" port: 5432
                           state: CLUSTER_NODE_STATE_DOWN
                           role: CLUSTER_NODE_ROLE_PRIMARY
                           fault: "no answer" } })"));
  EXPECT_THAT(text, HasSubstr("Cluster: main\nPrimary: a\nWrites: go on\n"));
  EXPECT_THAT(text, HasSubstr("primary, takes writes"));
  EXPECT_THAT(text, HasSubstr("7 of 19"));
  EXPECT_THAT(text, HasSubstr("250ms"));
  EXPECT_THAT(text, HasSubstr("4096"));
  EXPECT_THAT(text, HasSubstr("primary, not used"));
  EXPECT_THAT(text, HasSubstr("no answer"));
}

TEST(ServiceTextTest, TellsWhyNodesAreThoseOfAnEarlierAnswer) {
  EXPECT_THAT(DescribeTopology(ParseTextProto<v1::GetTopologyResponse>(R"(
                clusters { name: "main" discovery_fault: "no such file" })")),
              HasSubstr("\nDiscovery: not taken: no such file\n"));
}

TEST(ServiceTextTest, TellsWhyNothingTakesWrites) {
  EXPECT_THAT(DescribeTopology(ParseTextProto<v1::GetTopologyResponse>(R"(
                clusters { name: "main" fault: "two primaries"
                           writes_held: true })")),
              HasSubstr("Primary: none: two primaries\nWrites: held\n"));
}

}  // namespace
}  // namespace sluice::cli

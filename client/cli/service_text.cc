#include "client/cli/service_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/cli/text_table.h"

namespace sluice::cli {
namespace {

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3SZ", ToTime(time),
                          absl::UTCTimeZone());
}

std::string AgeText(const google::protobuf::Duration& age) {
  return absl::FormatDuration(absl::Seconds(age.seconds()) +
                              absl::Nanoseconds(age.nanos()));
}

std::string Line(absl::string_view name, absl::string_view value) {
  return absl::StrCat(name, ": ", value, "\n");
}

absl::string_view OutcomeName(v1::ReloadOutcome outcome) {
  switch (outcome) {
    case v1::RELOAD_OUTCOME_UNCHANGED:
      return "unchanged";
    case v1::RELOAD_OUTCOME_CHANGED:
      return "changed";
    case v1::RELOAD_OUTCOME_REFUSED:
      return "refused";
    default:
      return "unknown";
  }
}

std::string StateText(const v1::ClusterNode& node) {
  switch (node.state()) {
    case v1::CLUSTER_NODE_STATE_UP:
      return "up";
    case v1::CLUSTER_NODE_STATE_DOWN:
      return "down";
    case v1::CLUSTER_NODE_STATE_UNREACHABLE:
      return "unreachable";
    case v1::CLUSTER_NODE_STATE_FOREIGN:
      return "foreign";
    default:
      return "unknown";
  }
}

std::string RoleText(const v1::ClusterTopology& cluster,
                     const v1::ClusterNode& node) {
  if (node.name() == cluster.primary()) return "primary, takes writes";
  switch (node.role()) {
    case v1::CLUSTER_NODE_ROLE_PRIMARY:
      return "primary, not used";
    case v1::CLUSTER_NODE_ROLE_REPLICA:
      return "replica";
    default:
      return "";
  }
}

std::string DescribeCluster(const v1::ClusterTopology& cluster) {
  TextTable table({"node", "address", "state", "role", "timeline", "position",
                   "behind", "bytes behind", "in flight", "connections",
                   "waiting", "fault"});
  for (const v1::ClusterNode& node : cluster.nodes()) {
    table.AddRow(
        {node.name(), absl::StrCat(node.host(), ":", node.port()),
         StateText(node), RoleText(cluster, node),
         absl::StrCat(node.timeline()), node.lsn(),
         node.has_lag() ? AgeText(node.lag()) : "",
         node.has_lag() ? absl::StrCat(node.lag_bytes()) : "",
         absl::StrCat(node.in_flight()),
         absl::StrCat(node.connections(), " of ", node.max_connections()),
         absl::StrCat(node.waiting_calls()), node.fault()});
  }
  return absl::StrCat(
      Line("Cluster", cluster.name()),
      Line("Primary", cluster.primary().empty()
                          ? absl::StrCat("none: ", cluster.fault())
                          : cluster.primary()),
      Line("Writes", cluster.writes_held() ? "held" : "go on"),
      cluster.discovery_fault().empty()
          ? ""
          : Line("Discovery",
                 absl::StrCat("not taken: ", cluster.discovery_fault())),
      table.Format());
}

}  // namespace

std::string DescribeIssued(const v1::IssueTokenResponse& issued) {
  return absl::StrCat(Line("Token", issued.token()),
                      Line("Renew at", TimeText(issued.renew_time())),
                      Line("Ends at", TimeText(issued.expire_time())));
}

std::string DescribeToken(const v1::IntrospectTokenResponse& token) {
  if (!token.active()) {
    return "Not valid here and now, or not of this app.\n";
  }
  return absl::StrCat(
      "Valid.\n", Line("App", token.app()), Line("Identity", token.subject()),
      Line("Token", token.token_id()),
      Line("Scopes", token.scopes().empty()
                         ? "all but admin"
                         : absl::StrJoin(token.scopes(), ", ")),
      Line("Issued at", TimeText(token.issue_time())),
      Line("Ends at", TimeText(token.expire_time())),
      Line("Certificate proved at", TimeText(token.authentication_time())),
      Line("Certificate", token.certificate_thumbprint()),
      Line("Key", token.key_id()));
}

std::string DescribeRevocation(const v1::RevokeTokenResponse& revocation) {
  return Line("Revoked at", TimeText(revocation.revoke_time()));
}

std::string DescribeRevocation(const v1::RevokeTokensResponse& revocation) {
  return absl::StrCat(
      Line("Revoked at", TimeText(revocation.revoke_time())),
      Line("Calls cancelled here", absl::StrCat(revocation.cancelled_calls())));
}

std::string DescribeVersion(const v1::GetVersionResponse& version) {
  return absl::StrCat(
      Line("Server", absl::StrCat("sluiced ", version.server_version())),
      Line("Instance", version.instance()),
      Line("Running since", TimeText(version.start_time())),
      Line("Policy", version.policy_digest()),
      Line("Policy in force since", TimeText(version.policy_load_time())),
      Line("Signing key", version.signing_key_id()),
      Line("Revocations known until",
           version.has_revocation_age()
               ? absl::StrCat(AgeText(version.revocation_age()), " ago")
               : "no control database"));
}

std::string DescribeReload(const v1::ReloadConfigResponse& reload) {
  TextTable table({"part", "outcome", "message"});
  for (const v1::ReloadedPart& part : reload.parts()) {
    table.AddRow({part.name(), std::string(OutcomeName(part.outcome())),
                  part.message()});
  }
  return table.Format();
}

std::string DescribeActivity(const v1::ListActivityResponse& activity,
                             absl::Time now) {
  TextTable table(
      {"id", "app", "method", "database", "tag", "peer", "running"});
  for (const v1::Activity& call : activity.activities()) {
    const absl::Duration running = now - ToTime(call.start_time());
    table.AddRow(
        {call.activity_id(), call.app(), call.method(), call.database(),
         call.tag(), call.peer(),
         absl::FormatDuration(absl::Trunc(running, absl::Milliseconds(1)))});
  }
  return table.Format();
}

std::string DescribeCancellation(const v1::CancelActivityResponse&) {
  return "It is being cancelled.\n";
}

std::string DescribeHold(const v1::HoldWritesResponse& hold) {
  return absl::StrCat(
      Line("Writes are held until", TimeText(hold.expire_time())),
      Line("Writes in progress", absl::StrCat(hold.writes_in_progress())));
}

std::string DescribeRelease(const v1::ReleaseWritesResponse&) {
  return "Writes go on.\n";
}

std::string DescribeNode(const v1::ClusterTopology& cluster,
                         const v1::ClusterNode& node) {
  const std::string role = RoleText(cluster, node);
  return absl::StrCat(StateText(node), role.empty() ? "" : ", ", role);
}

std::string DescribeTopology(const v1::GetTopologyResponse& topology) {
  if (topology.clusters().empty()) return "There are no clusters.\n";
  std::string text;
  for (const v1::ClusterTopology& cluster : topology.clusters()) {
    if (!text.empty()) text += "\n";
    absl::StrAppend(&text, DescribeCluster(cluster));
  }
  return text;
}

}  // namespace sluice::cli

// What the services Tokens and Admin told, for a person.

#ifndef SLUICE_CLIENT_CLI_SERVICE_TEXT_H_
#define SLUICE_CLIENT_CLI_SERVICE_TEXT_H_

#include <string>

#include "absl/time/time.h"
#include "sluice/v1/admin.pb.h"
#include "sluice/v1/tokens.pb.h"

namespace sluice::cli {

// Lines or tables, each text with its newline. Times are in UTC.

std::string DescribeIssued(const v1::IssueTokenResponse& issued);
std::string DescribeToken(const v1::IntrospectTokenResponse& token);
std::string DescribeRevocation(const v1::RevokeTokenResponse& revocation);
std::string DescribeRevocation(const v1::RevokeTokensResponse& revocation);
std::string DescribeVersion(const v1::GetVersionResponse& version);
std::string DescribeReload(const v1::ReloadConfigResponse& reload);
// With how long each call runs at `now`.
std::string DescribeActivity(const v1::ListActivityResponse& activity,
                             absl::Time now);
std::string DescribeCancellation(const v1::CancelActivityResponse&);
std::string DescribeHold(const v1::HoldWritesResponse& hold);
std::string DescribeRelease(const v1::ReleaseWritesResponse&);
// What a node of the cluster is: "up, replica".
std::string DescribeNode(const v1::ClusterTopology& cluster,
                         const v1::ClusterNode& node);
std::string DescribeTopology(const v1::GetTopologyResponse& topology);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SERVICE_TEXT_H_

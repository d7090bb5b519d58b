#include "tests/support/patroni_cluster.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/child_process.h"

namespace sluice::testing {
namespace {

using Commits = PatroniMemberOptions::Commits;

constexpr char kScope[] = "main";
constexpr absl::Duration kWholeLimit = absl::Seconds(60);
constexpr char kTakesWrites[] = "SELECT NOT pg_is_in_recovery()";

bool IsTrue(const absl::StatusOr<SqlRows>& rows) {
  return rows.ok() && !rows->empty() && rows->front().front() == "t";
}

}  // namespace

absl::StatusOr<std::unique_ptr<PatroniCluster>> PatroniCluster::Start(
    const PatroniOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto cluster = std::unique_ptr<PatroniCluster>(
      new PatroniCluster(*std::move(folder), options));
  absl::Status status = cluster->MakeCertificates();
  if (status.ok()) status = cluster->StartMembers();
  if (status.ok()) status = cluster->StartPgBouncer();
  if (!status.ok()) return status;
  return cluster;
}

absl::Status PatroniCluster::StartMembers() {
  absl::StatusOr<std::unique_ptr<EtcdServer>> etcd = EtcdServer::Start();
  if (!etcd.ok()) return etcd.status();
  etcd_ = *std::move(etcd);
  absl::Status status = StartMember();
  if (!status.ok()) return status;
  if (!AwaitPrimary({0}, kWholeLimit).has_value()) {
    return absl::UnavailableError(
        absl::StrCat("Patroni makes no primary:\n", members_[0]->ReadLog()));
  }
  while (status.ok() && static_cast<int>(size()) < options_.members) {
    status = StartMember();
  }
  // While the others copy the data, before commits wait for them.
  if (status.ok()) status = Furnish(*members_[0]);
  if (status.ok()) status = AwaitWhole().status();
  return status;
}

absl::Status PatroniCluster::StartMember() {
  PatroniMemberOptions options;
  options.scope = kScope;
  options.name = NameOf(size());
  options.etcd_port = etcd_->port();
  options.commits = options_.commits;
  options.ttl = options_.ttl;
  options.certificate_file = certificates().CertificatePath("pg");
  options.key_file = certificates().KeyPath("pg");
  absl::StatusOr<std::unique_ptr<PatroniMember>> member =
      PatroniMember::Start(options);
  if (!member.ok()) return member.status();
  members_.push_back(*std::move(member));
  return absl::OkStatus();
}

absl::StatusOr<std::string> PatroniCluster::RunPatronictl(
    std::vector<std::string> arguments) const {
  ChildCommand command;
  command.arguments = {"/usr/bin/patronictl", "-c", members_[0]->config_file()};
  command.arguments.insert(command.arguments.end(), arguments.begin(),
                           arguments.end());
  return RunCommand(command);
}

std::optional<PatroniCluster::Roles> PatroniCluster::FindRoles() const {
  const absl::StatusOr<std::string> list =
      RunPatronictl({"list", kScope, "--format", "json"});
  if (!list.ok()) return std::nullopt;
  const nlohmann::json members = nlohmann::json::parse(*list, nullptr, false);
  if (!members.is_array()) return std::nullopt;
  const char* const candidate =
      options_.commits == Commits::kSynchronous ? "Sync Standby" : "Replica";
  std::optional<size_t> leader;
  std::optional<size_t> next;
  for (const nlohmann::json& member : members) {
    for (size_t i = 0; i < size(); ++i) {
      if (member.value("Member", "") != NameOf(i)) continue;
      const std::string role = member.value("Role", "");
      if (role == "Leader") leader = i;
      if (role == candidate) next = i;
    }
  }
  if (!leader.has_value() || !next.has_value()) return std::nullopt;
  return Roles{*leader, *next};
}

bool PatroniCluster::IsFollowed(size_t leader) const {
  return IsTrue(members_[leader]->Execute(
      "postgres", absl::StrCat("SELECT NOT pg_is_in_recovery() AND ",
                               "(SELECT count(*) FROM pg_stat_replication "
                               "WHERE state = 'streaming') = ",
                               size() - 1)));
}

absl::StatusOr<PatroniCluster::Roles> PatroniCluster::AwaitWhole() const {
  std::optional<Roles> roles;
  const bool whole = Await(kWholeLimit, [&] {
    for (size_t i = 0; i < size(); ++i) {
      if (!IsFollowed(i)) continue;
      // Which takes longer, so it is asked last.
      roles = FindRoles();
      if (roles.has_value() && roles->leader == i) return true;
    }
    return false;
  });
  if (whole) return *roles;
  return absl::DeadlineExceededError(absl::StrCat(
      "Patroni's cluster is not whole:\n",
      RunPatronictl({"list", kScope}).value_or("patronictl fails")));
}

std::optional<size_t> PatroniCluster::AwaitPrimary(
    const std::vector<size_t>& members, absl::Duration limit) const {
  std::vector<absl::StatusOr<SqlSession>> sessions(size());
  std::optional<size_t> primary;
  Await(limit, [&] {
    for (const size_t member : members) {
      absl::StatusOr<SqlSession>& session = sessions[member];
      if (!session.ok()) {
        session = members_[member]->Connect("postgres", "postgres");
      }
      if (!session.ok()) continue;
      const absl::StatusOr<SqlRows> answer = session->Execute(kTakesWrites);
      if (IsTrue(answer)) primary = member;
      if (!answer.ok()) session = answer.status();
    }
    return primary.has_value();
  });
  return primary;
}

absl::Status PatroniCluster::SwitchOver(const Roles& roles) const {
  const absl::StatusOr<std::string> output =
      RunPatronictl({"switchover", kScope, "--leader", NameOf(roles.leader),
                     "--candidate", NameOf(roles.candidate), "--force"});
  if (!output.ok()) return output.status();
  // A refusal is no failure of the program.
  if (absl::StrContains(*output, "Successfully switched over")) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(*output);
}

}  // namespace sluice::testing

#include "server/topology/dns_source.h"

// Newer versions have other functions for what 1.18 has only these.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/deadline.h"
#include "server/base/host_port.h"
#include "server/base/proto_duration.h"

namespace sluice::topology {
namespace {

using Nodes = std::vector<NodeAddress>;

// arpa/nameser.h has these too, and many macros with them.
constexpr int kClassIn = 1;
constexpr int kTypeSrv = 33;
constexpr absl::Duration kAskLimit = absl::Seconds(5);
// Of the first try of a server; c-ares doubles it for each further round.
constexpr int kTryMilliseconds = 700;
constexpr int kTries = 3;
// Fits into a packet on any path (the DNS flag day of 2020). Without EDNS
// Consul leaves out all but three records, and does not say so.
constexpr int kUdpBytes = 1232;

struct ChannelDeleter {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel =
    std::unique_ptr<std::remove_pointer_t<ares_channel>, ChannelDeleter>;

// What became of the question for one name.
struct Question {
  std::string name;
  bool answered = false;
  absl::Status status;
  Nodes nodes;
};

absl::Status FaultOf(const Question& question, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(question.name, ": ", what));
}

absl::Status AppendNode(const ares_srv_reply& record, Question& question) {
  const absl::string_view target = record.host;
  // RFC 2782: the service is decidedly not there.
  if (target.empty() || target == ".") return absl::OkStatus();
  const std::string text = absl::StrCat(target, ":", record.port);
  absl::StatusOr<NodeAddress> node = ParseNodeAddress(text);
  if (!node.ok()) return FaultOf(question, node.status().message());
  question.nodes.push_back(*std::move(node));
  return absl::OkStatus();
}

absl::Status ReadAnswer(const unsigned char* answer, int size,
                        Question& question) {
  ares_srv_reply* records = nullptr;
  const int status = ares_parse_srv_reply(answer, size, &records);
  if (status == ARES_ENODATA) return absl::OkStatus();
  if (status != ARES_SUCCESS) return FaultOf(question, ares_strerror(status));
  const std::unique_ptr<ares_srv_reply, void (*)(void*)> owner(records,
                                                               &ares_free_data);
  for (; records != nullptr; records = records->next) {
    absl::Status appended = AppendNode(*records, question);
    if (!appended.ok()) return appended;
  }
  return absl::OkStatus();
}

// What c-ares says when the last server says SERVFAIL, too, is that none could
// be contacted.
absl::string_view TextOf(int status) {
  if (status == ARES_ECANCELLED) return "no answer in time";
  if (status == ARES_ECONNREFUSED) {
    return "no DNS server answers, or with an error alone";
  }
  return ares_strerror(status);
}

void OnAnswer(void* argument, int status, int /*timeouts*/,
              unsigned char* answer, int size) {
  Question& question = *static_cast<Question*>(argument);
  question.answered = true;
  if (status == ARES_SUCCESS) {
    question.status = ReadAnswer(answer, size, question);
  } else if (status != ARES_ENOTFOUND && status != ARES_ENODATA) {
    question.status = FaultOf(question, TextOf(status));
  }
}

absl::StatusOr<Channel> MakeChannel(const config::v1::DnsDiscovery& settings) {
  ares_options options{};
  options.flags = ARES_FLAG_EDNS;
  options.ednspsz = kUdpBytes;
  options.timeout = kTryMilliseconds;
  options.tries = kTries;
  ares_channel channel = nullptr;
  // ares_library_init does nothing but on Windows.
  int status = ares_init_options(
      &channel, &options,
      ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  Channel owner(status == ARES_SUCCESS ? channel : nullptr);
  if (status == ARES_SUCCESS && !settings.servers().empty()) {
    const std::string servers = absl::StrJoin(settings.servers(), ",");
    status = ares_set_servers_ports_csv(channel, servers.c_str());
  }
  if (status != ARES_SUCCESS) {
    return absl::UnavailableError(
        absl::StrCat("no question can be asked: ", ares_strerror(status)));
  }
  return owner;
}

// Waits for what the channel waits for, and handles it.
void Process(ares_channel channel, const StopSignal& stop, Deadline deadline) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int interest =
      ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size()));
  std::vector<pollfd> events = {{stop.descriptor(), POLLIN, 0}};
  for (size_t i = 0; i < sockets.size(); ++i) {
    const bool reads = ARES_GETSOCK_READABLE(interest, i) != 0;
    const bool writes = ARES_GETSOCK_WRITABLE(interest, i) != 0;
    if (!reads && !writes) continue;
    const int wanted = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
    events.push_back({sockets[i], static_cast<int16_t>(wanted), 0});
  }
  const absl::Duration remaining =
      std::max(deadline.Remaining(), absl::ZeroDuration());
  timeval limit = absl::ToTimeval(absl::Ceil(remaining, absl::Milliseconds(1)));
  timeval next{};
  const timeval* wait = ares_timeout(channel, &limit, &next);
  const absl::Duration pause = absl::DurationFromTimeval(*wait);
  poll(events.data(), events.size(),
       static_cast<int>(absl::ToInt64Milliseconds(
           absl::Ceil(pause, absl::Milliseconds(1)))));
  for (const pollfd& event : events) {
    if (event.fd == stop.descriptor() || event.revents == 0) continue;
    const bool reads = (event.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writes = (event.revents & POLLOUT) != 0;
    ares_process_fd(channel, reads ? event.fd : ARES_SOCKET_BAD,
                    writes ? event.fd : ARES_SOCKET_BAD);
  }
  // Timeouts.
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

absl::StatusOr<Nodes> NodesOf(std::vector<Question>& questions) {
  Nodes nodes;
  for (Question& question : questions) {
    if (!question.status.ok()) return question.status;
    std::move(question.nodes.begin(), question.nodes.end(),
              std::back_inserter(nodes));
  }
  return nodes;
}

}  // namespace

DnsSource::DnsSource(const config::v1::DnsDiscovery& settings)
    : settings_(settings), interval_(FromProto(settings.interval())) {}

SourceAnswer DnsSource::Ask(const StopSignal& stop) {
  const Deadline deadline = Deadline::In(kAskLimit);
  std::vector<Question> questions;
  for (const std::string& name : settings_.names()) {
    questions.push_back({.name = name});
  }
  {
    absl::StatusOr<Channel> channel = MakeChannel(settings_);
    if (!channel.ok()) return {channel.status(), interval_};
    for (Question& question : questions) {
      ares_query(channel->get(), question.name.c_str(), kClassIn, kTypeSrv,
                 &OnAnswer, &question);
    }
    const auto is_answered = [](const Question& one) { return one.answered; };
    while (!std::all_of(questions.begin(), questions.end(), is_answered) &&
           !deadline.Expired() && !stop.requested()) {
      Process(channel->get(), stop, deadline);
    }
    // Answers what is left.
    ares_cancel(channel->get());
  }
  return {NodesOf(questions), interval_};
}

}  // namespace sluice::topology

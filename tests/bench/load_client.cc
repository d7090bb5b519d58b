// sluice_bench_client: keeps unary calls in flight, or reads streams, and
// prints, as lines of JSON, when it begins and ends to count and what it
// counted.

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "sluice/v1/tokens.grpc.pb.h"
#include "tests/bench/bench_call.h"
#include "tests/bench/call_load.h"
#include "tests/bench/stream_reads.h"

ABSL_FLAG(std::string, address, "", "host:port of the gateway");
ABSL_FLAG(std::string, ca, "", "PEM file of the CA");
ABSL_FLAG(std::string, cert, "", "PEM file of the client's certificate");
ABSL_FLAG(std::string, key, "", "PEM file of the client's key");
ABSL_FLAG(std::string, database, "demo", "database to use");
ABSL_FLAG(std::string, calls, "point_read", "point_read, tpcb or insert");
ABSL_FLAG(int64_t, rows, 1000000, "rows of pgbench_accounts, from aid 1");
ABSL_FLAG(int, in_flight, 8, "calls in flight");
ABSL_FLAG(int, channels, 4, "connections, each with its share of the calls");
ABSL_FLAG(int, threads, 1, "threads, each with its share of the calls");
ABSL_FLAG(absl::Duration, warm_up, absl::Seconds(1), "time not counted");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(5), "time counted");
ABSL_FLAG(uint64_t, seed, 1, "seed of the values");
ABSL_FLAG(std::string, stream, "", "statement to stream, instead of calls");
ABSL_FLAG(int, streams, 1, "how often it is streamed, after once uncounted");

namespace sluice::bench {
namespace {

using Channels = std::vector<std::shared_ptr<grpc::Channel>>;

// Long enough for a handshake on a busy machine.
constexpr std::chrono::seconds kConnectTimeout(10);

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("can't read ", path));
  }
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ReadCredentials() {
  absl::StatusOr<std::string> ca = ReadFile(absl::GetFlag(FLAGS_ca));
  absl::StatusOr<std::string> cert = ReadFile(absl::GetFlag(FLAGS_cert));
  absl::StatusOr<std::string> key = ReadFile(absl::GetFlag(FLAGS_key));
  for (const absl::Status& status :
       {ca.status(), cert.status(), key.status()}) {
    if (!status.ok()) return status;
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = *std::move(ca);
  tls.pem_cert_chain = *std::move(cert);
  tls.pem_private_key = *std::move(key);
  return grpc::SslCredentials(tls);
}

// `tls`, and a token in each call: it lives longer than any measurement.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> WithToken(
    const std::shared_ptr<grpc::ChannelCredentials>& tls) {
  const auto stub = v1::Tokens::NewStub(
      grpc::CreateChannel(absl::GetFlag(FLAGS_address), tls));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kConnectTimeout);
  v1::IssueTokenResponse issued;
  const grpc::Status status = stub->IssueToken(&context, {}, &issued);
  if (!status.ok()) {
    return absl::UnavailableError(
        absl::StrCat("no token: ", status.error_message()));
  }
  return grpc::CompositeChannelCredentials(
      tls, grpc::AccessTokenCredentials(issued.token()));
}

// Connected channels. Each has a connection of its own, as if each were in
// another process.
absl::StatusOr<Channels> OpenChannels(int count) {
  const auto tls = ReadCredentials();
  if (!tls.ok()) return tls.status();
  const auto credentials = WithToken(*tls);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const std::string address = absl::GetFlag(FLAGS_address);
  Channels channels;
  for (int i = 0; i < count; ++i) {
    channels.push_back(
        grpc::CreateCustomChannel(address, *credentials, arguments));
    if (!channels.back()->WaitForConnected(std::chrono::system_clock::now() +
                                           kConnectTimeout)) {
      return absl::UnavailableError(absl::StrCat("no connection to ", address));
    }
  }
  return channels;
}

void Print(const nlohmann::json& line) {
  std::cout << line.dump() << std::endl;
}

// Microseconds below which `share` of the latencies are.
double Percentile(std::vector<uint32_t>& latencies, double share) {
  if (latencies.empty()) return 0;
  const auto rank =
      latencies.begin() +
      static_cast<ptrdiff_t>(share * static_cast<double>(latencies.size() - 1));
  std::nth_element(latencies.begin(), rank, latencies.end());
  return *rank;
}

nlohmann::json Summarize(const std::vector<std::unique_ptr<CallLoad>>& loads,
                         Clock::duration counted) {
  std::vector<uint32_t> latencies;
  int64_t errors = 0;
  std::string first_error;
  for (const std::unique_ptr<CallLoad>& load : loads) {
    latencies.insert(latencies.end(), load->latencies_us().begin(),
                     load->latencies_us().end());
    errors += load->errors();
    if (first_error.empty()) first_error = load->first_error();
  }
  double sum_us = 0;
  for (const uint32_t latency : latencies) sum_us += latency;
  const auto calls = static_cast<double>(std::max<size_t>(1, latencies.size()));
  return {{"calls", latencies.size()},
          {"seconds", std::chrono::duration<double>(counted).count()},
          {"errors", errors},
          {"first_error", first_error},
          {"latency_mean_us", sum_us / calls},
          {"latency_p50_us", Percentile(latencies, 0.50)},
          {"latency_p99_us", Percentile(latencies, 0.99)}};
}

absl::Status RunStreams() {
  const absl::StatusOr<Channels> channels = OpenChannels(1);
  if (!channels.ok()) return channels.status();
  StreamReads reads(channels->front(), absl::GetFlag(FLAGS_database),
                    absl::GetFlag(FLAGS_stream));
  absl::Status status = reads.Read();
  const int64_t uncounted = reads.row_count();
  Print({{"mark", "begin"}});
  const Clock::time_point began = Clock::now();
  for (int i = 0; status.ok() && i < absl::GetFlag(FLAGS_streams); ++i) {
    status = reads.Read();
  }
  const std::chrono::duration<double> seconds = Clock::now() - began;
  Print({{"mark", "end"}});
  Print({{"calls", reads.row_count() - uncounted},
         {"seconds", seconds.count()},
         {"errors", 0}});
  return status;
}

absl::Status RunCalls() {
  absl::StatusOr<CallFactory> make_call =
      FindCalls(absl::GetFlag(FLAGS_calls),
                {absl::GetFlag(FLAGS_database), absl::GetFlag(FLAGS_rows)});
  if (!make_call.ok()) return make_call.status();
  const absl::StatusOr<Channels> channels =
      OpenChannels(absl::GetFlag(FLAGS_channels));
  if (!channels.ok()) return channels.status();
  const int thread_count = absl::GetFlag(FLAGS_threads);
  const int in_flight = absl::GetFlag(FLAGS_in_flight);
  CallLoadOptions options;
  options.make_call = *std::move(make_call);
  options.count_from =
      Clock::now() + absl::ToChronoNanoseconds(absl::GetFlag(FLAGS_warm_up));
  options.count_until = options.count_from + absl::ToChronoNanoseconds(
                                                 absl::GetFlag(FLAGS_duration));
  std::vector<std::unique_ptr<CallLoad>> loads;
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i) {
    options.in_flight =
        in_flight / thread_count + (i < in_flight % thread_count);
    options.seed = absl::GetFlag(FLAGS_seed) + static_cast<uint64_t>(i);
    loads.push_back(std::make_unique<CallLoad>(options, *channels));
    threads.emplace_back([load = loads.back().get()] { load->Run(); });
  }
  std::this_thread::sleep_until(options.count_from);
  Print({{"mark", "begin"}});
  std::this_thread::sleep_until(options.count_until);
  Print({{"mark", "end"}});
  for (std::thread& thread : threads) thread.join();
  Print(Summarize(loads, options.count_until - options.count_from));
  return absl::OkStatus();
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  // Debian's Abseil looks for deadlocks at every lock, which would be charged
  // to the load.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const absl::Status status = absl::GetFlag(FLAGS_stream).empty()
                                  ? sluice::bench::RunCalls()
                                  : sluice::bench::RunStreams();
  if (status.ok()) return 0;
  std::cerr << "sluice_bench_client: " << status.message() << "\n";
  return 1;
}

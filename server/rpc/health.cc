#include "server/rpc/health.h"

#include <grpcpp/support/async_stream.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "server/base/task.h"
#include "server/rpc/unary_call.h"

namespace sluice::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Service = grpc::health::v1::Health::AsyncService;
using Status = HealthCheckResponse::ServingStatus;

constexpr absl::Duration kWatchInterval = absl::Milliseconds(250);
constexpr absl::string_view kDatabasePrefix = "database/";

// On the worker's loop. Nothing for a name that is not known.
std::optional<Status> StatusOf(const Worker& worker,
                               absl::string_view service) {
  const bool draining = worker.state.draining.load();
  if (service.empty() || service == "sluice.v1.Database") {
    return draining ? HealthCheckResponse::NOT_SERVING
                    : HealthCheckResponse::SERVING;
  }
  if (!absl::ConsumePrefix(&service, kDatabasePrefix) ||
      !worker.executor.Serves(service)) {
    return std::nullopt;
  }
  return draining || !worker.executor.IsReachable(service)
             ? HealthCheckResponse::NOT_SERVING
             : HealthCheckResponse::SERVING;
}

using CheckCall = UnaryCall<HealthCheckRequest, HealthCheckResponse>;

Task<void> HandleCheck(Worker& worker, std::unique_ptr<CheckCall> call) {
  const CoroutineCount coroutine(worker.state);
  EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
  co_await entering;
  const std::optional<Status> found =
      StatusOf(worker, call->request().service());
  absl::Status status;
  if (found.has_value()) {
    call->response()->set_status(*found);
  } else {
    status = absl::NotFoundError("unknown service");
  }
  Task<void> finishing = call->Finish(status);
  co_await std::move(finishing);
}

Task<void> AcceptChecks(Worker& worker, Service& health) {
  const CoroutineCount coroutine(worker.state);
  for (;;) {
    auto call = std::make_unique<CheckCall>(worker.executor.loop());
    Task<bool> accepting =
        call->Accept(health, &Service::RequestCheck, worker.queue.queue());
    const bool accepted = co_await std::move(accepting);
    if (!accepted) co_return;
    Spawn(HandleCheck(worker, std::move(call)));
  }
}

// One Watch: the status at once and at every change.
struct WatchCall {
  explicit WatchCall(EventLoop& loop) : writer(&context), end(context, loop) {
    context.AsyncNotifyWhenDone(static_cast<CompletionTag*>(&end));
  }
  WatchCall(const WatchCall&) = delete;

  grpc::ServerContext context;
  HealthCheckRequest request;
  grpc::ServerAsyncWriter<HealthCheckResponse> writer;
  CallEnd end;
};

Task<void> HandleWatch(Worker& worker, std::unique_ptr<WatchCall> call) {
  const CoroutineCount coroutine(worker.state);
  EventLoop& loop = worker.executor.loop();
  std::optional<Status> told;
  bool open = true;
  while (open) {
    EventLoop::EnterAwaiter entering = loop.Enter();
    co_await entering;
    const Status now = StatusOf(worker, call->request.service())
                           .value_or(HealthCheckResponse::SERVICE_UNKNOWN);
    if (call->end.cancellation().Requested()) break;
    if (now != told) {
      HealthCheckResponse response;
      response.set_status(now);
      Operation write([&](void* tag) { call->writer.Write(response, tag); });
      open = co_await write;
      told = now;
      continue;
    }
    if (worker.state.draining.load()) break;
    SleepAwaiter a_while(loop, Deadline::In(kWatchInterval));
    co_await a_while;
  }
  Operation finish(
      [&](void* tag) { call->writer.Finish(grpc::Status::OK, tag); });
  co_await finish;
  Latch::WaitAwaiter ended = call->end.done().Wait();
  co_await ended;
}

Task<void> AcceptWatches(Worker& worker, Service& health) {
  const CoroutineCount coroutine(worker.state);
  for (;;) {
    auto call = std::make_unique<WatchCall>(worker.executor.loop());
    Operation accept([&](void* tag) {
      health.RequestWatch(&call->context, &call->request, &call->writer,
                          worker.queue.queue(), worker.queue.queue(), tag);
    });
    const bool accepted = co_await accept;
    if (!accepted) co_return;
    Spawn(HandleWatch(worker, std::move(call)));
  }
}

}  // namespace

void ServeHealth(Worker& worker, Service& health) {
  Spawn(AcceptChecks(worker, health));
  Spawn(AcceptWatches(worker, health));
}

}  // namespace sluice::rpc

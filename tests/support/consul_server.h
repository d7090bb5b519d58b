// ConsulServer: answers queries for the health of a service as Consul's
// documentation describes them, and as a broken one would.

#ifndef SLUICE_TESTS_SUPPORT_CONSUL_SERVER_H_
#define SLUICE_TESTS_SUPPORT_CONSUL_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/tcp_listener.h"

namespace sluice::testing {

// What it answers with.
struct ConsulAnswer {
  int status = 200;
  // Besides Content-Type, Content-Length and the index.
  std::vector<std::string> headers = {"X-Consul-KnownLeader: true",
                                      "X-Consul-LastContact: 0"};
  std::string body = "[]";
  enum class Index { kGiven, kMissing };
  Index index = Index::kGiven;
  // Whether all of the body follows its length, or half of it and the end.
  enum class Body { kWhole, kHalf };
  Body whole = Body::kWhole;
  enum class Speed { kAtOnce, kNever };
  Speed speed = Speed::kAtOnce;
};

// One instance as it stands in an answer.
std::string ConsulInstance(const std::string& address, int port,
                           const std::string& tag);

// A query with an index blocks until the index is beyond that, or for the time
// that it asks for and no more, and then gets what there is.
// Threads: any.
class ConsulServer {
 public:
  static absl::StatusOr<std::unique_ptr<ConsulServer>> Start();
  ~ConsulServer();
  ConsulServer(const ConsulServer&) = delete;

  // ADDRESS:PORT.
  std::string address() const;

  // Answers so from now on, with the next index: who blocks is answered.
  void Answer(ConsulAnswer answer);
  // The same with an index of the test's own.
  void AnswerWithIndex(ConsulAnswer answer, uint64_t index);

  // The heads of all requests until now.
  std::vector<std::string> requests() const;
  // Requests that wait for an answer.
  int blocked() const;

 private:
  explicit ConsulServer(TcpListener listener);

  void Accept();
  void Serve(int socket);
  // Waits as the request asks for it; false at the end of the server.
  bool Block(const std::string& head);
  // Empty if nothing is to be answered.
  std::string MakeResponse() const;

  const TcpListener listener_;
  mutable absl::Mutex mutex_;
  ConsulAnswer answer_ ABSL_GUARDED_BY(mutex_);
  uint64_t index_ ABSL_GUARDED_BY(mutex_) = 10;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  int blocked_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<int> sockets_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_CONSUL_SERVER_H_

// HttpClient: GET requests over plain HTTP, one at a time, by libcurl.

#ifndef SLUICE_SERVER_TOPOLOGY_HTTP_CLIENT_H_
#define SLUICE_SERVER_TOPOLOGY_HTTP_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/topology/stop_signal.h"

namespace sluice::topology {

struct HttpRequest {
  // With http:// alone.
  std::string url;
  // "Name: value" each.
  std::vector<std::string> headers;
  // For all of it.
  absl::Duration limit;
};

struct HttpResponse {
  int status = 0;
  // By name in lower case; the last one of a name.
  absl::flat_hash_map<std::string, std::string> headers;
  std::string body;
};

// Keeps its connection for the next request. Follows no redirect, asks no
// proxy, and takes bodies of at most 4 MiB.
// Threads: one at a time.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;

  // Ends at once when `stop` is requested.
  // Errors: UNAVAILABLE if there is no whole response, RESOURCE_EXHAUSTED if it
  // is too long, CANCELLED; the words stay the same while the reason does.
  absl::StatusOr<HttpResponse> Get(const HttpRequest& request,
                                   const StopSignal& stop);

 private:
  class Session;
  const std::unique_ptr<Session> session_;
};

// Percent-encodes all but letters, digits and "-._~" (RFC 3986, section 2.3).
std::string EscapeForUrl(absl::string_view text);

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_HTTP_CLIENT_H_

#include "server/topology/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/deadline.h"

namespace sluice::topology {
namespace {

constexpr size_t kMaxBodyBytes = 4 * 1024 * 1024;
constexpr size_t kMaxHeaderBytes = 64 * 1024;
constexpr int64_t kConnectMilliseconds = 3000;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* one) const {
    Free(one);
  }
};
using Easy = std::unique_ptr<CURL, Deleter<&curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Deleter<&curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Deleter<&curl_slist_free_all>>;

// A response that comes in.
struct Incoming {
  HttpResponse response;
  size_t header_bytes = 0;
  bool too_long = false;
};

// libcurl takes another size than that of the data for the wish to end.
size_t TakeBody(char* data, size_t /*one*/, size_t size, void* argument) {
  Incoming& incoming = *static_cast<Incoming*>(argument);
  if (incoming.response.body.size() + size > kMaxBodyBytes) {
    incoming.too_long = true;
    return size + 1;
  }
  incoming.response.body.append(data, size);
  return size;
}

size_t TakeHeader(char* data, size_t /*one*/, size_t size, void* argument) {
  Incoming& incoming = *static_cast<Incoming*>(argument);
  incoming.header_bytes += size;
  if (incoming.header_bytes > kMaxHeaderBytes) {
    incoming.too_long = true;
    return size + 1;
  }
  const absl::string_view line(data, size);
  const size_t colon = line.find(':');
  if (colon != absl::string_view::npos) {
    incoming.response.headers[absl::AsciiStrToLower(line.substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return size;
}

HeaderList MakeHeaders(const std::vector<std::string>& lines) {
  HeaderList list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) continue;
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

}  // namespace

class HttpClient::Session {
 public:
  Session() : multi_(curl_multi_init()), easy_(curl_easy_init()) {
    SetDefaults();
  }

  absl::StatusOr<HttpResponse> Get(const HttpRequest& request,
                                   const StopSignal& stop) {
    Incoming incoming;
    const HeaderList headers = MakeHeaders(request.headers);
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &incoming);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &incoming);
    curl_multi_add_handle(multi_.get(), easy);
    absl::Status status = Run(request.limit, stop);
    curl_multi_remove_handle(multi_.get(), easy);
    if (incoming.too_long) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the response is longer than ", kMaxBodyBytes,
                       " bytes, or its head than ", kMaxHeaderBytes));
    }
    if (!status.ok()) return status;
    long code = 0;  // NOLINT(google-runtime-int): libcurl's type.
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    incoming.response.status = static_cast<int>(code);
    return std::move(incoming.response);
  }

 private:
  void SetDefaults() {
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMilliseconds);
    // A blocking query is silent for a minute: a peer that is gone is noticed.
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 10L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHeader);
  }

  absl::Status Run(absl::Duration limit, const StopSignal& stop) {
    const Deadline deadline = Deadline::In(limit);
    for (;;) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      if (running == 0) return Outcome();
      if (deadline.Expired()) {
        return absl::UnavailableError("no answer in time");
      }
      curl_waitfd stop_event{stop.descriptor(), CURL_WAIT_POLLIN, 0};
      const int64_t wait = absl::ToInt64Milliseconds(
          absl::Ceil(deadline.Remaining(), absl::Milliseconds(1)));
      curl_multi_poll(multi_.get(), &stop_event, 1,
                      static_cast<int>(std::clamp<int64_t>(wait, 0, INT32_MAX)),
                      nullptr);
      if (stop.requested()) return absl::CancelledError("stopped");
    }
  }

  // Of the transfer that has ended.
  absl::Status Outcome() {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr || message->msg != CURLMSG_DONE) {
      return absl::UnavailableError("the request could not be sent");
    }
    if (message->data.result == CURLE_OK) return absl::OkStatus();
    return absl::UnavailableError(curl_easy_strerror(message->data.result));
  }

  const Multi multi_;
  const Easy easy_;
};

HttpClient::HttpClient()
    : session_([] {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_NOTHING); });
        return std::make_unique<Session>();
      }()) {}

HttpClient::~HttpClient() = default;

absl::StatusOr<HttpResponse> HttpClient::Get(const HttpRequest& request,
                                             const StopSignal& stop) {
  return session_->Get(request, stop);
}

std::string EscapeForUrl(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-._~", c)) {
      escaped.push_back(c);
    } else {
      absl::StrAppend(
          &escaped, "%",
          absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return escaped;
}

}  // namespace sluice::topology

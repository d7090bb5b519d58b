// BadDnsServer: a UDP socket that says nothing, or nothing good.

#ifndef SLUICE_TESTS_SUPPORT_BAD_DNS_SERVER_H_
#define SLUICE_TESTS_SUPPORT_BAD_DNS_SERVER_H_

#include <string>
#include <thread>

#include "server/base/descriptor.h"

namespace sluice::testing {

class BadDnsServer {
 public:
  enum class Manner {
    kSilent,
    // It could not find out (SERVFAIL).
    kFails,
    // The question, and an answer of it that is cut.
    kGarbage,
  };

  // On a port of its own, or at 127.0.0.1:PORT, which must be free.
  explicit BadDnsServer(Manner manner, const std::string& address = "");
  ~BadDnsServer();
  BadDnsServer(const BadDnsServer&) = delete;

  const std::string& address() const { return address_; }

 private:
  void Answer(Manner manner);

  const Descriptor socket_;
  std::string address_;
  std::thread thread_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_BAD_DNS_SERVER_H_

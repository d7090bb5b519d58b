// Certificates of clients that must not get in, each after its valid twin.

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/call_error.h"
#include "tests/support/forged_certificate.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;

constexpr char kId[] = "URI:spiffe://sluice.test/app/app";

enum class Refusal {
  // gRPC makes no connection.
  kByHandshake,
  // The gateway refuses the call.
  kByIdentity,
};

struct Case {
  const char* what;
  Forgery forgery;
  Refusal refusal;
};

const Case kCases[] = {
    {"signed by itself", {.ca = ""}, Refusal::kByHandshake},
    {"of another CA", {.ca = "other-ca"}, Refusal::kByHandshake},
    {"of another CA that gives the name of ours",
     {.ca = "other-ca", .pretended_ca = "ca"},
     Refusal::kByHandshake},
    {"signed by a client's certificate", {.ca = "app"}, Refusal::kByHandshake},
    {"expired",
     {.start = -absl::Hours(2), .end = -absl::Minutes(1)},
     Refusal::kByHandshake},
    {"not valid yet",
     {.start = absl::Hours(1), .end = absl::Hours(2)},
     Refusal::kByHandshake},
    {"a server's", {.usage = "serverAuth"}, Refusal::kByHandshake},
    {"for signing code", {.usage = "codeSigning"}, Refusal::kByHandshake},
    {"without a name", {.alt_names = ""}, Refusal::kByIdentity},
    {"of a DNS name", {.alt_names = "DNS:app"}, Refusal::kByIdentity},
    {"of two identities",
     {.alt_names = "URI:spiffe://sluice.test/app/app,"
                   "URI:spiffe://sluice.test/app/spare"},
     Refusal::kByIdentity},
    {"of one identity twice",
     {.alt_names = "URI:spiffe://sluice.test/app/app,"
                   "URI:spiffe://sluice.test/app/app"},
     Refusal::kByIdentity},
    {"of a foreign trust domain",
     {.alt_names = "URI:spiffe://other.test/app/app"},
     Refusal::kByIdentity},
    {"of a trust domain that begins like ours",
     {.alt_names = "URI:spiffe://sluice.test.evil/app/app"},
     Refusal::kByIdentity},
    {"of an upper-case scheme",
     {.alt_names = "URI:SPIFFE://sluice.test/app/app"},
     Refusal::kByIdentity},
    {"of an upper-case trust domain",
     {.alt_names = "URI:spiffe://SLUICE.test/app/app"},
     Refusal::kByIdentity},
    {"with a query",
     {.alt_names = "URI:spiffe://sluice.test/app/app?x=y"},
     Refusal::kByIdentity},
    {"with a fragment",
     {.alt_names = "URI:spiffe://sluice.test/app/app#x"},
     Refusal::kByIdentity},
    {"with a port",
     {.alt_names = "URI:spiffe://sluice.test:80/app/app"},
     Refusal::kByIdentity},
    {"with a user",
     {.alt_names = "URI:spiffe://x@sluice.test/app/app"},
     Refusal::kByIdentity},
    {"with an escape",
     {.alt_names = "URI:spiffe://sluice.test/app/%61pp"},
     Refusal::kByIdentity},
    {"with a relative path",
     {.alt_names = "URI:spiffe://sluice.test/x/../app/app"},
     Refusal::kByIdentity},
    {"with an empty segment",
     {.alt_names = "URI:spiffe://sluice.test/app//app"},
     Refusal::kByIdentity},
    {"with a slash at its end",
     {.alt_names = "URI:spiffe://sluice.test/app/app/"},
     Refusal::kByIdentity},
    {"of a web page",
     {.alt_names = "URI:https://sluice.test/app/app"},
     Refusal::kByIdentity},
};

class HostileCertificateTest : public StackTest<HostileCertificateTest> {
 protected:
  // How a caller with such a certificate is answered.
  static grpc::Status AnswerTo(const Forgery& forgery) {
    const absl::Status forged =
        ForgeCertificate(stack().certificates(), "forged", forgery);
    EXPECT_TRUE(forged.ok()) << forged;
    return GatewayClient(
               stack().client_options("forged", stack().gateway().port()))
        .Query("SELECT 1")
        .status;
  }
};

TEST_F(HostileCertificateTest, RefusesEachAfterItsValidTwin) {
  for (const Case& test : kCases) {
    EXPECT_THAT(AnswerTo({}), IsOk());
    const grpc::Status answer = AnswerTo(test.forgery);
    if (test.refusal == Refusal::kByIdentity) {
      EXPECT_THAT(answer, FailsWith(StatusCode::UNAUTHENTICATED,
                                    v1::ERROR_REASON_IDENTITY_INVALID))
          << test.what;
    } else {
      EXPECT_EQ(answer.error_code(), StatusCode::UNAVAILABLE) << test.what;
      EXPECT_FALSE(CallError::Of(answer).IsTyped()) << test.what;
    }
  }
  EXPECT_THAT(AnswerTo({}), IsOk());
}

TEST_F(HostileCertificateTest, TakesNamesBesideTheOneIdentity) {
  EXPECT_THAT(AnswerTo({.alt_names = absl::StrCat(kId, ",DNS:app.example")}),
              IsOk());
}

// OpenSSL takes a certificate without extended key usages for any.
TEST_F(HostileCertificateTest, TakesACertificateThatLimitsNoUsage) {
  EXPECT_THAT(AnswerTo({.usage = ""}), IsOk());
}

}  // namespace
}  // namespace sluice::testing

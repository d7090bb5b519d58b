#include "server/identity/peer_certificate.h"

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"
#include "server/identity/test_certificate.h"

namespace sluice::identity {
namespace {

constexpr char kDomain[] = "sluice.example";
constexpr char kDemo[] = "spiffe://sluice.example/app/demo";

absl::StatusOr<PeerCertificate> Read(
    const std::string& pem, CommonNames common_names = CommonNames::kAllowed) {
  return ReadPeerCertificate(pem, kDomain, common_names);
}

TEST(PeerCertificateTest, IsItsOneUriNameAndItsDigest) {
  for (const CommonNames common_names :
       {CommonNames::kRefused, CommonNames::kAllowed}) {
    TestCertificate certificate;
    certificate.CommonName("other").Dns("demo.example").Uri(kDemo);
    const std::string der = certificate.Der();
    const auto read =
        Read(TestCertificate::ToPem("CERTIFICATE", der), common_names);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->identity, kDemo);
    EXPECT_EQ(read->thumbprint, EncodeBase64Url(Sha256(der)));
  }
}

TEST(PeerCertificateTest, IsItsCommonNameWhereThatCounts) {
  TestCertificate certificate;
  certificate.CommonName("demo app").Dns("demo.example");
  const std::string pem = certificate.Pem();
  const auto read = Read(pem);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->identity, "CN=demo app");
  const absl::Status refusal = Read(pem, CommonNames::kRefused).status();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(refusal), v1::ERROR_REASON_IDENTITY_INVALID);
  EXPECT_EQ(ErrorMetadataOf(refusal, "executed"), "no");
}

struct Row {
  std::string name;
  std::function<std::string()> make;
};

void PrintTo(const Row& row, std::ostream* output) { *output << row.name; }

std::string NameOf(const testing::TestParamInfo<Row>& row) {
  return row.param.name;
}

class HostileCertificateTest : public testing::TestWithParam<Row> {};

TEST_P(HostileCertificateTest, IsRefused) {
  TestCertificate twin;
  ASSERT_TRUE(Read(twin.Uri(kDemo).Pem()).ok());
  const std::string pem = GetParam().make();
  for (const CommonNames common_names :
       {CommonNames::kRefused, CommonNames::kAllowed}) {
    const absl::Status status = Read(pem, common_names).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_IDENTITY_INVALID);
  }
  PeerCertificates certificates(kDomain, CommonNames::kAllowed);
  EXPECT_FALSE(certificates.Find(pem).ok());
  EXPECT_FALSE(certificates.Find(pem).ok());
}

Row Uri(std::string name, std::string uri) {
  return {std::move(name), [uri] {
            TestCertificate certificate;
            return certificate.CommonName("demo").Uri(uri).Pem();
          }};
}

std::vector<Row> UriRows() {
  using Text = std::string;
  return {
      Uri("Empty", ""),
      Uri("NoSpiffeId", "https://sluice.example/app/demo"),
      Uri("OfAnotherTrustDomain", "spiffe://other.example/app/demo"),
      Uri("OfALongerTrustDomain", "spiffe://sluice.example.evil/app/demo"),
      Uri("OfASubdomain", "spiffe://a.sluice.example/app/demo"),
      Uri("SchemeInCapitals", "SPIFFE://sluice.example/app/demo"),
      Uri("TrustDomainInCapitals", "spiffe://Sluice.example/app/demo"),
      Uri("WithoutPath", "spiffe://sluice.example"),
      Uri("WithASlashAlone", "spiffe://sluice.example/"),
      Uri("WithASlashAtItsEnd", Text(kDemo) + "/"),
      Uri("WithTwoSlashes", "spiffe://sluice.example//app/demo"),
      Uri("WithDots", "spiffe://sluice.example/app/../app/demo"),
      Uri("WithADot", "spiffe://sluice.example/./app/demo"),
      Uri("WithAnEscape", "spiffe://sluice.example/app/%64emo"),
      Uri("WithAQuery", Text(kDemo) + "?x"),
      Uri("WithAFragment", Text(kDemo) + "#x"),
      Uri("WithAUser", "spiffe://root@sluice.example/app/demo"),
      Uri("WithAPort", "spiffe://sluice.example:443/app/demo"),
      Uri("WithANulAtItsEnd", Text(kDemo) + Text(1, '\0')),
      Uri("WithANulAndMore", Text(kDemo) + Text("\0.evil", 6)),
      Uri("WithASpace", Text(kDemo) + " "),
      Uri("WithALineFeed", Text(kDemo) + "\n"),
      Uri("OfLatin1", "spiffe://sluice.example/app/d\xe9mo"),
      Uri("OfUtf8", "spiffe://sluice.example/app/d\xc3\xa9mo"),
      Uri("OfTooManyBytes", Text(kDemo) + Text(2048, 'x')),
  };
}
INSTANTIATE_TEST_SUITE_P(Uri, HostileCertificateTest,
                         testing::ValuesIn(UriRows()), NameOf);

Row Certificate(std::string name,
                std::function<void(TestCertificate&)> change) {
  return {std::move(name), [change] {
            TestCertificate certificate;
            change(certificate);
            return certificate.Pem();
          }};
}

std::vector<Row> NameRows() {
  using Text = std::string;
  return {
      Certificate("Nothing", [](TestCertificate&) {}),
      Certificate("TwoUris",
                  [](TestCertificate& c) {
                    c.CommonName("demo").Uri(kDemo).Uri(
                        "spiffe://sluice.example/app/spare");
                  }),
      Certificate("TheSameUriTwice",
                  [](TestCertificate& c) { c.Uri(kDemo).Uri(kDemo); }),
      Certificate("AUriOfAnotherKindBesides",
                  [](TestCertificate& c) {
                    c.Uri(kDemo).Uri("https://sluice.example");
                  }),
      Certificate(
          "TwoCommonNames",
          [](TestCertificate& c) { c.CommonName("demo").CommonName("spare"); }),
      Certificate("ACommonNameWithANul",
                  [](TestCertificate& c) { c.CommonName(Text("demo\0x", 6)); }),
      Certificate("ACommonNameWithALineFeed",
                  [](TestCertificate& c) { c.CommonName("demo\n"); }),
      Certificate("ACommonNameInUtf8",
                  [](TestCertificate& c) { c.CommonName("d\xc3\xa9mo"); }),
      Certificate("ACommonNameInBmp",
                  [](TestCertificate& c) {
                    c.CommonName("dedemomo", V_ASN1_BMPSTRING);
                  }),
      Certificate(
          "ACommonNameInT61",
          [](TestCertificate& c) { c.CommonName("demo", V_ASN1_T61STRING); }),
      Certificate(
          "AnEmptyCommonName",
          [](TestCertificate& c) { c.CommonName("", V_ASN1_UTF8STRING); }),
      Certificate("ALongCommonName",
                  [](TestCertificate& c) {
                    c.CommonName(Text(65, 'x'), V_ASN1_UTF8STRING);
                  }),
      Certificate("ACa", [](TestCertificate& c) { c.Uri(kDemo).Ca(); }),
      Certificate("ACaByCommonName",
                  [](TestCertificate& c) { c.CommonName("demo").Ca(); }),
      Certificate("MalformedConstraints",
                  [](TestCertificate& c) {
                    c.Uri(kDemo).Extension(NID_basic_constraints, "x");
                  }),
      Certificate("MalformedAlternativeNames",
                  [](TestCertificate& c) {
                    c.CommonName("demo").Extension(NID_subject_alt_name, "x");
                  }),
      // Both well-formed: [6] "x" in a sequence, twice.
      Certificate("AlternativeNamesTwice",
                  [](TestCertificate& c) {
                    c.CommonName("demo");
                    for (int i = 0; i < 2; ++i) {
                      c.Extension(NID_subject_alt_name,
                                  Text("\x30\x03\x86\x01x", 5));
                    }
                  }),
  };
}
INSTANTIATE_TEST_SUITE_P(Names, HostileCertificateTest,
                         testing::ValuesIn(NameRows()), NameOf);

// What was a certificate with the identity of demo.
Row Pem(std::string name, std::function<std::string(std::string)> change) {
  return {std::move(name), [change] {
            TestCertificate certificate;
            return change(certificate.Uri(kDemo).Der());
          }};
}

std::string ToPem(const std::string& der) {
  return TestCertificate::ToPem("CERTIFICATE", der);
}

std::vector<Row> PemRows() {
  using Text = std::string;
  return {
      Pem("Empty", [](const Text&) { return ""; }),
      Pem("NoPem", [](const Text& der) { return der; }),
      Pem("OfAnotherName",
          [](const Text& der) {
            return TestCertificate::ToPem("X509 CRL", der);
          }),
      Pem("Trusted",
          [](const Text& der) {
            return TestCertificate::ToPem("TRUSTED CERTIFICATE", der);
          }),
      Pem("WithAHeader",
          [](const Text& der) {
            return absl::StrReplaceAll(ToPem(der),
                                       {{"BEGIN CERTIFICATE-----\n",
                                         "BEGIN CERTIFICATE-----\nA: b\n\n"}});
          }),
      Pem("ShortByAByte",
          [](const Text& der) { return ToPem(der.substr(0, der.size() - 1)); }),
      Pem("LongerByAByte", [](const Text& der) { return ToPem(der + "x"); }),
      Pem("NoCertificate", [](const Text&) { return ToPem("x"); }),
      Pem("CutOff",
          [](const Text& der) {
            return ToPem(der).substr(0, ToPem(der).size() / 2);
          }),
      Pem("TooLong",
          [](const Text& der) { return Text(65'536, '\n') + ToPem(der); }),
  };
}
INSTANTIATE_TEST_SUITE_P(Pem, HostileCertificateTest,
                         testing::ValuesIn(PemRows()), NameOf);

TEST(PeerCertificatesTest, RememberWhatTheyRead) {
  PeerCertificates certificates(kDomain, CommonNames::kRefused);
  TestCertificate certificate;
  const std::string pem = certificate.Uri(kDemo).Pem();
  const auto first = certificates.Find(pem);
  const auto second = certificates.Find(pem);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*first, *second);
  EXPECT_EQ((*first)->identity, kDemo);
  TestCertificate other;
  const auto third =
      certificates.Find(other.Uri("spiffe://sluice.example/app/spare").Pem());
  ASSERT_TRUE(third.ok());
  EXPECT_EQ((*third)->identity, "spiffe://sluice.example/app/spare");
}

TEST(PeerCertificatesTest, ReadVeryLongOnesEachTime) {
  PeerCertificates certificates(kDomain, CommonNames::kRefused);
  TestCertificate certificate;
  const std::string pem =
      certificate.Dns(std::string(10'000, 'x')).Uri(kDemo).Pem();
  const auto first = certificates.Find(pem);
  const auto second = certificates.Find(pem);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok());
  EXPECT_NE(*first, *second);
}

}  // namespace
}  // namespace sluice::identity

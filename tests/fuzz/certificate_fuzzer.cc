// Fuzzes the reading of client certificates. The first byte says whether the
// rest is PEM, or DER that is put into PEM.

#include <openssl/pem.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/base/error.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/spiffe_id.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {
namespace {

using identity::CommonNames;
using identity::PeerCertificate;

constexpr char kTrustDomain[] = "sluice.example";

std::string ToPem(absl::string_view der) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio(bio, PEM_STRING_X509, "",
                reinterpret_cast<const unsigned char*>(der.data()),
                static_cast<long>(der.size()));  // NOLINT: OpenSSL's type.
  char* data = nullptr;
  const auto size = static_cast<size_t>(BIO_get_mem_data(bio, &data));
  std::string pem(data, size);
  BIO_free(bio);
  return pem;
}

bool IsCommonName(absl::string_view identity) {
  if (!absl::StartsWith(identity, "CN=")) return false;
  for (const char c : identity) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) return false;
  }
  return identity.size() > 3 && identity.size() <= 3 + 64;
}

bool IsSpiffeIdentity(const std::string& identity) {
  const absl::StatusOr<identity::SpiffeId> id =
      identity::SpiffeId::Parse(identity);
  return id.ok() && id->trust_domain() == kTrustDomain;
}

void RequireError(const absl::Status& status) {
  Require(absl::IsUnauthenticated(status) &&
              ReasonOf(status) == v1::ERROR_REASON_IDENTITY_INVALID,
          "an error that is documented");
}

// The same with and without common names, where it is a SPIFFE ID.
void Read(const std::string& pem, absl::string_view der) {
  const absl::StatusOr<PeerCertificate> strict =
      identity::ReadPeerCertificate(pem, kTrustDomain, CommonNames::kRefused);
  const absl::StatusOr<PeerCertificate> lenient =
      identity::ReadPeerCertificate(pem, kTrustDomain, CommonNames::kAllowed);
  if (!lenient.ok()) {
    RequireError(strict.status());
    return RequireError(lenient.status());
  }
  Require(identity::IsBase64Url(lenient->thumbprint, identity::kSha256Bytes),
          "a thumbprint");
  if (!der.empty()) {
    Require(
        lenient->thumbprint == identity::EncodeBase64Url(identity::Sha256(der)),
        "the thumbprint of all bytes");
  }
  if (strict.ok()) {
    Require(IsSpiffeIdentity(strict->identity), "a SPIFFE ID");
    Require(strict->identity == lenient->identity, "one identity");
  } else {
    Require(IsCommonName(lenient->identity), "a common name");
  }
}

void ReadInput(FuzzInput input) {
  if (input.TakeByte() % 2 == 0) {
    Read(std::string(input.TakeRest()), "");
  } else {
    const absl::string_view der = input.TakeRest();
    Read(ToPem(der), der);
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t byte_count) {
  sluice::fuzz::ReadInput(sluice::fuzz::FuzzInput(bytes, byte_count));
  return 0;
}

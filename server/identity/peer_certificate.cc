#include "server/identity/peer_certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/identity/base64url.h"
#include "server/identity/digest.h"
#include "server/identity/openssl_errors.h"
#include "server/identity/recent_values.h"
#include "server/identity/spiffe_id.h"

namespace sluice::identity {
namespace {

constexpr size_t kMaxPemBytes = 65'536;
// RFC 5280, appendix A.1, ub-common-name.
constexpr size_t kMaxCommonNameBytes = 64;

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Names = std::unique_ptr<GENERAL_NAMES, FreeNames>;

absl::Status IdentityInvalid(absl::string_view message) {
  return MakeError(
      absl::StatusCode::kUnauthenticated, v1::ERROR_REASON_IDENTITY_INVALID,
      absl::StrCat("the client's certificate ", message), {{"executed", "no"}});
}

absl::string_view TextOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

// What stands between the lines of a PEM certificate; empty for anything else.
std::string DecodePem(absl::string_view pem) {
  if (pem.size() > kMaxPemBytes) return "";
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;  // NOLINT(google-runtime-int): OpenSSL's type.
  std::string der;
  if (PEM_read_bio(bio, &name, &header, &data, &size) == 1 &&
      absl::string_view(name) == PEM_STRING_X509 && *header == '\0') {
    der.assign(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  BIO_free(bio);
  return der;
}

// Null unless all of `der` is one certificate.
Certificate ParseDer(const std::string& der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* end = begin;
  Certificate certificate(
      d2i_X509(nullptr, &end, static_cast<long>(der.size())));  // NOLINT
  if (end != begin + der.size()) return nullptr;
  return certificate;
}

// The URI SANs.
// Errors: IDENTITY_INVALID when the extension is malformed or there twice.
absl::StatusOr<std::vector<std::string>> UriNames(const X509* certificate) {
  int criticality = 0;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
      certificate, NID_subject_alt_name, &criticality, nullptr)));
  std::vector<std::string> uris;
  if (names == nullptr) {
    // -1: there is none.
    if (criticality == -1) return uris;
    return IdentityInvalid("has malformed alternative names");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    // With its NULs, if it has any.
    uris.emplace_back(TextOf(name->d.uniformResourceIdentifier));
  }
  return uris;
}

absl::StatusOr<std::string> SpiffeIdentity(const std::string& uri,
                                           absl::string_view trust_domain) {
  absl::StatusOr<SpiffeId> id = SpiffeId::Parse(uri);
  if (!id.ok()) {
    return IdentityInvalid(absl::StrCat("has a URI name that is no SPIFFE ID: ",
                                        id.status().message()));
  }
  if (id->trust_domain() != trust_domain) {
    return IdentityInvalid(absl::StrCat(
        "has a URI name that is not of the trust domain ", trust_domain));
  }
  return id->text();
}

bool IsPlainString(const ASN1_STRING* string) {
  const int type = ASN1_STRING_type(string);
  return type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING ||
         type == V_ASN1_IA5STRING;
}

absl::StatusOr<std::string> CommonNameIdentity(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (first < 0 ||
      X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) {
    return IdentityInvalid(
        "has neither a URI name nor exactly one common name");
  }
  const ASN1_STRING* string =
      X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first));
  const absl::string_view name = TextOf(string);
  if (!IsPlainString(string) || name.empty() ||
      name.size() > kMaxCommonNameBytes ||
      !absl::c_all_of(name, absl::ascii_isprint)) {
    return IdentityInvalid(absl::StrCat("has a common name that is not 1 to ",
                                        kMaxCommonNameBytes,
                                        " characters of printable ASCII"));
  }
  return absl::StrCat("CN=", name);
}

absl::StatusOr<std::string> IdentityOf(const X509* certificate,
                                       absl::string_view trust_domain,
                                       CommonNames common_names) {
  absl::StatusOr<std::vector<std::string>> uris = UriNames(certificate);
  if (!uris.ok()) return uris.status();
  if (uris->size() == 1) return SpiffeIdentity(uris->front(), trust_domain);
  if (uris->empty() && common_names == CommonNames::kAllowed) {
    return CommonNameIdentity(certificate);
  }
  return IdentityInvalid(absl::StrCat(
      "has ", uris->size(), " URI names, where exactly one is its identity"));
}

}  // namespace

absl::StatusOr<PeerCertificate> ReadPeerCertificate(
    absl::string_view pem, absl::string_view trust_domain,
    CommonNames common_names) {
  const OpensslErrors errors;
  const std::string der = DecodePem(pem);
  const Certificate certificate = ParseDer(der);
  if (certificate == nullptr) return IdentityInvalid("is malformed");
  // X.509-SVID, section 4.1: what signs certificates is nobody's identity.
  if ((X509_get_extension_flags(certificate.get()) &
       (EXFLAG_CA | EXFLAG_INVALID)) != 0) {
    return IdentityInvalid("is one of a CA, or has malformed extensions");
  }
  absl::StatusOr<std::string> identity =
      IdentityOf(certificate.get(), trust_domain, common_names);
  if (!identity.ok()) return identity.status();
  return PeerCertificate{*std::move(identity), EncodeBase64Url(Sha256(der))};
}

class PeerCertificates::Cache : public RecentValues<PeerCertificate> {
 public:
  // Some 10 MiB with usual certificates.
  static constexpr size_t kMaxCertificates = 4096;
  static constexpr size_t kMaxRememberedBytes = 8192;

  Cache() : RecentValues(kMaxCertificates) {}
};

PeerCertificates::PeerCertificates(std::string trust_domain,
                                   CommonNames common_names)
    : trust_domain_(std::move(trust_domain)),
      common_names_(common_names),
      cache_(std::make_unique<Cache>()) {}

PeerCertificates::~PeerCertificates() = default;

absl::StatusOr<std::shared_ptr<const PeerCertificate>> PeerCertificates::Find(
    absl::string_view pem) {
  std::shared_ptr<const PeerCertificate> known = cache_->Find(pem);
  if (known != nullptr) return known;
  absl::StatusOr<PeerCertificate> certificate =
      ReadPeerCertificate(pem, trust_domain_, common_names_);
  if (!certificate.ok()) return certificate.status();
  known = std::make_shared<const PeerCertificate>(*std::move(certificate));
  if (pem.size() <= Cache::kMaxRememberedBytes) cache_->Add(pem, known);
  return known;
}

}  // namespace sluice::identity

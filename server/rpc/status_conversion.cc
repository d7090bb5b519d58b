#include "server/rpc/status_conversion.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "server/base/utf8.h"

namespace sluice::rpc {
namespace {

constexpr size_t kMaxMessageBytes = 512;

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status told;
  told.set_code(static_cast<int>(status.code()));
  told.set_message(
      std::string(TruncateUtf8(status.message(), kMaxMessageBytes)));
  status.ForEachPayload(
      [&told](absl::string_view type_url, const absl::Cord& payload) {
        google::protobuf::Any* detail = told.add_details();
        detail->set_type_url(std::string(type_url));
        detail->set_value(std::string(payload));
      });
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      told.message(), told.SerializeAsString());
}

}  // namespace sluice::rpc

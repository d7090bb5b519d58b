// Admission: lets a call in, or refuses it, before its handler sees it.

#ifndef SLUICE_SERVER_RPC_ADMISSION_H_
#define SLUICE_SERVER_RPC_ADMISSION_H_

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/rpc/activity_registry.h"
#include "server/rpc/caller.h"
#include "server/rpc/guard.h"
#include "server/rpc/unary_call.h"
#include "server/rpc/worker.h"
#include "sluice/v1/admin.pb.h"

namespace sluice::rpc {

// What there is to know of an RPC before its calls.
struct MethodFacts {
  // Such as "/sluice.v1.Database/Query".
  absl::string_view path;
  Proof proof;
};

// What a call is about, for those who watch.
struct CallSubject {
  std::string database;
  std::string tag;
};

// Cuts what is longer than it may be: it has not been validated.
CallSubject MakeSubject(absl::string_view database, absl::string_view tag);

template <typename Request>
CallSubject SubjectOf(const Request& request) {
  absl::string_view database;
  absl::string_view tag;
  if constexpr (requires { request.database(); }) database = request.database();
  if constexpr (requires { request.options().tag(); }) {
    tag = request.options().tag();
  }
  return MakeSubject(database, tag);
}
// Its database says which calls are asked for.
inline CallSubject SubjectOf(const v1::ListActivityRequest& /*request*/) {
  return {};
}

// A call that was let in: counted and listed until this ends.
struct AdmittedCall {
  AdmittedCall(Caller caller, ActivityRegistry::Entry entry)
      : caller(std::move(caller)), entry(std::move(entry)) {}

  Caller caller;
  ActivityRegistry::Entry entry;
};

// Errors: as Guard::Admit.
absl::StatusOr<AdmittedCall> AdmitCall(Worker& worker,
                                       const grpc::ServerContext& context,
                                       const CallEnd& end,
                                       const MethodFacts& method,
                                       CallSubject subject);

// Lists what a call is about that says so only after it was let in.
// Errors: as Guard::Recheck.
absl::Status DescribeCall(Worker& worker, AdmittedCall& admitted,
                          const CallSubject& subject);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_ADMISSION_H_

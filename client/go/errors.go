package sluicerows

import (
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/runtime/protoimpl"
	pb "sluice.dev/proto/sluice/v1"
)

// Failure is what an error of a gateway says in its details.
type Failure struct {
	// Reason is out of ErrorReason, without the prefix ("UNIQUE_VIOLATION").
	// Empty: the error is gRPC's own.
	Reason string
	// Metadata has `executed`, `parameter`, `limit` and the like; see
	// docs/errors.md.
	Metadata map[string]string
	// Diagnostic is PostgreSQL's report; nil where the error is not
	// PostgreSQL's.
	Diagnostic *pb.PostgresDiagnostic
}

// ParseError takes the details out of the error of a call. It reads them from
// their bytes: not every grpc-go knows the types of a gateway's details.
func ParseError(err error) Failure {
	var failure Failure
	for _, detail := range status.Convert(err).Proto().GetDetails() {
		switch name := detail.GetTypeUrl(); name[strings.LastIndex(name, "/")+1:] {
		case "google.rpc.ErrorInfo":
			info := &errdetails.ErrorInfo{}
			proto.Unmarshal(detail.GetValue(), protoimpl.X.ProtoMessageV2Of(info))
			failure.Reason, failure.Metadata = info.GetReason(), info.GetMetadata()
		case "sluice.v1.PostgresDiagnostic":
			failure.Diagnostic = &pb.PostgresDiagnostic{}
			proto.Unmarshal(detail.GetValue(), failure.Diagnostic)
		}
	}
	return failure
}

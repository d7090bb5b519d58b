// Package debian makes Debian 12's grpc-go carry messages of its protoc-gen-go:
// that grpc-go marshals with an older golang/protobuf, which knows nothing of
// their oneofs. Import it for its effect; with a current grpc-go leave it out.
package debian

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"
)

type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(value any) ([]byte, error) {
	message, ok := value.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no message", value)
	}
	return proto.Marshal(message)
}

func (codec) Unmarshal(octets []byte, value any) error {
	message, ok := value.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is no message", value)
	}
	return proto.Unmarshal(octets, message)
}

func init() { encoding.RegisterCodec(codec{}) }

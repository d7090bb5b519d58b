package sluicerows

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/runtime/protoimpl"
)

func TestDetailsOfErrorsAreTakenOut(t *testing.T) {
	text, err := os.ReadFile("../tests/golden/errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name     string
		Status   []byte
		Reason   string
		Metadata map[string]string
		Sqlstate *string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			said := &spb.Status{}
			err := proto.Unmarshal(c.Status, protoimpl.X.ProtoMessageV2Of(said))
			if err != nil {
				t.Fatal(err)
			}
			found := ParseError(status.ErrorProto(said))
			if found.Reason != c.Reason || len(found.Metadata) != len(c.Metadata) ||
				len(c.Metadata) > 0 && !reflect.DeepEqual(found.Metadata, c.Metadata) {
				t.Errorf("%v", found)
			}
			if (found.Diagnostic == nil) != (c.Sqlstate == nil) ||
				c.Sqlstate != nil && found.Diagnostic.GetSqlstate() != *c.Sqlstate {
				t.Errorf("%v", found.Diagnostic)
			}
		})
	}
}

func TestAnErrorOfAnotherKindHasNoReason(t *testing.T) {
	if found := ParseError(errors.New("gone")); found.Reason != "" {
		t.Errorf("%v", found)
	}
}

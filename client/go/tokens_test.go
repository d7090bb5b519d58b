package sluicerows

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"testing"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/runtime/protoimpl"
	"google.golang.org/protobuf/types/known/timestamppb"
	pb "sluice.dev/proto/sluice/v1"
)

const third = time.Minute

// A client whose tokens are "token 1", "token 2" and so on, valid for three
// minutes. Each call takes the next code that was told it, and waits for gate.
type toldTokens struct {
	pb.TokensClient
	mutex    sync.Mutex
	issues   []*pb.IssueTokenRequest
	renewals []string
	told     []codes.Code
	gate     chan struct{}
	count    int
}

func (c *toldTokens) IssueToken(_ context.Context, request *pb.IssueTokenRequest,
	_ ...grpc.CallOption) (*pb.IssueTokenResponse, error) {
	c.mutex.Lock()
	c.issues = append(c.issues, request)
	c.mutex.Unlock()
	name, err := c.answer()
	return &pb.IssueTokenResponse{Token: name, RenewTime: at(2 * third),
		ExpireTime: at(3 * third)}, err
}

func (c *toldTokens) RenewToken(ctx context.Context, _ *pb.RenewTokenRequest,
	_ ...grpc.CallOption) (*pb.RenewTokenResponse, error) {
	sent, _ := metadata.FromOutgoingContext(ctx)
	c.mutex.Lock()
	c.renewals = append(c.renewals, sent.Get("authorization")...)
	c.mutex.Unlock()
	name, err := c.answer()
	return &pb.RenewTokenResponse{Token: name, RenewTime: at(2 * third),
		ExpireTime: at(3 * third)}, err
}

func (c *toldTokens) answer() (string, error) {
	<-c.gate
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.told) > 0 {
		code := c.told[0]
		c.told = c.told[1:]
		return "", status.Error(code, "told")
	}
	c.count++
	return "token " + string(rune('0'+c.count)), nil
}

func (c *toldTokens) counts() (int, int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.issues), len(c.renewals)
}

func at(passed time.Duration) *timestamppb.Timestamp {
	return timestamppb.New(time.Unix(0, 0).Add(passed))
}

type tokenTest struct {
	*testing.T
	client *toldTokens
	source *TokenSource
	clock  time.Time
}

func newTokenTest(t *testing.T) *tokenTest {
	open := make(chan struct{})
	close(open)
	test := &tokenTest{T: t, client: &toldTokens{gate: open},
		clock: time.Unix(1000, 0)}
	test.source = &TokenSource{Client: test.client,
		now: func() time.Time { return test.clock }}
	return test
}

func (t *tokenTest) expect(want string) {
	t.Helper()
	if got, err := t.source.Token(context.Background()); got != want {
		t.Fatalf("%q, %v instead of %q", got, err, want)
	}
}

func (t *tokenTest) await(condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass")
		}
		time.Sleep(time.Millisecond)
	}
}

func (t *tokenTest) awaitToken(want string) {
	t.Helper()
	t.await(func() bool {
		got, _ := t.source.Token(context.Background())
		return got == want
	})
}

func (t *tokenTest) expectCounts(issues, renewals int) {
	t.Helper()
	if i, r := t.client.counts(); i != issues || r != renewals {
		t.Errorf("%d issued, %d renewed", i, r)
	}
}

func TestATokenIsRenewedBehindTheBackOfCalls(test *testing.T) {
	t := newTokenTest(test)
	t.expect("token 1")
	t.clock = t.clock.Add(2*third - time.Second)
	t.expect("token 1")
	t.expectCounts(1, 0)
	t.clock = t.clock.Add(time.Second)
	t.client.gate = make(chan struct{})
	t.expect("token 1")
	t.await(func() bool { _, renewals := t.client.counts(); return renewals == 1 })
	t.expect("token 1")
	close(t.client.gate)
	t.awaitToken("token 2")
	t.expectCounts(1, 1)
	if t.client.renewals[0] != "Bearer token 1" {
		t.Error(t.client.renewals)
	}
}

func TestATokenIsIssuedWhenTheSessionIsOver(test *testing.T) {
	t := newTokenTest(test)
	t.expect("token 1")
	t.clock = t.clock.Add(2 * third)
	t.client.told = []codes.Code{codes.Unauthenticated}
	t.awaitToken("token 2")
	t.expectCounts(2, 1)
}

func TestAFailedRenewalIsTriedAgainLater(test *testing.T) {
	t := newTokenTest(test)
	t.expect("token 1")
	t.clock = t.clock.Add(2 * third)
	t.client.told = []codes.Code{codes.Unavailable}
	for i := 0; i < 50; i++ {
		t.expect("token 1")
		time.Sleep(time.Millisecond)
	}
	t.expectCounts(1, 1)
	t.clock = t.clock.Add(time.Second)
	t.awaitToken("token 2")
}

func TestACallWaitsOnceTheTokenHasEnded(test *testing.T) {
	t := newTokenTest(test)
	t.expect("token 1")
	t.clock = t.clock.Add(3 * third)
	t.expect("token 2")
	t.expectCounts(2, 0)
}

func TestTheErrorSaysWhyThereIsNoToken(test *testing.T) {
	t := newTokenTest(test)
	t.client.told = []codes.Code{codes.PermissionDenied}
	_, err := t.source.Token(context.Background())
	if status.Code(err) != codes.PermissionDenied {
		t.Error(err)
	}
	t.expect("token 1")
}

func TestACallWaitsForATokenNoLongerThanItMay(test *testing.T) {
	t := newTokenTest(test)
	t.client.gate = make(chan struct{})
	defer close(t.client.gate)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := t.source.Token(ctx)
	if status.Code(err) != codes.DeadlineExceeded {
		t.Error(err)
	}
}

func TestScopesAndTimeOfATokenAreAskedFor(test *testing.T) {
	t := newTokenTest(test)
	t.source.Scopes, t.source.TTL = []string{"read"}, 2500*time.Millisecond
	sent, err := t.source.GetRequestMetadata(context.Background())
	if err != nil || sent["authorization"] != "Bearer token 1" {
		t.Error(sent, err)
	}
	request := t.client.issues[0]
	if request.GetScopes()[0] != "read" ||
		request.GetTtl().AsDuration() != 2500*time.Millisecond {
		t.Error(request)
	}
}

func TestACallThatIsRefusedForItsTokenIsMadeOnceMore(test *testing.T) {
	t := newTokenTest(test)
	refusal := goldenError(test, "TOKEN_INVALID")
	var seen []string
	err := t.source.RepeatRefused(context.Background(), "m", nil, nil, nil,
		func(ctx context.Context, _ string, _, _ interface{}, _ *grpc.ClientConn,
			_ ...grpc.CallOption) error {
			token, _ := t.source.Token(ctx)
			seen = append(seen, token)
			if len(seen) == 1 {
				return refusal
			}
			return nil
		})
	if err != nil || len(seen) != 2 || seen[1] != "token 2" {
		t.Error(seen, err)
	}
	calls := 0
	err = t.source.RepeatRefused(context.Background(), "m", nil, nil, nil,
		func(context.Context, string, interface{}, interface{}, *grpc.ClientConn,
			...grpc.CallOption) error {
			calls++
			return refusal
		})
	if err == nil || calls != 2 {
		t.Error(calls, err)
	}
}

// A stream that fails.
type failingStream struct {
	grpc.ClientStream
	err error
}

func (s *failingStream) RecvMsg(interface{}) error { return s.err }

func TestTheCallAfterARefusedStreamHasANewToken(test *testing.T) {
	t := newTokenTest(test)
	refusal := goldenError(test, "TOKEN_INVALID")
	other := status.Error(codes.Unauthenticated, "of another")
	open := func(stream grpc.ClientStream, err error) (grpc.ClientStream, error) {
		return t.source.DropRefused(context.Background(), nil, nil, "m",
			func(context.Context, *grpc.StreamDesc, *grpc.ClientConn, string,
				...grpc.CallOption) (grpc.ClientStream, error) {
				return stream, err
			})
	}
	receive := func(want error) {
		t.Helper()
		stream, err := open(&failingStream{err: want}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := stream.RecvMsg(nil); got != want {
			t.Error(got)
		}
	}
	receive(nil)
	receive(other)
	t.expect("token 1")
	receive(refusal)
	t.expect("token 2")
	if _, err := open(nil, other); err != other {
		t.Error(err)
	}
	t.expect("token 2")
	if _, err := open(nil, refusal); err != refusal {
		t.Error(err)
	}
	t.expect("token 3")
}

// An error of a gateway.
func goldenError(t *testing.T, reason string) error {
	t.Helper()
	text, err := os.ReadFile("../tests/golden/errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Status []byte
		Reason string
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Reason == reason {
			said := &spb.Status{}
			proto.Unmarshal(c.Status, protoimpl.X.ProtoMessageV2Of(said))
			said.Code = int32(codes.Unauthenticated)
			return status.ErrorProto(said)
		}
	}
	t.Fatal("no such error")
	return nil
}

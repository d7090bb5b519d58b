package sluicerows

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"google.golang.org/grpc"
	pb "sluice.dev/proto/sluice/v1"
)

// As the gateway makes them: version and cluster, then a position.
var (
	early = []byte("\x01\x01\x01\x01\x01\x01\x01\x01a111111111111")
	late  = []byte("\x01\x01\x01\x01\x01\x01\x01\x01a200000000000")
	moved = []byte("\x01\x01\x01\x01\x01\x01\x01\x01b000000000000")
)

// A connection to a gateway that gives writes the token, or the error, that a
// test says, and notes what it is asked.
type toldGateway struct {
	*testing.T
	seen      SeenTokens
	token     []byte
	reference []byte
	tag       string
	err       error
	asked     *pb.Consistency
	// Takes place during the next write.
	meanwhile func()
}

func (g *toldGateway) note(request interface{}) {
	g.asked = request.(interface {
		GetOptions() *pb.RequestOptions
	}).GetOptions().GetConsistency()
}

func (g *toldGateway) invoke(_ context.Context, _ string, request,
	reply interface{}, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
	if _, reads := reply.(*pb.QueryResponse); reads {
		g.note(request)
		return nil
	}
	g.interrupt()
	summary := &pb.ExecutionSummary{ConsistencyToken: g.token,
		OutcomeReference: g.reference, CommandTag: g.tag}
	switch told := reply.(type) {
	case *pb.ExecuteResponse:
		g.note(request)
		told.Summary = summary
	case *pb.RunTransactionResponse:
		told.Summary = summary
	}
	return g.err
}

func (g *toldGateway) interrupt() {
	if meanwhile := g.meanwhile; meanwhile != nil {
		g.meanwhile = nil
		meanwhile()
	}
}

func (g *toldGateway) call(request, reply interface{}) error {
	return g.seen.Unary(context.Background(), "m", request, reply, nil, g.invoke)
}

func (g *toldGateway) write(token []byte) error {
	g.token = token
	return g.call(&pb.ExecuteRequest{Database: "app"}, &pb.ExecuteResponse{})
}

func (g *toldGateway) expectStrong() {
	g.Helper()
	g.expect("app", nil)
	if !g.asked.GetStrong() {
		g.Error("not strong:", g.asked)
	}
}

// What a read asks for; nil: no token.
func (g *toldGateway) expect(database string, token []byte) {
	g.Helper()
	request := &pb.QueryRequest{Database: database,
		Options: &pb.RequestOptions{Tag: "tag"}}
	if err := g.call(request, &pb.QueryResponse{}); err != nil {
		g.Fatal(err)
	}
	if !bytes.Equal(g.asked.GetAtLeast(), token) {
		g.Errorf("%v instead of %q", g.asked, token)
	}
	if request.GetOptions().GetConsistency() != nil {
		g.Error("the caller's request was changed")
	}
}

func TestTheLatestTokenStandsForAllInWhateverOrderTheyCome(t *testing.T) {
	seen := &SeenTokens{}
	if seen.Note("app", nil); seen.Consistency("app") != nil {
		t.Error("something before the first token")
	}
	for _, step := range []struct{ token, latest []byte }{
		{early, early}, {late, late}, {early, late}, {nil, late},
		// The database has moved.
		{moved, moved}, {early, early},
		{append(early, 'x'), append(early, 'x')}, {early, early},
	} {
		seen.Note("app", step.token)
		got := seen.Consistency("app").GetAtLeast()
		if !bytes.Equal(got, step.latest) ||
			!bytes.Equal(seen.Token("app"), step.latest) {
			t.Errorf("%q instead of %q", got, step.latest)
		}
	}
	if seen.Consistency("another") != nil {
		t.Error("it is of one database")
	}
}

func TestReadsAreStrongAfterALostWriteUntilTheNextToken(t *testing.T) {
	seen := &SeenTokens{}
	seen.NoteLost("app")
	seen.Note("app", nil)
	if !seen.Consistency("app").GetStrong() ||
		seen.Consistency("another") != nil {
		t.Error(seen.Consistency("app"))
	}
	w := seen.start("app")
	w.token = late
	seen.noteWrite(w)
	if !bytes.Equal(seen.Consistency("app").GetAtLeast(), late) {
		t.Error(seen.Consistency("app"))
	}
}

func TestOnlyAWriteThatStartedBehindItStandsForALostOne(t *testing.T) {
	seen := &SeenTokens{}
	before := seen.start("app")
	seen.NoteLost("app")
	between := seen.start("app")
	seen.NoteLost("app")
	seen.Note("app", late)
	for _, w := range []write{before, between} {
		w.token = late
		if seen.noteWrite(w); !seen.Consistency("app").GetStrong() {
			t.Error(seen.Consistency("app"))
		}
	}
}

// The ways to write.
func (g *toldGateway) writes() []func() {
	return []func(){
		func() { g.write(g.token) },
		func() {
			g.call(&pb.RunTransactionRequest{Database: "app"},
				&pb.RunTransactionResponse{})
		},
		func() {
			g.transact(&toldStream{gateway: g, replies: []*pb.TransactResponse{{},
				{Response: &pb.TransactResponse_Committed{
					Committed: &pb.TransactCommitted{ConsistencyToken: g.token,
						OutcomeReference: g.reference}}}}, err: io.EOF}, true)
		},
	}
}

func TestAWriteWithoutATokenIsReadFromThePrimary(t *testing.T) {
	g := &toldGateway{T: t}
	for _, write := range g.writes() {
		g.write(early)
		g.token = nil
		write() // Nothing.
		g.expect("app", early)
		g.reference = []byte("reference")
		write()
		g.expectStrong()
		g.reference = nil
	}
}

func TestWhatCommitsByItselfWithoutATokenCountsAsLost(t *testing.T) {
	for tag, isLost := range map[string]bool{
		"CALL": true, "DO": true, "SELECT 1": false} {
		g := &toldGateway{T: t, tag: tag}
		g.write(nil)
		if g.expect("app", nil); g.asked.GetStrong() != isLost {
			t.Error(tag, g.asked)
		}
	}
}

func TestAWriteThatBeganBeforeALostOneDoesNotStandForIt(t *testing.T) {
	g := &toldGateway{T: t}
	for _, write := range g.writes() {
		g.token = early
		g.meanwhile = func() {
			g.err = errors.New("of gRPC")
			g.write(early)
			g.err = nil
		}
		write()
		g.expectStrong()
		write()
		g.expect("app", early)
	}
}

func TestReadsAskForTheLastWrite(t *testing.T) {
	g := &toldGateway{T: t}
	g.expect("app", nil)
	g.write(early)
	g.expect("app", early)
	g.expect("another", nil)
	g.token = late
	g.call(&pb.RunTransactionRequest{Database: "app"},
		&pb.RunTransactionResponse{})
	g.expect("app", late)
	g.call(&pb.ExecuteRequest{Database: "app",
		ReadRouting: pb.ReadRouting_READ_ROUTING_AUTO}, &pb.ExecuteResponse{})
	if !bytes.Equal(g.asked.GetAtLeast(), late) {
		t.Error(g.asked)
	}
	if g.write(late); g.asked != nil {
		t.Error("a write asks for", g.asked)
	}
}

func TestReadsThatNameAConsistencyKeepIt(t *testing.T) {
	g := &toldGateway{T: t}
	g.write(early)
	g.call(&pb.QueryRequest{Database: "app", Options: &pb.RequestOptions{
		Consistency: &pb.Consistency{Level: &pb.Consistency_Any{Any: true}}}},
		&pb.QueryResponse{})
	if !g.asked.GetAny() {
		t.Error(g.asked)
	}
}

func TestAWriteThatMayHaveTakenPlaceIsReadFromThePrimary(t *testing.T) {
	g := &toldGateway{T: t}
	g.write(early)
	g.err = goldenError(t, "UNIQUE_VIOLATION")
	g.write(late)
	g.expect("app", early)
	for _, err := range []error{goldenError(t, "OUTCOME_UNKNOWN"),
		errors.New("of gRPC")} {
		g.err = err
		if got := g.write(late); got != err {
			t.Error(got)
		}
		g.expectStrong()
		g.err = nil
		g.write(late)
		g.write(moved)
		g.expect("app", moved)
	}
}

// A stream whose replies a test says; then it ends with `err`.
type toldStream struct {
	grpc.ClientStream
	// Whose writes its commits are; may be nil.
	gateway *toldGateway
	// Its own; may be nil.
	context context.Context
	sent    []interface{}
	replies []*pb.TransactResponse
	err     error
}

func (s *toldStream) Context() context.Context {
	if s.context != nil {
		return s.context
	}
	return context.Background()
}

func (s *toldStream) SendMsg(message interface{}) error {
	s.sent = append(s.sent, message)
	request, ok := message.(*pb.TransactRequest)
	if ok && request.GetCommit() != nil && s.gateway != nil {
		s.gateway.interrupt()
	}
	return nil
}

func (s *toldStream) RecvMsg(message interface{}) error {
	if len(s.replies) == 0 {
		return s.err
	}
	reply := message.(*pb.TransactResponse)
	reply.Response = s.replies[0].Response
	s.replies = s.replies[1:]
	return nil
}

func (g *toldGateway) open(told *toldStream) grpc.ClientStream {
	stream, err := g.seen.Stream(context.Background(), nil, nil, "m",
		func(context.Context, *grpc.StreamDesc, *grpc.ClientConn, string,
			...grpc.CallOption) (grpc.ClientStream, error) {
			return told, nil
		})
	if err != nil {
		g.Fatal(err)
	}
	return stream
}

// Sends the requests of a transaction, and reads all replies.
func (g *toldGateway) transact(told *toldStream, commits bool) {
	stream := g.open(told)
	stream.SendMsg(&pb.TransactRequest{Request: &pb.TransactRequest_Begin{
		Begin: &pb.TransactBegin{Database: "app"}}})
	if commits {
		stream.SendMsg(&pb.TransactRequest{
			Request: &pb.TransactRequest_Commit{Commit: &pb.TransactCommit{}}})
	}
	for stream.RecvMsg(&pb.TransactResponse{}) == nil {
	}
}

func TestStreamsAskForTheLastWrite(t *testing.T) {
	g := &toldGateway{T: t}
	g.write(early)
	told := &toldStream{}
	g.open(told).SendMsg(&pb.QueryStreamRequest{Database: "app"})
	sent := told.sent[0].(*pb.QueryStreamRequest)
	if !bytes.Equal(sent.GetOptions().GetConsistency().GetAtLeast(), early) {
		t.Error(sent)
	}
}

func TestCommitsCount(t *testing.T) {
	g := &toldGateway{T: t}
	committed := &pb.TransactResponse{Response: &pb.TransactResponse_Committed{
		Committed: &pb.TransactCommitted{ConsistencyToken: early}}}
	g.transact(&toldStream{replies: []*pb.TransactResponse{{}, committed},
		err: io.EOF}, true)
	g.expect("app", early)
	g.transact(&toldStream{err: errors.New("lost")}, false)
	g.expect("app", early)
	g.transact(&toldStream{err: errors.New("lost")}, true)
	g.expectStrong()
}

func TestACommitCountsAsLostThatIsCancelledAndNotRead(t *testing.T) {
	g := &toldGateway{T: t}
	g.write(early)
	ctx, cancel := context.WithCancel(context.Background())
	stream := g.open(&toldStream{context: ctx,
		replies: []*pb.TransactResponse{{Response: &pb.TransactResponse_Committed{
			Committed: &pb.TransactCommitted{ConsistencyToken: late}}}}})
	stream.SendMsg(&pb.TransactRequest{Request: &pb.TransactRequest_Begin{
		Begin: &pb.TransactBegin{Database: "app"}}})
	stream.SendMsg(&pb.TransactRequest{
		Request: &pb.TransactRequest_Commit{Commit: &pb.TransactCommit{}}})
	cancel()
	for end := time.Now().Add(10 * time.Second); !g.asked.GetStrong(); {
		if time.Now().After(end) {
			t.Fatal("it is not lost")
		}
		if err := g.call(&pb.QueryRequest{Database: "app"},
			&pb.QueryResponse{}); err != nil {
			t.Fatal(err)
		}
	}
	// The answer had come, and is taken yet.
	if err := stream.RecvMsg(&pb.TransactResponse{}); err != nil {
		t.Fatal(err)
	}
	g.expect("app", late)
}

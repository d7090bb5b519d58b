package sluicerows

import (
	"bytes"
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	pb "sluice.dev/proto/sluice/v1"
)

// Tokens can be compared that begin with the same bytes (docs/routing.md).
const clusterBytes = 9

// SeenTokens makes the reads of a connection see its writes, by the consistency
// tokens of its calls:
//
//	seen := &sluicerows.SeenTokens{}
//	connection, err := sluicerows.Dial(address, tls, seen.Options()...)
//
// A read that names no consistency then sees at least what was written before
// through the same connection, in the same database: `at_least` has the newest
// token that came, so that a replica can serve it. After a write that may have
// taken place, or not, or that came without a token, reads are strong until the
// token of a write that started behind it. Before the first write they are as
// fresh as the gateway's configuration says. What others wrote they may not see
// yet: note their token, or ask for a strong read.
//
// Several connections may share it. It may be used by many goroutines.
type SeenTokens struct {
	mutex  sync.Mutex
	tokens map[string][]byte
	lost   map[string]bool
	// How many were lost.
	losses map[string]int
}

// Of a write: how many were lost before it was sent, and what it says.
type write struct {
	database       string
	losses         int
	token          []byte
	mayHaveWritten bool
}

// Note takes the token of a write that was passed on. An empty one says nothing.
func (s *SeenTokens) Note(database string, token []byte) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.keep(database, token)
}

func (s *SeenTokens) keep(database string, token []byte) {
	if len(token) == 0 || !isLater(token, s.tokens[database]) {
		return
	}
	if s.tokens == nil {
		s.tokens = map[string][]byte{}
	}
	s.tokens[database] = token
}

// A write that is sent from now on.
func (s *SeenTokens) start(database string) write {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return write{database: database, losses: s.losses[database]}
}

// Takes a write that took place. One that started behind the last lost one
// stands for that too.
func (s *SeenTokens) noteWrite(w write) {
	if len(w.token) == 0 {
		if w.mayHaveWritten {
			s.NoteLost(w.database)
		}
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.keep(w.database, w.token)
	if w.losses == s.losses[w.database] {
		delete(s.lost, w.database)
	}
}

// NoteLost tells of a write that may have taken place, whose token did not come.
func (s *SeenTokens) NoteLost(database string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.lost == nil {
		s.lost, s.losses = map[string]bool{}, map[string]int{}
	}
	s.lost[database] = true
	s.losses[database]++
}

// Token returns the newest, to be passed on; nil before the first.
func (s *SeenTokens) Token(database string) []byte {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.tokens[database]
}

// Consistency returns what a read asks for that names nothing; nil: nothing.
func (s *SeenTokens) Consistency(database string) *pb.Consistency {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.lost[database] {
		return &pb.Consistency{Level: &pb.Consistency_Strong{Strong: true}}
	}
	if token := s.tokens[database]; token != nil {
		return &pb.Consistency{Level: &pb.Consistency_AtLeast{AtLeast: token}}
	}
	return nil
}

// Options are those of a connection that reads what it writes.
func (s *SeenTokens) Options() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(s.Unary),
		grpc.WithChainStreamInterceptor(s.Stream)}
}

// Unary is a grpc.UnaryClientInterceptor.
func (s *SeenTokens) Unary(ctx context.Context, method string,
	request, reply interface{}, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	var w write
	switch written := request.(type) {
	case *pb.ExecuteRequest:
		w = s.start(written.GetDatabase())
	case *pb.RunTransactionRequest:
		w = s.start(written.GetDatabase())
	}
	err := invoke(ctx, method, s.fresh(request), reply, connection, options...)
	switch written := reply.(type) {
	case *pb.ExecuteResponse:
		s.noteSummary(w, written.GetSummary(), err)
	case *pb.RunTransactionResponse:
		s.noteSummary(w, written.GetSummary(), err)
	}
	return err
}

// Stream is a grpc.StreamClientInterceptor.
func (s *SeenTokens) Stream(ctx context.Context, description *grpc.StreamDesc,
	connection *grpc.ClientConn, method string, open grpc.Streamer,
	options ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, description, connection, method, options...)
	if err != nil {
		return nil, err
	}
	return &freshStream{ClientStream: stream, seen: s}, nil
}

func (s *SeenTokens) noteSummary(w write, summary *pb.ExecutionSummary,
	err error) {
	if err == nil {
		w.token = summary.GetConsistencyToken()
		// What commits by itself has no reference.
		w.mayHaveWritten = len(summary.GetOutcomeReference()) > 0 ||
			summary.GetCommandTag() == "CALL" || summary.GetCommandTag() == "DO"
		s.noteWrite(w)
	} else if mayHaveTakenPlace(err) {
		s.NoteLost(w.database)
	}
}

// The request with what it has to see, unless it says so itself.
func (s *SeenTokens) fresh(request interface{}) interface{} {
	read, ok := request.(interface {
		proto.Message
		GetDatabase() string
		GetOptions() *pb.RequestOptions
	})
	if !ok || !mayRead(request) ||
		read.GetOptions().GetConsistency().GetLevel() != nil {
		return request
	}
	consistency := s.Consistency(read.GetDatabase())
	if consistency == nil {
		return request
	}
	// What the caller gave stays the caller's.
	options := &pb.RequestOptions{}
	proto.Merge(options, read.GetOptions())
	options.Consistency = consistency
	switch whole := proto.Clone(read).(type) {
	case *pb.QueryRequest:
		whole.Options = options
		return whole
	case *pb.QueryStreamRequest:
		whole.Options = options
		return whole
	case *pb.ExecuteRequest:
		whole.Options = options
		return whole
	}
	return request
}

// A stream whose requests see what was written, and whose commits are noted.
// Those of a Transact alone have commits.
type freshStream struct {
	grpc.ClientStream
	seen *SeenTokens

	// One sends, another may receive, and it may end.
	mutex        sync.Mutex
	commit       write
	awaitsCommit bool
}

func (s *freshStream) SendMsg(message interface{}) error {
	if request, ok := message.(*pb.TransactRequest); ok {
		s.mutex.Lock()
		if request.GetBegin() != nil {
			s.commit.database = request.GetBegin().GetDatabase()
		}
		if request.GetCommit() != nil && !s.awaitsCommit {
			s.commit = s.seen.start(s.commit.database)
			s.awaitsCommit = true
			// Nobody may read the answer.
			go func(ended <-chan struct{}) {
				<-ended
				s.end()
			}(s.ClientStream.Context().Done())
		}
		s.mutex.Unlock()
	}
	return s.ClientStream.SendMsg(s.seen.fresh(message))
}

func (s *freshStream) RecvMsg(message interface{}) error {
	err := s.ClientStream.RecvMsg(message)
	reply, ok := message.(*pb.TransactResponse)
	if !ok {
		return err
	}
	if err != nil {
		s.end()
	} else if committed := reply.GetCommitted(); committed != nil {
		s.take(committed)
	}
	return err
}

func (s *freshStream) take(committed *pb.TransactCommitted) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.awaitsCommit = false
	s.commit.token = committed.GetConsistencyToken()
	s.commit.mayHaveWritten = len(committed.GetOutcomeReference()) > 0
	s.seen.noteWrite(s.commit)
}

// Takes notice of the end of the stream.
func (s *freshStream) end() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.awaitsCommit {
		return
	}
	s.awaitsCommit = false
	s.seen.NoteLost(s.commit.database)
	// The answer may have come all the same, and be taken yet.
	s.commit.losses++
}

func mayRead(request interface{}) bool {
	switch asked := request.(type) {
	case *pb.QueryRequest, *pb.QueryStreamRequest:
		return true
	case *pb.ExecuteRequest:
		return asked.GetReadRouting() == pb.ReadRouting_READ_ROUTING_AUTO
	}
	return false
}

func isLater(token, seen []byte) bool {
	isOfSameCluster := len(token) == len(seen) && (len(token) < clusterBytes ||
		bytes.Equal(token[:clusterBytes], seen[:clusterBytes]))
	return !isOfSameCluster || bytes.Compare(token, seen) > 0
}

// Whether a call that may write and has failed may have taken place.
func mayHaveTakenPlace(err error) bool {
	failure := ParseError(err)
	executed, isTold := failure.Metadata["executed"]
	if !isTold {
		// Of a gateway's error that does not say PostgreSQL has rolled it back.
		return failure.Reason == ""
	}
	return executed != "no"
}

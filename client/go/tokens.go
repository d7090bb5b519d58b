package sluicerows

import (
	"context"
	"math/rand"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	pb "sluice.dev/proto/sluice/v1"
)

const (
	// After it a gateway counts as lost without a word.
	tokenTimeout = 20 * time.Second
	// Between attempts to renew.
	firstPause, longestPause = 100 * time.Millisecond, 10 * time.Second
)

// TokenSource issues, keeps and renews the tokens of a connection's calls.
//
//	tokens, err := grpc.Dial(address, grpc.WithTransportCredentials(tls))
//	source := &sluicerows.TokenSource{Client: pb.NewTokensClient(tokens)}
//	connection, err := grpc.Dial(address, grpc.WithTransportCredentials(tls),
//		grpc.WithPerRPCCredentials(source),
//		grpc.WithUnaryInterceptor(source.RepeatRefused),
//		grpc.WithStreamInterceptor(source.DropRefused))
//
// The first call waits for a token. Once two thirds of its time are over the
// next call starts its renewal and goes on with the old one; calls wait again
// only where the token has ended meanwhile. It may be used by many goroutines.
type TokenSource struct {
	// Client has the credentials of TLS alone: tokens are bound to their
	// certificate.
	Client pb.TokensClient
	// Scopes to ask for; none: all that the policy gives.
	Scopes []string
	// TTL to ask for; 0: as the policy says.
	TTL time.Duration

	mutex       sync.Mutex
	token       string
	renewal     time.Time
	end         time.Time
	nextAttempt time.Time
	pause       time.Duration
	// Nil unless a refresh is under way.
	refresh *refresh
	// Of a test.
	now func() time.Time
}

// A refresh that is under way, or over once `done` is closed.
type refresh struct {
	done chan struct{}
	err  error
}

// An answer to IssueToken or RenewToken.
type issued interface {
	GetToken() string
	GetExpireTime() *timestamppb.Timestamp
	GetRenewTime() *timestamppb.Timestamp
}

// GetRequestMetadata is of credentials.PerRPCCredentials.
func (s *TokenSource) GetRequestMetadata(ctx context.Context, _ ...string) (
	map[string]string, error) {
	token, err := s.Token(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity is of credentials.PerRPCCredentials.
func (s *TokenSource) RequireTransportSecurity() bool { return true }

// Token gives the one to send. Its errors are those of IssueToken and of ctx.
func (s *TokenSource) Token(ctx context.Context) (string, error) {
	for {
		token, waitsFor := s.take()
		if waitsFor == nil {
			return token, nil
		}
		select {
		case <-waitsFor.done:
			if waitsFor.err != nil {
				return "", waitsFor.err
			}
		case <-ctx.Done():
			return "", status.FromContextError(ctx.Err()).Err()
		}
	}
}

// Reject tells that a call was refused for a token.
func (s *TokenSource) Reject(token string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if token == s.token {
		s.token, s.end = "", time.Time{}
	}
}

// RepeatRefused is a grpc.UnaryClientInterceptor: it makes a call that was
// refused for its token once more, with a new one.
func (s *TokenSource) RepeatRefused(ctx context.Context, method string,
	request, reply interface{}, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	token, err := s.Token(ctx)
	if err != nil {
		return err
	}
	err = invoke(ctx, method, request, reply, connection, options...)
	if !isRefused(err) {
		return err
	}
	s.Reject(token)
	return invoke(ctx, method, request, reply, connection, options...)
}

// DropRefused is a grpc.StreamClientInterceptor: the call after a stream that was
// refused for its token has a new one.
func (s *TokenSource) DropRefused(ctx context.Context,
	description *grpc.StreamDesc, connection *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	token, err := s.Token(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := open(ctx, description, connection, method, options...)
	if err != nil {
		if isRefused(err) {
			s.Reject(token)
		}
		return nil, err
	}
	return &tokenStream{ClientStream: stream, source: s, token: token}, nil
}

type tokenStream struct {
	grpc.ClientStream
	source *TokenSource
	token  string
}

func (s *tokenStream) RecvMsg(message interface{}) error {
	err := s.ClientStream.RecvMsg(message)
	if isRefused(err) {
		s.source.Reject(s.token)
	}
	return err
}

// Whether a call was refused for its token, before it did anything.
func isRefused(err error) bool {
	if status.Code(err) != codes.Unauthenticated {
		return false
	}
	failure := ParseError(err)
	return failure.Reason == "TOKEN_INVALID" &&
		failure.Metadata["executed"] != "unknown"
}

// The token, or what to wait for.
func (s *TokenSource) take() (string, *refresh) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := s.time()
	isValid := now.Before(s.end)
	isDue := !now.Before(s.renewal) && !now.Before(s.nextAttempt)
	if s.refresh == nil && (isDue || !isValid) {
		renewed := ""
		if isValid {
			renewed = s.token
		}
		s.refresh = &refresh{done: make(chan struct{})}
		go s.run(s.refresh, now, renewed)
	}
	if isValid {
		return s.token, nil
	}
	return "", s.refresh
}

func (s *TokenSource) run(r *refresh, asked time.Time, renewed string) {
	answer, err := s.ask(renewed)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.refresh = nil
	switch {
	case err == nil:
		// Times that have passed here: the server's clock may differ.
		third := answer.GetExpireTime().AsTime().Sub(
			answer.GetRenewTime().AsTime())
		margin := third / 10
		if margin > 2*time.Second {
			margin = 2 * time.Second
		}
		s.token = answer.GetToken()
		s.renewal, s.end = asked.Add(2*third), asked.Add(3*third-margin)
		s.pause = 0
	default:
		r.err = err
		s.pause *= 2
		if s.pause < firstPause {
			s.pause = firstPause
		} else if s.pause > longestPause {
			s.pause = longestPause
		}
		half := s.pause / 2
		s.nextAttempt = s.time().Add(
			half + time.Duration(rand.Int63n(int64(half))))
	}
	close(r.done)
}

func (s *TokenSource) ask(renewed string) (issued, error) {
	ctx, cancel := context.WithTimeout(context.Background(), tokenTimeout)
	defer cancel()
	var ttl *durationpb.Duration
	if s.TTL > 0 {
		ttl = durationpb.New(s.TTL)
	}
	if renewed != "" {
		answer, err := s.Client.RenewToken(
			metadata.AppendToOutgoingContext(
				ctx, "authorization", "Bearer "+renewed),
			&pb.RenewTokenRequest{Ttl: ttl})
		if status.Code(err) != codes.Unauthenticated {
			return answer, err
		}
		// Its session is over, or it was revoked: the certificate counts yet.
	}
	return s.Client.IssueToken(
		ctx, &pb.IssueTokenRequest{Scopes: s.Scopes, Ttl: ttl})
}

func (s *TokenSource) time() time.Time {
	if s.now != nil {
		return s.now()
	}
	return time.Now()
}

package sluicerows

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	pb "sluice.dev/proto/sluice/v1"
)

// Dial opens a connection whose calls carry tokens. Those come by another one,
// which lives as long as the process.
func Dial(address string, tls credentials.TransportCredentials,
	options ...grpc.DialOption) (*grpc.ClientConn, error) {
	secured := grpc.WithTransportCredentials(tls)
	tokens, err := grpc.Dial(address, secured)
	if err != nil {
		return nil, err
	}
	source := &TokenSource{Client: pb.NewTokensClient(tokens)}
	return grpc.Dial(address, append([]grpc.DialOption{secured,
		grpc.WithPerRPCCredentials(source),
		grpc.WithUnaryInterceptor(source.RepeatRefused),
		grpc.WithStreamInterceptor(source.DropRefused)}, options...)...)
}

// LoadCredentials reads what mutual TLS takes, from files in PEM: the CA that
// the gateway is verified by, and the certificate and key that are shown to it.
func LoadCredentials(caFile, certificateFile, keyFile string) (
	credentials.TransportCredentials, error) {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%s holds no certificate", caFile)
	}
	own, err := tls.LoadX509KeyPair(certificateFile, keyFile)
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(&tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{own},
		MinVersion: tls.VersionTLS12,
	}), nil
}

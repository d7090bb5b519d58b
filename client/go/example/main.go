// Asks a Sluice gateway for the largest packages of a section, counts all of its
// packages in a stream, and shows what an error says.
//
//	source deploy/local/run/env
//	client/go/run.sh build/go run sluice.dev/sluicerows/example [SECTION [KIB]]
//
// Where the gateway is, and who we are, stands in
// SLUICE_ADDRESS, SLUICE_CA, SLUICE_CERT, SLUICE_KEY and SLUICE_DATABASE.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc/status"
	pb "sluice.dev/proto/sluice/v1"
	"sluice.dev/sluicerows"
	_ "sluice.dev/sluicerows/debian"
)

const (
	largest = `
SELECT name, version, installed_size, depends
FROM packages
WHERE section = $1 AND installed_size >= $2
ORDER BY installed_size DESC, name
LIMIT 5`
	all   = "SELECT name, installed_size FROM packages WHERE section = $1"
	wrong = "SELECT $1::int"
)

func main() {
	section, leastKib := "database", int64(10240)
	if len(os.Args) > 1 {
		section = os.Args[1]
	}
	if len(os.Args) > 2 {
		leastKib, _ = strconv.ParseInt(os.Args[2], 10, 64)
	}
	if err := run(section, leastKib); err != nil {
		said := status.Convert(err)
		fmt.Fprintf(os.Stderr, "%s: %s\n", said.Code(), said.Message())
		os.Exit(1)
	}
}

func run(section string, leastKib int64) error {
	// Mutual TLS: both ends show a certificate.
	credentials, err := sluicerows.LoadCredentials(
		os.Getenv("SLUICE_CA"), os.Getenv("SLUICE_CERT"), os.Getenv("SLUICE_KEY"))
	if err != nil {
		return err
	}
	// Each call carries a token, and reads see the writes before them.
	seen := &sluicerows.SeenTokens{}
	connection, err := sluicerows.Dial(
		os.Getenv("SLUICE_ADDRESS"), credentials, seen.Options()...)
	if err != nil {
		return err
	}
	defer connection.Close()
	database := pb.NewDatabaseClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := showLargest(ctx, database, section, leastKib); err != nil {
		return err
	}
	if err := showTotal(ctx, database, section); err != nil {
		return err
	}
	showError(ctx, database)
	return nil
}

func statement(sql string) *pb.Statement {
	return &pb.Statement{Statement: &pb.Statement_Sql{Sql: sql}}
}

func text(value string) *pb.Value {
	return &pb.Value{Kind: &pb.Value_TextValue{TextValue: value}}
}

func integer(value int64) *pb.Value {
	return &pb.Value{Kind: &pb.Value_Int64Value{Int64Value: value}}
}

func showLargest(ctx context.Context, database pb.DatabaseClient,
	section string, leastKib int64) error {
	response, err := database.Query(ctx, &pb.QueryRequest{
		Database:   os.Getenv("SLUICE_DATABASE"),
		Statement:  statement(largest),
		Parameters: []*pb.Value{text(section), integer(leastKib)},
	})
	if err != nil {
		return err
	}
	for _, row := range sluicerows.Rows(response.GetResultSet()) {
		var name, version string
		var size int64
		var depends []string
		if err := row.Scan(&name, &version, &size, &depends); err != nil {
			return err
		}
		fmt.Printf("%s %s: %d KiB, depends on %d\n", name, version, size,
			len(depends))
	}
	return nil
}

func showTotal(ctx context.Context, database pb.DatabaseClient,
	section string) error {
	call, err := database.QueryStream(ctx, &pb.QueryStreamRequest{
		Database:   os.Getenv("SLUICE_DATABASE"),
		Statement:  statement(all),
		Parameters: []*pb.Value{text(section)},
	})
	if err != nil {
		return err
	}
	var count, total int64
	stream := sluicerows.NewStream(call)
	for stream.Next() {
		var name string
		var size *int64 // Nil for NULL.
		if err := stream.Row().Scan(&name, &size); err != nil {
			return err
		}
		count++
		if size != nil {
			total += *size
		}
	}
	fmt.Printf("%s: %d packages, %d KiB\n", section, count, total)
	return stream.Err()
}

func showError(ctx context.Context, database pb.DatabaseClient) {
	_, err := database.Query(ctx, &pb.QueryRequest{
		Database:   os.Getenv("SLUICE_DATABASE"),
		Statement:  statement(wrong),
		Parameters: []*pb.Value{text("seven")},
	})
	said, reason := status.Convert(err), sluicerows.ParseError(err).Reason
	fmt.Printf("%s, %s: %s\n", said.Code(), reason, said.Message())
}

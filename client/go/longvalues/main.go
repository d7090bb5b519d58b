// Prints checksums of values, read in a stream. Its argument is a statement like
// that of client/tests/long_values.sql.
package main

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	pb "sluice.dev/proto/sluice/v1"
	"sluice.dev/sluicerows"
	_ "sluice.dev/sluicerows/debian"
)

func main() {
	credentials, err := sluicerows.LoadCredentials(
		os.Getenv("SLUICE_CA"), os.Getenv("SLUICE_CERT"), os.Getenv("SLUICE_KEY"))
	check(err)
	connection, err := sluicerows.Dial(os.Getenv("SLUICE_ADDRESS"), credentials)
	check(err)
	call, err := pb.NewDatabaseClient(connection).QueryStream(
		context.Background(), &pb.QueryStreamRequest{
			Database: os.Getenv("SLUICE_DATABASE"),
			Statement: &pb.Statement{
				Statement: &pb.Statement_Sql{Sql: os.Args[1]}},
		})
	check(err)
	stream := sluicerows.NewStream(call)
	for stream.Next() {
		show(stream.Row())
	}
	check(stream.Err())
}

func show(row sluicerows.Row) {
	var number int
	var words *string
	var octets []byte
	var list []string
	var document json.RawMessage
	var note map[string]any
	check(row.Scan(&number, &words, &octets, &list, &document, &note))
	sums := []string{fmt.Sprint(number), "", checksum(octets),
		checksum([]byte(strings.Join(list, ""))), "", ""}
	if words != nil {
		sums[1] = checksum([]byte(*words))
	}
	if document != nil {
		sums[4] = checksumOfKey(document)
	}
	if note != nil {
		sums[5] = checksumOfKey(note["document"].(json.RawMessage))
	}
	fmt.Println(strings.Join(sums, ","))
}

func checksumOfKey(document json.RawMessage) string {
	var fields struct{ Key string }
	check(json.Unmarshal(document, &fields))
	return checksum([]byte(fields.Key))
}

func checksum(value []byte) string {
	return fmt.Sprintf("%x", md5.Sum(value))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

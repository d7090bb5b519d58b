// Writes and reads in turn, and prints which nodes served the reads, and how many
// of them did not see the write before them. Its arguments are WRITE READ TURNS,
// where WRITE takes a number and READ gives it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	pb "sluice.dev/proto/sluice/v1"
	"sluice.dev/sluicerows"
	_ "sluice.dev/sluicerows/debian"
)

func main() {
	credentials, err := sluicerows.LoadCredentials(
		os.Getenv("SLUICE_CA"), os.Getenv("SLUICE_CERT"), os.Getenv("SLUICE_KEY"))
	check(err)
	seen := &sluicerows.SeenTokens{}
	connection, err := sluicerows.Dial(
		os.Getenv("SLUICE_ADDRESS"), credentials, seen.Options()...)
	check(err)
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	turns, err := strconv.ParseInt(os.Args[3], 10, 64)
	check(err)
	nodes, stale := map[string]bool{}, 0
	for turn := int64(0); turn < turns; turn++ {
		found, node := takeTurn(ctx, pb.NewDatabaseClient(connection), turn)
		nodes[node] = true
		if found != turn {
			stale++
		}
	}
	var names []string
	for name := range nodes {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Println(strings.Join(names, " "), "stale:", stale)
}

// Writes a number; what is read after it, and where.
func takeTurn(ctx context.Context, database pb.DatabaseClient, number int64) (
	int64, string) {
	_, err := database.Execute(ctx, &pb.ExecuteRequest{
		Database:  os.Getenv("SLUICE_DATABASE"),
		Statement: statement(os.Args[1]),
		Parameters: []*pb.Value{
			{Kind: &pb.Value_Int64Value{Int64Value: number}}},
	})
	check(err)
	response, err := database.Query(ctx, &pb.QueryRequest{
		Database:  os.Getenv("SLUICE_DATABASE"),
		Statement: statement(os.Args[2]),
	})
	check(err)
	var found int64
	check(sluicerows.Rows(response.GetResultSet())[0].Scan(&found))
	return found, response.GetSummary().GetNode()
}

func statement(sql string) *pb.Statement {
	return &pb.Statement{Statement: &pb.Statement_Sql{Sql: sql}}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

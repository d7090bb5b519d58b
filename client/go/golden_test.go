package sluicerows

// Tests of the readers on the golden results.

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	pb "sluice.dev/proto/sluice/v1"
)

type golden struct {
	Name      string
	ResultSet json.RawMessage `json:"result_set"`
	Responses []json.RawMessage
	Rows      [][]any
	Complete  bool
}

func readGolden(t *testing.T, name string) []golden {
	t.Helper()
	text, err := os.ReadFile("../tests/golden/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func parse(t *testing.T, text []byte, message proto.Message) {
	t.Helper()
	if err := protojson.Unmarshal(text, message); err != nil {
		t.Fatal(err)
	}
}

// messages are a stream that ends with `end`.
type messages struct {
	rest []*pb.QueryStreamResponse
	end  error
}

func (m *messages) Recv() (*pb.QueryStreamResponse, error) {
	if len(m.rest) == 0 {
		return nil, m.end
	}
	next := m.rest[0]
	m.rest = m.rest[1:]
	return next, nil
}

func makeMessages(t *testing.T, c golden) *messages {
	t.Helper()
	found := &messages{end: io.EOF}
	for _, text := range c.Responses {
		response := &pb.QueryStreamResponse{}
		parse(t, text, response)
		found.rest = append(found.rest, response)
	}
	return found
}

// mustInt reads an integer of at most `bits` bits.
func mustInt(text string, bits int) int64 {
	value, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		panic(err)
	}
	return value
}

var timeForm = regexp.MustCompile(
	`^(\d+)-(\d+)-(\d+)(?:T(\d+):(\d+):(\d+)(?:\.(\d+))?(?:\+00:00)?)?( BC)?$`)

// mustTime reads what PostgreSQL writes, any year included.
func mustTime(text string) time.Time {
	switch text {
	case "infinity":
		return Infinity
	case "-infinity":
		return NegativeInfinity
	}
	parts := timeForm.FindStringSubmatch(text)
	number := func(i int) int {
		if parts[i] == "" {
			return 0
		}
		return int(mustInt(parts[i], 32))
	}
	year := number(1)
	if parts[8] != "" {
		year = 1 - year
	}
	nanoseconds := int(mustInt((parts[7] + "000000000")[:9], 32))
	return time.Date(year, time.Month(number(2)), number(3), number(4), number(5),
		number(6), nanoseconds, time.UTC)
}

func mustClock(text string) time.Duration {
	parts := regexp.MustCompile(`^(\d+):(\d+):(.+)$`).FindStringSubmatch(text)
	value, err := time.ParseDuration(
		parts[1] + "h" + parts[2] + "m" + parts[3] + "s")
	if err != nil {
		panic(err)
	}
	return value
}

func expectedScalar(name string, value any) any {
	if parts, ok := value.(map[string]any); ok { // An interval.
		return Interval{int32(mustInt(parts["months"].(string), 32)),
			int32(mustInt(parts["days"].(string), 32)),
			mustInt(parts["microseconds"].(string), 64)}
	}
	if name == "boolean" {
		return value
	}
	text := value.(string)
	switch name {
	case "smallint", "integer", "bigint", "oid", "xid":
		return mustInt(text, 64)
	case "real", "double precision":
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic(err)
		}
		return number
	case "numeric":
		return Numeric(text)
	case "bytea":
		octets, err := hex.DecodeString(text[2:])
		if err != nil {
			panic(err)
		}
		return octets
	case "date", "timestamp without time zone", "timestamp with time zone":
		return mustTime(text)
	case "time without time zone":
		return mustClock(text)
	case "uuid":
		digits := regexp.MustCompile("-").ReplaceAllString(text, "")
		octets, _ := hex.DecodeString(digits)
		var id UUID
		copy(id[:], octets)
		return id
	case "json", "jsonb":
		return json.RawMessage(text)
	}
	return text
}

// expected gives the value that a golden value stands for.
func expected(t *pb.Type, value any) any {
	if value == nil {
		return nil
	}
	switch t.GetKind() {
	case pb.TypeKind_TYPE_KIND_ARRAY:
		list := []any{}
		for _, inner := range value.([]any) {
			if _, nested := inner.([]any); nested {
				list = append(list, expected(t, inner))
			} else {
				list = append(list, expected(t.GetElement(), inner))
			}
		}
		return list
	case pb.TypeKind_TYPE_KIND_COMPOSITE:
		fields := map[string]any{}
		for _, field := range t.GetFields() {
			fields[field.GetName()] = expected(
				field.GetType(), value.(map[string]any)[field.GetName()])
		}
		return fields
	case pb.TypeKind_TYPE_KIND_RANGE:
		parts := value.(map[string]any)
		return Range{
			Lower:          expected(t.GetElement(), parts["lower"]),
			Upper:          expected(t.GetElement(), parts["upper"]),
			LowerInclusive: parts["lower_inclusive"].(bool),
			UpperInclusive: parts["upper_inclusive"].(bool),
			Empty:          parts["empty"].(bool),
		}
	case pb.TypeKind_TYPE_KIND_MULTIRANGE:
		list := []Range{}
		for _, inner := range value.([]any) {
			list = append(list, expected(t.GetElement(), inner).(Range))
		}
		return list
	}
	return expectedScalar(t.GetName(), value)
}

func checkRows(t *testing.T, metadata []*pb.ColumnMetadata, found []Row,
	rows [][]any) {
	t.Helper()
	if len(found) != len(rows) {
		t.Fatalf("%d rows, not %d", len(found), len(rows))
	}
	for i, row := range rows {
		if len(found[i]) != len(row) {
			t.Fatalf("row %d has %d columns, not %d", i, len(found[i]), len(row))
		}
		for j, value := range row {
			want := expected(metadata[j].GetType(), value)
			if got := found[i][j]; !isSame(got, want) {
				t.Errorf("row %d: %#v, not %#v", i, got, want)
			}
		}
	}
}

// isSame also holds for NaN, and tells 0 from -0.
func isSame(a, b any) bool {
	if x, ok := a.(float64); ok {
		y, ok := b.(float64)
		form := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
		return ok && form(x) == form(y)
	}
	return reflect.DeepEqual(a, b)
}

func TestResults(t *testing.T) {
	for _, c := range readGolden(t, "results.json") {
		t.Run(c.Name, func(t *testing.T) {
			result := &pb.ResultSet{}
			parse(t, c.ResultSet, result)
			checkRows(t, result.GetMetadata(), Rows(result), c.Rows)
		})
	}
}

func TestStreams(t *testing.T) {
	for _, c := range readGolden(t, "streams.json") {
		t.Run(c.Name, func(t *testing.T) {
			stream := NewStream(makeMessages(t, c))
			var found []Row
			for stream.Next() {
				found = append(found, stream.Row())
			}
			checkRows(t, stream.Metadata(), found, c.Rows)
			if c.Complete && (stream.Err() != nil || stream.Summary() == nil) {
				t.Errorf("ended with %v", stream.Err())
			}
			if !c.Complete && !errors.Is(stream.Err(), ErrIncomplete) {
				t.Errorf("ended with %v, not ErrIncomplete", stream.Err())
			}
		})
	}
}

func TestRowsComeBeforeTheNextBatchIsRead(t *testing.T) {
	call := makeMessages(t, readGolden(t, "streams.json")[0])
	stream := NewStream(call)
	if !stream.Next() || !reflect.DeepEqual(stream.Row(), Row{int64(1), "a"}) {
		t.Fatalf("%v", stream.Row())
	}
	if len(call.rest) != 2 {
		t.Errorf("%d messages are left, not 2", len(call.rest))
	}
}

func TestABrokenStreamSaysWhatBrokeIt(t *testing.T) {
	call := &messages{end: errors.New("gone")}
	stream := NewStream(call)
	if stream.Next() || stream.Err() != call.end {
		t.Errorf("ended with %v", stream.Err())
	}
}

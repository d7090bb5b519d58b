// Package sluicerows gives Go values for the rows of the Sluice API.
//
//	for _, row := range sluicerows.Rows(response.GetResultSet()) {
//		var name string
//		var size *int64 // Nil for NULL.
//		err := row.Scan(&name, &size)
//	}
//
// A Row holds nil for NULL; bool; int64 for int2, int4, int8 and oid; float64;
// string for text, enums and every type without a match in Go (PostgreSQL's
// text); []byte for bytea; Numeric; time.Time in UTC for date, timestamp and
// timestamptz; time.Duration since midnight for time; Interval; UUID;
// json.RawMessage for json and jsonb; []any for an array (nested by dimension,
// without its lower bounds); map[string]any for a composite; Range; []Range for
// a multirange.
package sluicerows

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	pb "sluice.dev/proto/sluice/v1"
)

// Row holds the values of a row in the order of the columns.
type Row []any

// Numeric is an exact decimal with every digit, or "NaN", "Infinity" or
// "-Infinity".
type Numeric string

// Interval holds PostgreSQL's three independent parts of an interval.
type Interval struct {
	Months, Days int32
	Microseconds int64
}

// UUID holds the bytes of a uuid in network order.
type UUID [16]byte

// String writes a UUID in groups of hexadecimal digits.
func (u UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// Range is a range; a bound of nil is none.
type Range struct {
	Lower, Upper                   any
	LowerInclusive, UpperInclusive bool
	Empty                          bool
}

// The infinities of date, timestamp and timestamptz: the ends of what a
// timestamp of the API can say.
var (
	Infinity         = time.UnixMicro(math.MaxInt64).UTC()
	NegativeInfinity = time.UnixMicro(math.MinInt64).UTC()
)

// Rows returns the rows of a whole result.
func Rows(result *pb.ResultSet) []Row {
	readers := makeReaders(result.GetMetadata(), result.GetColumns())
	rows := make([]Row, result.GetRowCount())
	for i := range rows {
		rows[i] = readRow(readers, i)
	}
	return rows
}

// A reader gives the value of a slot of a column.
type reader func(slot int) any

func readRow(readers []reader, slot int) Row {
	row := make(Row, len(readers))
	for i, read := range readers {
		row[i] = read(slot)
	}
	return row
}

func makeReaders(metadata []*pb.ColumnMetadata, columns []*pb.Column) []reader {
	readers := make([]reader, len(columns))
	for i, column := range columns {
		readers[i] = makeReader(metadata[i].GetType(), column)
	}
	return readers
}

func makeReader(t *pb.Type, column *pb.Column) reader {
	read, nulls := makeSlotReader(t, column), column.GetNulls()
	if len(nulls) == 0 {
		return read
	}
	return func(slot int) any {
		if nulls[slot/8]>>(slot%8)&1 == 1 {
			return nil
		}
		return read(slot)
	}
}

func makeSlotReader(t *pb.Type, column *pb.Column) reader {
	switch c := column.GetValues().(type) {
	case *pb.Column_Bools:
		return slots(c.Bools.GetValues(), same[bool])
	case *pb.Column_Int64S:
		return slots(c.Int64S.GetValues(), same[int64])
	case *pb.Column_Doubles:
		return slots(c.Doubles.GetValues(), same[float64])
	case *pb.Column_Texts:
		return slots(c.Texts.GetValues(), same[string])
	case *pb.Column_Blobs:
		return slots(c.Blobs.GetValues(), same[[]byte])
	case *pb.Column_Numerics:
		return slots(c.Numerics.GetValues(),
			func(v string) any { return Numeric(v) })
	case *pb.Column_Timestamps:
		return slots(c.Timestamps.GetValues(),
			func(v int64) any { return time.UnixMicro(v).UTC() })
	case *pb.Column_Dates:
		return slots(c.Dates.GetValues(), dateOf)
	case *pb.Column_Times:
		return slots(c.Times.GetValues(),
			func(v int64) any { return time.Duration(v) * time.Microsecond })
	case *pb.Column_Intervals:
		return slots(c.Intervals.GetValues(), func(v *pb.Interval) any {
			return Interval{v.GetMonths(), v.GetDays(), v.GetMicroseconds()}
		})
	case *pb.Column_Uuids:
		return slots(c.Uuids.GetValues(), func(v []byte) any {
			var id UUID
			copy(id[:], v)
			return id
		})
	case *pb.Column_Jsons:
		return slots(c.Jsons.GetValues(),
			func(v string) any { return json.RawMessage(v) })
	case *pb.Column_Others:
		return slots(c.Others.GetValues(), same[string])
	}
	return makeNestedReader(t, column)
}

func same[T any](value T) any { return value }

func slots[T any](values []T, convert func(T) any) reader {
	return func(slot int) any { return convert(values[slot]) }
}

func dateOf(days int32) any {
	switch days {
	case math.MaxInt32:
		return Infinity
	case math.MinInt32:
		return NegativeInfinity
	}
	return time.Unix(int64(days)*86400, 0).UTC()
}

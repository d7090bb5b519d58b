package sluicerows

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestScanFillsVariablesOfFittingTypes(t *testing.T) {
	row := Row{"a", int64(7), Numeric("1.50"), nil, "b", time.Unix(0, 0),
		[]any{"x", nil}, []any{[]any{int64(1)}, []any{int64(2)}}, nil}
	var (
		text, price string
		size        int32
		none, some  *string
		when        time.Time
		tags        []*string
		matrix      [][]int64
		anything    any = "old"
	)
	if err := row.Scan(&text, &size, &price, &none, &some, &when, &tags, &matrix,
		&anything); err != nil {
		t.Fatal(err)
	}
	if text != "a" || size != 7 || price != "1.50" || none != nil ||
		*some != "b" || !when.Equal(time.Unix(0, 0)) || anything != nil {
		t.Errorf("%v %v %v %v %v %v %v", text, size, price, none, *some, when,
			anything)
	}
	if len(tags) != 2 || *tags[0] != "x" || tags[1] != nil {
		t.Errorf("%v", tags)
	}
	if !reflect.DeepEqual(matrix, [][]int64{{1}, {2}}) {
		t.Errorf("%v", matrix)
	}
}

func TestScanRefusesWhatDoesNotFit(t *testing.T) {
	var small int16
	var text string
	var numbers []int64
	for _, c := range []struct {
		row         Row
		destination any
		message     string
	}{
		{Row{int64(32768)}, &small, "32768 does not fit a int16"},
		{Row{nil}, &text, "NULL does not fit a string"},
		{Row{int64(1)}, &text, "int64 1 does not fit a string"},
		{Row{[]any{int64(1), nil}}, &numbers, "element 1: NULL does not fit"},
		{Row{"a"}, text, "string is no pointer"},
		{Row{"a", "b"}, &text, "1 destinations for 2 columns"},
	} {
		err := c.row.Scan(c.destination)
		if err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%v, not %q", err, c.message)
		}
	}
}

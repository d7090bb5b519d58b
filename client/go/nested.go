package sluicerows

// Readers of columns that are made of columns.

import pb "sluice.dev/proto/sluice/v1"

func makeNestedReader(t *pb.Type, column *pb.Column) reader {
	switch c := column.GetValues().(type) {
	case *pb.Column_Arrays:
		return makeArrayReader(t, c.Arrays)
	case *pb.Column_Composites:
		return makeCompositeReader(t, c.Composites)
	case *pb.Column_Ranges:
		read := makeRangeReader(t, c.Ranges)
		return func(slot int) any { return read(slot) }
	case *pb.Column_Multiranges:
		read := makeRangeReader(t.GetElement(), c.Multiranges.GetRanges())
		offsets := c.Multiranges.GetOffsets()
		return func(slot int) any {
			return readList(read, offsets[slot], offsets[slot+1])
		}
	}
	return func(int) any { return nil }
}

func readList[T any](read func(int) T, begin, end uint32) []T {
	list := make([]T, 0, end-begin)
	for i := begin; i < end; i++ {
		list = append(list, read(int(i)))
	}
	return list
}

func makeArrayReader(t *pb.Type, arrays *pb.ArrayColumn) reader {
	read := makeReader(t.GetElement(), arrays.GetElements())
	offsets, lengths := arrays.GetOffsets(), arrays.GetLengths()
	starts := []uint32{0} // Where each slot's dimensions start in lengths.
	for i, count := range arrays.GetDimensions() {
		starts = append(starts, starts[i]+count)
	}
	return func(slot int) any {
		list := readList(read, offsets[slot], offsets[slot+1])
		if slot+1 >= len(starts) {
			return list
		}
		shape := lengths[starts[slot]:starts[slot+1]]
		for i := len(shape) - 1; i > 0; i-- {
			list = chunks(list, int(shape[i]))
		}
		return list
	}
}

func chunks(list []any, length int) []any {
	var parts []any
	for ; len(list) > 0; list = list[length:] {
		parts = append(parts, list[:length:length])
	}
	return parts
}

func makeCompositeReader(t *pb.Type, composites *pb.CompositeColumn) reader {
	var readers []reader
	for i, column := range composites.GetFields() {
		readers = append(readers, makeReader(t.GetFields()[i].GetType(), column))
	}
	return func(slot int) any {
		fields := make(map[string]any, len(readers))
		for i, read := range readers {
			fields[t.GetFields()[i].GetName()] = read(slot)
		}
		return fields
	}
}

func makeRangeReader(t *pb.Type, ranges *pb.RangeColumn) func(int) Range {
	lower := makeReader(t.GetElement(), ranges.GetLowers())
	upper := makeReader(t.GetElement(), ranges.GetUppers())
	return func(slot int) Range {
		flags := ranges.GetFlags()[slot]
		return Range{
			Lower: lower(slot), Upper: upper(slot),
			LowerInclusive: flags&2 != 0, UpperInclusive: flags&4 != 0,
			Empty: flags&1 != 0,
		}
	}
}

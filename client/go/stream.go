package sluicerows

import (
	"errors"
	"io"

	"google.golang.org/protobuf/proto"
	pb "sluice.dev/proto/sluice/v1"
)

// ErrIncomplete says that a stream ended without its summary: its rows are not
// the whole result.
var ErrIncomplete = errors.New("the stream ended without a summary")

// Receiver is a call of QueryStream; pb.Database_QueryStreamClient is one.
type Receiver interface {
	Recv() (*pb.QueryStreamResponse, error)
}

// Stream reads the rows of a QueryStream in the memory of a batch:
//
//	stream := sluicerows.NewStream(call)
//	for stream.Next() {
//		err := stream.Row().Scan(&name, &size)
//	}
//	err := stream.Err()
//
// Who stops before Next returns false cancels the context of the call.
type Stream struct {
	call     Receiver
	metadata []*pb.ColumnMetadata
	summary  *pb.ExecutionSummary
	err      error

	first    []reader // For row 0 of the batch.
	readers  []reader // For its other rows.
	next     int      // The row that Next reads.
	rowCount int
	row      Row
	pieces   map[uint32][]byte // Of values of the next batch's row 0, by column.
}

// NewStream returns the rows of a call.
func NewStream(call Receiver) *Stream {
	return &Stream{call: call, pieces: map[uint32][]byte{}}
}

// Next reads the next row. It returns false at the end and at an error.
func (s *Stream) Next() bool {
	for s.err == nil && s.next == s.rowCount {
		response, err := s.call.Recv()
		if err == nil {
			err = s.take(response)
		}
		s.err = err
	}
	if s.err != nil {
		return false
	}
	readers := s.readers
	if s.next == 0 {
		readers, s.first = s.first, nil
	}
	s.row = readRow(readers, s.next)
	s.next++
	return true
}

// Row returns the row that Next read.
func (s *Stream) Row() Row { return s.row }

// Err returns what ended the stream: nil when its rows are the whole result.
func (s *Stream) Err() error {
	if s.err != io.EOF {
		return s.err
	}
	if s.summary == nil {
		return ErrIncomplete
	}
	return nil
}

// Metadata returns the columns; they are known once Next has returned.
func (s *Stream) Metadata() []*pb.ColumnMetadata { return s.metadata }

// Summary returns how the statement ran; nil before the end.
func (s *Stream) Summary() *pb.ExecutionSummary { return s.summary }

func (s *Stream) take(response *pb.QueryStreamResponse) error {
	switch part := response.GetPart().(type) {
	case *pb.QueryStreamResponse_Header:
		s.metadata = part.Header.GetMetadata()
	case *pb.QueryStreamResponse_Summary:
		s.summary = part.Summary
	case *pb.QueryStreamResponse_Batch:
		if piece := part.Batch.GetFragment(); piece != nil {
			s.pieces[piece.GetColumn()] =
				append(s.pieces[piece.GetColumn()], piece.GetData()...)
		} else if part.Batch.GetRowCount() > 0 {
			return s.takeRows(part.Batch)
		}
	}
	return nil
}

func (s *Stream) takeRows(batch *pb.RowBatch) error {
	s.readers = makeReaders(s.metadata, batch.GetColumns())
	s.first = append([]reader(nil), s.readers...)
	for i, data := range s.pieces {
		whole, err := makeColumn(batch.GetColumns()[i], data)
		if err != nil {
			return err
		}
		s.first[i] = makeReader(s.metadata[i].GetType(), whole)
		delete(s.pieces, i)
	}
	s.next, s.rowCount = 0, int(batch.GetRowCount())
	return nil
}

// makeColumn gives a column of the kind of `like` whose only slot has the
// joined pieces.
func makeColumn(like *pb.Column, data []byte) (*pb.Column, error) {
	text := []string{string(data)}
	switch like.GetValues().(type) {
	case *pb.Column_Texts:
		return &pb.Column{Values: &pb.Column_Texts{
			Texts: &pb.TextColumn{Values: text}}}, nil
	case *pb.Column_Numerics:
		return &pb.Column{Values: &pb.Column_Numerics{
			Numerics: &pb.NumericColumn{Values: text}}}, nil
	case *pb.Column_Jsons:
		return &pb.Column{Values: &pb.Column_Jsons{
			Jsons: &pb.JsonColumn{Values: text}}}, nil
	case *pb.Column_Others:
		return &pb.Column{Values: &pb.Column_Others{
			Others: &pb.OtherColumn{Values: text}}}, nil
	case *pb.Column_Blobs:
		return &pb.Column{Values: &pb.Column_Blobs{
			Blobs: &pb.BlobColumn{Values: [][]byte{data}}}}, nil
	}
	whole := &pb.Column{}
	return whole, proto.Unmarshal(data, whole)
}

package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// event is an Event that outlives the reader.
type event struct {
	name, data, raw string
	noData          bool
}

func collect(r *Reader) ([]event, error) {
	var all []event
	for {
		e, err := r.Next()
		if err != nil {
			return all, err
		}
		all = append(all, event{string(e.Name), string(e.Data), string(e.Raw), e.Data == nil})
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, in string
		want      []event
	}{
		{"nothing", "", nil},
		{"blank lines only", "\n\r\n\r\n\n", nil},
		{"two events", "data: a\n\ndata: b\n\n", []event{{data: "a", raw: "data: a\n\n"}, {data: "b", raw: "data: b\n\n"}}},
		{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []event{{data: "a", raw: "data: a\r\n\r\n"}, {data: "b", raw: "data: b\r\n\r\n"}}},
		{"CR", "data: a\r\rdata: b\r\r", []event{{data: "a", raw: "data: a\r\r"}, {data: "b", raw: "data: b\r\r"}}},
		{"CR then CRLF", "data: a\r\r\ndata: b\r\r\n", []event{{data: "a", raw: "data: a\r\r"}, {data: "b", raw: "data: b\r\r"}}},
		{"LF then CRLF", "data: a\n\r\ndata: b\n\r\n", []event{{data: "a", raw: "data: a\n\r"}, {data: "b", raw: "data: b\n\r"}}},
		{"many blank lines between", "data: a\n\n\n\n\r\n\rdata: b\n\n", []event{{data: "a", raw: "data: a\n\n"}, {data: "b", raw: "data: b\n\n"}}},
		{"byte order mark", "\xef\xbb\xbfdata: a\n\n", []event{{data: "a", raw: "data: a\n\n"}}},
		{"byte order mark later is text", "data: a\n\n\xef\xbb\xbfdata: b\n\n", []event{{data: "a", raw: "data: a\n\n"}, {noData: true, raw: "\xef\xbb\xbfdata: b\n\n"}}},
		{"half a byte order mark", "\xef\xbb", []event{{noData: true, raw: "\xef\xbb"}}},
		{"no closing blank line", "data: a\n\ndata: b", []event{{data: "a", raw: "data: a\n\n"}, {data: "b", raw: "data: b"}}},
		{"one closing line end", "data: b\r\n", []event{{data: "b", raw: "data: b\r\n"}}},
		{"half a closing CRLF", "data: b\r\n\r", []event{{data: "b", raw: "data: b\r\n\r"}}},
		{"comment and ping", ": PROCESSING\n\nevent: ping\n\ndata: a\n\n", []event{
			{noData: true, raw: ": PROCESSING\n\n"}, {name: "ping", noData: true, raw: "event: ping\n\n"}, {data: "a", raw: "data: a\n\n"},
		}},
		{"several data lines", "event: x\ndata: a\ndata: b\n\ndata: c\ndata: d\n\n", []event{
			{name: "x", data: "a\nb", raw: "event: x\ndata: a\ndata: b\n\n"}, {data: "c\nd", raw: "data: c\ndata: d\n\n"},
		}},
		{"split rune", "data: \u00e9\U0001f600\n\n", []event{{data: "\u00e9\U0001f600", raw: "data: \u00e9\U0001f600\n\n"}}},
		{"long event", "data: " + strings.Repeat("x", 3*initialBuffer) + "\n\ndata: b\n\n", []event{
			{data: strings.Repeat("x", 3*initialBuffer), raw: "data: " + strings.Repeat("x", 3*initialBuffer) + "\n\n"}, {data: "b", raw: "data: b\n\n"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			for name, src := range map[string]io.Reader{
				"whole":          strings.NewReader(tt.in),
				"byte by byte":   iotest.OneByteReader(strings.NewReader(tt.in)),
				"error with end": iotest.DataErrReader(strings.NewReader(tt.in)),
			} {
				got, err := collect(NewReader(src, 0))
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: ended with %v", name, err)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
				}
			}
		})
	}
}

func TestReaderEveryTwoSplits(t *testing.T) {
	t.Parallel()
	in := "\xef\xbb\xbf: c\r\n\r\nevent: a\rdata: \u00e9\rdata: b\r\rdata: x\r\r\n\ndata: y\n\r\nid: 1\ndata: z\n\ndata: last\r\n\r"
	want, _ := collect(NewReader(strings.NewReader(in), 0))
	for i := range in {
		for j := i; j <= len(in); j++ {
			src := io.MultiReader(strings.NewReader(in[:i]), strings.NewReader(in[i:j]), strings.NewReader(in[j:]))
			if got, err := collect(NewReader(src, 0)); !errors.Is(err, io.EOF) || !slices.Equal(got, want) {
				t.Fatalf("split at %d and %d: got %+v, %v, want %+v", i, j, got, err, want)
			}
		}
	}
}

func TestReaderTooLarge(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	fits := "data: " + strings.Repeat("x", limit-len("data: \n\n")) + "\n\n"
	tests := []struct {
		about, in string
		events    int
		err       error
	}{
		{"just fits", fits + fits, 2, io.EOF},
		{"one byte too long", fits + "x" + fits, 1, ErrTooLarge},
		{"never ends", strings.Repeat("x", 4*limit), 0, ErrTooLarge},
		{"unclosed last event", "data: a\n\n" + strings.Repeat("x", limit+1), 1, ErrTooLarge},
	}
	for _, tt := range tests {
		for name, src := range map[string]io.Reader{
			"whole":        strings.NewReader(tt.in),
			"byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
		} {
			got, err := collect(NewReader(src, limit))
			if len(got) != tt.events || !errors.Is(err, tt.err) {
				t.Errorf("%s, %s: got %d events and %v, want %d and %v", tt.about, name, len(got), err, tt.events, tt.err)
			}
		}
	}
}

func TestReaderSourceErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	src := io.MultiReader(strings.NewReader("data: a\n\ndata: b\n\ndata: ha"), iotest.ErrReader(broken))
	got, err := collect(NewReader(src, 0))
	if len(got) != 2 || !errors.Is(err, broken) {
		t.Errorf("got %+v and %v, want two events and the source's error", got, err)
	}
	if _, err := NewReader(stuck{}, 0).Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a source that returns nothing gave %v", err)
	}
}

// stuck is a source that breaks the rules.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestBuffered(t *testing.T) {
	t.Parallel()
	src := io.MultiReader(strings.NewReader("data: a\n\ndata: b\n\ndata: c"), strings.NewReader("\n\n"))
	r := NewReader(src, 0)
	if r.Buffered() {
		t.Error("an event is there before anything was read")
	}
	for i, want := range []bool{true, false, false} {
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := r.Buffered(); got != want {
				t.Errorf("after event %d: Buffered is %v", i, got)
			}
		}
		if wantData := string(rune('a' + i)); string(e.Data) != wantData {
			t.Errorf("event %d is %q after Buffered", i, e.Data)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
}

func TestReaderReset(t *testing.T) {
	t.Parallel()
	r := NewReader(strings.NewReader("data: a\ndata: b\n\ndata: unread\n\ndata: ha"), 0)
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	r.Reset(strings.NewReader("\xef\xbb\xbfdata: c\n\n"))
	got, err := collect(r)
	if !errors.Is(err, io.EOF) || len(got) != 1 || got[0].data != "c" {
		t.Errorf("got %+v, %v", got, err)
	}
	r.Release()
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("data: a\n\ndata: b\r\n\r\n"), byte(3))
	f.Add([]byte("\xef\xbb\xbf: c\r\revent: x\rdata: a\rdata: b\r\r\n"), byte(1))
	f.Fuzz(func(t *testing.T, in []byte, step byte) {
		const limit = 64
		want, wantErr := collect(NewReader(bytes.NewReader(in), limit))
		got, gotErr := collect(NewReader(&stepReader{in: in, step: int(step) + 1}, limit))
		if !errors.Is(gotErr, wantErr) || !slices.Equal(got, want) {
			t.Fatalf("in steps of %d: got %+v, %v, want %+v, %v", int(step)+1, got, gotErr, want, wantErr)
		}
		if !errors.Is(wantErr, io.EOF) && !errors.Is(wantErr, ErrTooLarge) {
			t.Fatalf("ended with %v", wantErr)
		}
	})
}

// stepReader returns a few bytes a time.
type stepReader struct {
	in   []byte
	step int
}

func (s *stepReader) Read(p []byte) (int, error) {
	if len(s.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.in)
	s.in = s.in[n:]
	return n, nil
}

func TestReaderAllocatesNothing(t *testing.T) {
	in := []byte(strings.Repeat("data: {\"a\":1}\n\ndata: a\ndata: b\n\n", 200))
	src := bytes.NewReader(in)
	r := NewReader(src, 0)
	allocs := testing.AllocsPerRun(100, func() {
		src.Reset(in)
		r.Reset(src)
		for {
			if _, err := r.Next(); err != nil {
				return
			}
		}
	})
	if allocs > 0 {
		t.Errorf("a stream allocates %v times", allocs)
	}
}

func BenchmarkReader(b *testing.B) {
	for _, size := range []int{100, 300, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := max(1, 60*300/size)
			in := []byte(strings.Repeat("data: "+strings.Repeat("x", size-8)+"\n\n", n))
			src := bytes.NewReader(in)
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				src.Reset(in)
				r := NewReader(src, 0)
				for {
					if _, err := r.Next(); err != nil {
						break
					}
					r.Buffered()
				}
				r.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
		})
	}
}

package sse

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, raw, name, data string
		noData                 bool
	}{
		{about: "one line", raw: "data: {}\n\n", data: "{}"},
		{about: "no space after the colon", raw: "data:{}\n\n", data: "{}"},
		{about: "only one space is taken away", raw: "data:  x\n\n", data: " x"},
		{about: "CRLF", raw: "data: x\r\n\r\n", data: "x"},
		{about: "lone CR", raw: "data: x\r\r", data: "x"},
		{about: "no closing blank line", raw: "data: x", data: "x"},
		{about: "one line end only", raw: "data: x\n", data: "x"},
		{about: "name before data", raw: "event: ping\ndata: x\n\n", name: "ping", data: "x"},
		{about: "name before data, CRLF", raw: "event: ping\r\ndata: x\n\n", name: "ping", data: "x"},
		{about: "name before empty data", raw: "event:ping\ndata\n\n", name: "ping"},
		{about: "name before two data lines", raw: "event: ping\ndata: x\ndata: y\n\n", name: "ping", data: "x\ny"},
		{about: "name after data", raw: "data: x\nevent:ping\n\n", name: "ping", data: "x"},
		{about: "several data lines", raw: "data: a\ndata:b\ndata: \ndata:  c\n\n", data: "a\nb\n\n c"},
		{about: "several data lines, ends mixed", raw: "data: a\rdata: b\r\ndata: c\nid: 1\rdata: d\r\r", data: "a\nb\nc\nd"},
		{about: "comment", raw: ": hello\n\n", noData: true},
		{about: "comment beside data", raw: ": hello\ndata: x\n\n", data: "x"},
		{about: "id and retry", raw: "id: 7\nretry: 10\ndata: x\n\n", data: "x"},
		{about: "event without data", raw: "event: ping\n\n", name: "ping", noData: true},
		{about: "field without colon", raw: "data\n\n"},
		{about: "empty data", raw: "data:\n\n"},
		{about: "empty data twice", raw: "data\ndata\n\n", data: "\n"},
		{about: "a field that begins like data", raw: "database: x\n\n", noData: true},
		{about: "a field that begins like event", raw: "eventual: x\ndata: y\n\n", data: "y"},
		{about: "indented field is another field", raw: " data: x\n\n", noData: true},
		{about: "nothing", raw: "", noData: true},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			e, _ := Parse([]byte(tt.raw), nil)
			if string(e.Name) != tt.name || string(e.Data) != tt.data || (e.Data == nil) != tt.noData {
				t.Errorf("got name %q, data %q (nil: %v)", e.Name, e.Data, e.Data == nil)
			}
			if string(e.Raw) != tt.raw {
				t.Errorf("raw is %q", e.Raw)
			}
		})
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	tests := []struct{ about, got, want string }{
		{"data", string(AppendData([]byte("x"), []byte("{}"))), "xdata: {}\n\n"},
		{"empty data", string(AppendData(nil, nil)), "data: \n\n"},
		{"data of several lines", string(AppendData(nil, []byte("a\nb\r\nc\rd"))), "data: a\ndata: b\ndata: c\ndata: d\n\n"},
		{"data that ends with a line end", string(AppendData(nil, []byte("a\n"))), "data: a\ndata: \n\n"},
		{"event", string(AppendEvent(nil, "ping", []byte("{}"))), "event: ping\ndata: {}\n\n"},
		{"comment", string(AppendComment(nil, "ping")), ": ping\n\n"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.about, tt.got, tt.want)
		}
	}
}

// FuzzAppendData checks that what is written is read back, but for line ends,
// which the format does not tell apart.
func FuzzAppendData(f *testing.F) {
	f.Add("{}")
	f.Add("a\nb\r\r\nc\r")
	f.Add(" leading")
	f.Fuzz(func(t *testing.T, data string) {
		e, _ := Parse(AppendData(nil, []byte(data)), nil)
		want := strings.ReplaceAll(strings.ReplaceAll(data, "\r\n", "\n"), "\r", "\n")
		if string(e.Data) != want {
			t.Errorf("%q came back as %q", data, e.Data)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	body := `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + strings.Repeat("word ", 40) + `"}}`
	for _, bb := range []struct{ name, raw string }{
		{"data", "data: " + body + "\n\n"},
		{"named", "event: content_block_delta\ndata: " + body + "\n\n"},
		{"crlf", "data: " + body + "\r\n\r\n"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			raw := []byte(bb.raw)
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			var scratch []byte
			for b.Loop() {
				_, scratch = Parse(raw, scratch)
			}
		})
	}
}

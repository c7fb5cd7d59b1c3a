package egress

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/fairwaygw/fairway/llm"
)

// flusher is a compressor.
type flusher interface {
	io.WriteCloser
	Flush() error
}

var compressors = map[string]struct {
	encoding string
	open     func(io.Writer) flusher
}{
	"gzip":      {"gzip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	"x-gzip":    {"X-GZip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	"zlib":      {"deflate", func(w io.Writer) flusher { return zlib.NewWriter(w) }},
	"raw flate": {"deflate", func(w io.Writer) flusher { f, _ := flate.NewWriter(w, 5); return f }},
	"zstd":      {"zstd", func(w io.Writer) flusher { z, _ := zstd.NewWriter(w); return z }},
}

func TestCompressedAnswers(t *testing.T) {
	want := strings.Repeat(`{"choices":[]}`, 10_000)
	for name, c := range compressors {
		for _, size := range []int{0, len(want)} {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				var b bytes.Buffer
				z := c.open(&b)
				_, _ = io.WriteString(z, want[:size])
				_ = z.Close()
				w.Header().Set("Content-Encoding", c.encoding)
				_, _ = w.Write(b.Bytes())
			}))
			client, template := open(t, s, nil)
			a, err := client.Send(t.Context(), template, Request{Body: []byte("{}")})
			if got := text(t, a, err); got != want[:size] {
				t.Errorf("%s: got %d bytes, want %d", name, len(got), size)
			}
			if a.Length != -1 || a.Header.Get("Content-Encoding") != "" || a.Header.Get("Content-Length") != "" {
				t.Errorf("%s: length %d, header %v", name, a.Length, a.Header)
			}
			s.Close()
		}
	}
}

// An event must be readable before the next one is sent.
func TestCompressedStreams(t *testing.T) {
	for name, c := range compressors {
		t.Run(name, func(t *testing.T) {
			next := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", c.encoding)
				z := c.open(w)
				for range 3 {
					_, _ = io.WriteString(z, "data: {}\n\n")
					_ = z.Flush()
					_ = http.NewResponseController(w).Flush()
					<-next
				}
				_ = z.Close()
			}))
			defer s.Close()
			client, template := open(t, s, nil)
			a, err := client.Send(t.Context(), template, Request{Body: []byte("{}")})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			for range 3 {
				got := make([]byte, len("data: {}\n\n"))
				if _, err := io.ReadFull(a.Body, got); err != nil || string(got) != "data: {}\n\n" {
					t.Fatalf("got %q, %v", got, err)
				}
				next <- struct{}{}
			}
			if rest, err := io.ReadAll(a.Body); len(rest) > 0 || err != nil {
				t.Errorf("got %q, %v", rest, err)
			}
		})
	}
}

func TestEncodingsThatCannotBeUndone(t *testing.T) {
	for name, c := range map[string]struct {
		status         int
		encoding, body string
		unreadable     bool
	}{
		"identity":         {200, "identity", "{}", false},
		"unknown":          {200, "br", "xyz", true},
		"two":              {200, "gzip, gzip", "xyz", true},
		"unknown, failure": {503, "br", "xyz", false},
		"not gzip":         {200, "gzip", "{}", true},
		"not zstd":         {200, "zstd", "{}", true},
		"cut short":        {200, "gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", c.encoding)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer s.Close()
			client, template := open(t, s, nil)
			a, err := client.Send(t.Context(), template, Request{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(a.Body)
			if (err != nil) != c.unreadable {
				t.Errorf("got %q, %v", got, err)
			}
			if name == "unknown" && failed(t, err).Class != llm.ClassBadOutput {
				t.Errorf("got %v", err)
			}
			if err := a.Body.Close(); err != nil || client.active.Load() != 0 {
				t.Errorf("closing: %v, %d active", err, client.active.Load())
			}
		})
	}
}

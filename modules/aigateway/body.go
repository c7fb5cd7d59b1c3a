package aigateway

import (
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

const (
	// defaultMaxBody bounds a request unless the configuration says otherwise.
	defaultMaxBody = 32 << 20
	// LeastMaxBody is the least that the configuration may say, and
	LeastMaxBody = 1 << 10
	// MostMaxBody the most.
	MostMaxBody = 1 << 30
	// bodyStall is how long a caller may send nothing in the middle of a body.
	bodyStall = 30 * time.Second
)

// readBody reads the whole request into dst, which keeps the connection's
// watcher for a caller that leaves: net/http starts it only at the end of the
// body. gzip is decoded within the same bound.
func readBody(w http.ResponseWriter, r *http.Request, dst []byte, limit int64, form bool) ([]byte, *llm.Error) {
	check := checkContentType
	if form {
		check = checkFormType
	}
	if err := check(r.Header.Get("Content-Type")); err != nil {
		return dst, err
	}
	encoding := r.Header.Get("Content-Encoding")
	if encoding != "" && encoding != "identity" && encoding != "gzip" {
		return dst, refuse(http.StatusUnsupportedMediaType, "unsupported_encoding", "Content-Encoding "+strconv.Quote(encoding)+" is not supported; send the body plain or as gzip")
	}
	if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		// The request may also have had a Content-Length, which net/http drops
		// without a word. What another reader took for the next request must
		// not be one here, so the connection ends (RFC 9112, 6.1).
		w.Header().Set("Connection", "close")
	}
	if r.ContentLength > limit {
		return dst, tooLarge(w, limit)
	}
	if n := r.ContentLength; n > 0 && int64(cap(dst)) <= n {
		// One byte more, so that the end of the body shows without growing.
		dst = make([]byte, 0, n+1)
	}
	in := io.Reader(r.Body)
	if encoding == "gzip" {
		z, err := gzip.NewReader(&stallReader{w: w, r: r})
		if err != nil {
			return dst, bodyError(err, "the body is not gzip, as its Content-Encoding says")
		}
		defer z.Close()
		in = z
	}
	first := encoding == ""
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := in.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if int64(len(dst)) > limit {
			return dst, tooLarge(w, limit)
		}
		if err == io.EOF {
			if len(dst) == 0 && !form {
				return dst, llm.Invalid("", "invalid_json", "the body is empty; send a JSON object")
			}
			return dst, nil
		}
		if err != nil {
			return dst, bodyError(err, "the body could not be read")
		}
		if first && int64(len(dst)) != r.ContentLength {
			// Most bodies are there at once; only one that trickles in is
			// worth a timer.
			first = false
			in = &stallReader{w: w, r: r}
		}
	}
}

// stallReader gives each read of the body its own deadline.
type stallReader struct {
	w http.ResponseWriter
	r *http.Request
}

func (s *stallReader) Read(p []byte) (int, error) {
	// A server that has no deadlines (HTTP/2 in tests) reads without.
	_ = http.NewResponseController(s.w).SetReadDeadline(time.Now().Add(bodyStall))
	n, err := s.r.Body.Read(p)
	if err != nil {
		_ = http.NewResponseController(s.w).SetReadDeadline(time.Time{})
	}
	return n, err
}

// checkContentType accepts JSON in UTF-8, which is what JSON is (RFC 8259, 8.1).
func checkContentType(v string) *llm.Error {
	if v == "application/json" {
		return nil
	}
	media, params, err := mime.ParseMediaType(v)
	if err == nil && (media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		if c, ok := params["charset"]; !ok || strings.EqualFold(c, "utf-8") || strings.EqualFold(c, "utf8") {
			return nil
		}
	}
	message := "send the body as Content-Type: application/json"
	if v != "" {
		message += ", in UTF-8"
	}
	return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", message)
}

// checkFormType accepts forms that may hold files.
func checkFormType(v string) *llm.Error {
	if kind, _, _ := strings.Cut(v, ";"); strings.EqualFold(strings.TrimSpace(kind), "multipart/form-data") {
		return nil
	}
	return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "send the body as Content-Type: multipart/form-data, with a boundary")
}

func tooLarge(w http.ResponseWriter, limit int64) *llm.Error {
	// The rest of the body is not read, so the connection cannot go on.
	w.Header().Set("Connection", "close")
	return refuse(http.StatusRequestEntityTooLarge, "request_too_large", "the body is larger than the limit of "+strconv.FormatInt(limit, 10)+" bytes")
}

func bodyError(err error, message string) *llm.Error {
	var maxBytes *http.MaxBytesError
	var netErr net.Error
	switch {
	case errors.As(err, &maxBytes):
		return refuse(http.StatusRequestEntityTooLarge, "request_too_large", "the body is larger than the limit of "+strconv.FormatInt(maxBytes.Limit, 10)+" bytes")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return refuse(http.StatusRequestTimeout, "request_timeout", "the body did not arrive in time")
	}
	e := refuse(http.StatusBadRequest, "invalid_body", message)
	e.Err = err
	return e
}

// refuse makes an error that is not about the contents of the JSON.
func refuse(status int, code, message string) *llm.Error {
	return &llm.Error{Status: status, Class: llm.ClassCallerFault, Type: "invalid_request_error", Code: code, Message: message}
}

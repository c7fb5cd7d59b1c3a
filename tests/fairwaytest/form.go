package fairwaytest

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
)

// Form is a form of fields, given as name, value pairs. A name that begins with
// @ is a file's.
func Form(pairs ...string) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		var (
			part io.Writer
			name = pairs[i]
		)
		if file, ok := strings.CutPrefix(name, "@"); ok {
			part, _ = w.CreateFormFile(file, file+".bin") // a buffer takes all
		} else {
			part, _ = w.CreateFormField(name)
		}
		_, _ = io.WriteString(part, pairs[i+1])
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

// ReadForm reads a form's fields, files among them; nil when it is none.
func ReadForm(contentType string, body []byte) url.Values {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return nil
	}
	fields := url.Values{}
	for r := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err != nil {
			return fields
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil
		}
		fields.Add(part.FormName(), string(value))
	}
}

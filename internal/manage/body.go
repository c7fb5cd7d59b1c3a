package manage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

// maxBody is more than any request here needs: OpenAPI documents and prompts are
// the largest.
const maxBody = 2 << 20

// read reads the body into a struct of JSON fields. Fields that the struct has
// not are refused by name: who sends one expects it to do something. So are
// fields that are there twice, which two readers could read differently. An
// empty body is an empty object.
func read(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := readBody(w, r, "application/json")
	if err != nil || len(body) == 0 {
		return err
	}
	return decode(body, into)
}

// readBody reads a body, which is JSON, perhaps of a more special kind.
func readBody(w http.ResponseWriter, r *http.Request, special string) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, api.NewProblem(http.StatusRequestEntityTooLarge, api.CodeTooLarge, fmt.Sprintf("the body is larger than %d bytes", maxBody))
	case err != nil:
		return nil, api.NewProblem(http.StatusBadRequest, api.CodeInvalidJSON, "the body could not be read to its end")
	case len(bytes.TrimSpace(body)) == 0:
		return nil, nil
	}
	// A page of another site can send a form without asking, JSON not.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" && media != special {
		return nil, api.NewProblem(http.StatusUnsupportedMediaType, api.CodeMediaType, "the body must be JSON, and said to be by Content-Type: application/json")
	}
	return body, nil
}

// fieldsOf finds the fields of a struct by their names in JSON, those of embedded
// structs among them.
func fieldsOf(v reflect.Value, into map[string]any) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			fieldsOf(v.Field(i), into)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		into[name] = v.Field(i).Addr().Interface()
	}
}

// clearFields makes a struct as if nothing had been said.
func clearFields(into any) {
	v := reflect.ValueOf(into).Elem()
	v.Set(reflect.Zero(v.Type()))
}

func decode(body []byte, into any) error {
	values, names, err := object(body)
	if err != nil {
		return err
	}
	fields := map[string]any{}
	fieldsOf(reflect.ValueOf(into).Elem(), fields)
	var unknown []string
	for _, name := range names {
		if fields[name] == nil {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return unknownNames("field", unknown)
	}
	for _, name := range names {
		err := json.Unmarshal(values[name], fields[name])
		var invalid *platform.InvalidError
		if errors.As(err, &invalid) {
			return invalid // which names the place itself
		}
		if err != nil {
			return platform.Invalid(name, "must be %s", kindOf(fields[name]))
		}
	}
	return nil
}

// unknownNames refuses fields or parameters that do not exist, all at once.
func unknownNames(what string, names []string) error {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	if len(names) > 1 {
		what += "s"
	}
	p := api.NewProblem(http.StatusBadRequest, api.CodeUnknown, "unknown "+what+": "+strings.Join(quoted, ", "))
	p.Field = names[0]
	return p
}

// object reads one JSON object, and the order of its names.
func object(body []byte) (values map[string]json.RawMessage, names []string, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	bad := func(format string, args ...any) error {
		return api.NewProblem(http.StatusBadRequest, api.CodeInvalidJSON, fmt.Sprintf(format, args...))
	}
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, bad("the body is not a JSON object")
	}
	values = map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err == nil && ok {
			err = d.Decode(&value)
		}
		if err != nil || !ok {
			return nil, nil, bad("the body is not valid JSON near byte %d", d.InputOffset())
		}
		if values[name] != nil {
			return nil, nil, bad("the field %q is there twice", name)
		}
		values[name] = value
		names = append(names, name)
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, bad("the body is not valid JSON near byte %d", d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, bad("something follows the JSON object, from byte %d on", d.InputOffset())
	}
	return values, names, nil
}

// kindOf says what a field takes, to those who know JSON.
func kindOf(field any) string {
	switch field.(type) {
	case *string:
		return "a string"
	case **time.Time:
		return `a time such as "2027-01-01T00:00:00Z", or null`
	case *bool:
		return "true or false"
	case *int:
		return "a whole number"
	case *[]string, *[]platform.Role:
		return "a list of strings"
	}
	return "of another type"
}

package operation

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Base64 appends a vector, given as a JSON array of numbers, as a JSON string:
// 32-bit floats, least byte first, in base64
// (https://platform.openai.com/docs/api-reference/embeddings/create).
func Base64(dst []byte, vector llm.Embedding) ([]byte, error) {
	raw := make([]byte, 0, len(vector)/2)
	c := rawjson.Check(vector)
	for c.Array(); c.NextItem(); {
		v := c.Value()
		n, err := strconv.ParseFloat(string(v), 32)
		if err != nil {
			return dst, fmt.Errorf("reading a number of a vector: %w", err)
		}
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(n)))
	}
	if err := c.Close(); err != nil {
		return dst, err
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, raw)
	return append(dst, '"'), nil
}

// Floats makes a JSON array of numbers of a vector in either form.
func Floats(vector json.RawMessage) (llm.Embedding, error) {
	switch rawjson.KindOf(vector) {
	case rawjson.Array:
		return vector, checkNumbers(vector)
	case rawjson.String:
	default:
		return nil, fmt.Errorf("%w: a vector is neither a list nor base64", errAnswer)
	}
	raw, err := base64.StdEncoding.DecodeString(unquoted(vector))
	if err != nil {
		return nil, fmt.Errorf("reading a vector: %w", err)
	}
	if len(raw)%4 != 0 {
		return nil, fmt.Errorf("%w: a vector of %d bytes", errAnswer, len(raw))
	}
	out := []byte{'['}
	for ; len(raw) > 0; raw = raw[4:] {
		n := float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("%w: a vector with %v", errAnswer, n)
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = strconv.AppendFloat(out, n, 'g', -1, 32)
	}
	return append(out, ']'), nil
}

// checkNumbers holds that a list is one of numbers.
func checkNumbers(vector []byte) error {
	c := rawjson.Check(vector)
	for c.Array(); c.NextItem(); c.Skip() {
		if c.Kind() != rawjson.Number {
			return fmt.Errorf("%w: a vector of something else than numbers", errAnswer)
		}
	}
	return c.Close()
}

// Vectors makes embeddings of vectors in either form.
func Vectors(list []json.RawMessage) ([]llm.Embedding, error) {
	out := make([]llm.Embedding, 0, len(list))
	for _, v := range list {
		e, err := Floats(v)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// AppendVectors appends a list of embeddings, each through a function.
func AppendVectors(dst []byte, list []llm.Embedding, each func(dst []byte, i int, e llm.Embedding) []byte) []byte {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = each(dst, i, e)
	}
	return append(dst, ']')
}

// AppendJSON appends a value's JSON; texts stay as they are.
func AppendJSON(dst []byte, v any) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return dst, fmt.Errorf("writing a request: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

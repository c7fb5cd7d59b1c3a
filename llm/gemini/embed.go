package gemini

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// EmbedContent and BatchEmbedContents are Google's two forms of embeddings, of
// one input and of many (https://ai.google.dev/api/embeddings).
var (
	EmbedContent llm.Dialect = operation.New(operation.Form{
		Label:  "gemini-embed",
		Of:     llm.OpEmbeddings,
		Vendor: Dialect{},
		Names:  embedNames,
		Fields: []operation.Field{
			{Name: "content", Is: operation.Object, Required: true},
			{Name: "taskType", Alias: "task_type"},
			{Name: "title", Is: operation.Text},
			{Name: "outputDimensionality", Alias: "output_dimensionality", Is: operation.Number},
		},
		InPath: true,
		Decode: decodeEmbed,
		Write: func(dst []byte, r *llm.Response, _ llm.View) []byte {
			dst = append(dst, `{"embedding":`...)
			if len(r.Embeddings) == 0 {
				return append(dst, "{}}"...)
			}
			dst = appendValues(dst, 0, r.Embeddings[0])
			return appendEmbedUsage(dst, r)
		},
		Answer: "embedding",
		Usage:  readEmbedUsage,
	})
	BatchEmbedContents llm.Dialect = operation.New(operation.Form{
		Label:  "gemini-embed-batch",
		Of:     llm.OpEmbeddings,
		Vendor: Dialect{},
		Names:  embedNames,
		Fields: []operation.Field{{Name: "requests", Is: operation.List, Required: true}},
		InPath: true,
		Nested: []string{"requests"},
		Decode: decodeBatch,
		Write: func(dst []byte, r *llm.Response, _ llm.View) []byte {
			dst = operation.AppendVectors(append(dst, `{"embeddings":`...), r.Embeddings, appendValues)
			return appendEmbedUsage(dst, r)
		},
		Encode: encodeBatch,
		Read:   readBatch,
		Answer: "embeddings",
		Usage:  readEmbedUsage,
	})
)

var embedNames = map[llm.Field]string{llm.FieldDimensions: "outputDimensionality", llm.FieldPurpose: "taskType", llm.FieldTruncate: "autoTruncate"}

// taskTypes are what embeddings are for, in Google's words.
var taskTypes = map[llm.Purpose]string{
	llm.PurposeQuery:          "RETRIEVAL_QUERY",
	llm.PurposeDocument:       "RETRIEVAL_DOCUMENT",
	llm.PurposeSimilarity:     "SEMANTIC_SIMILARITY",
	llm.PurposeClassification: "CLASSIFICATION",
	llm.PurposeClustering:     "CLUSTERING",
}

// purposeOf reads a task type; one that others do not have is kept.
func purposeOf(task string) llm.Purpose {
	for purpose, name := range taskTypes {
		if name == task {
			return purpose
		}
	}
	if task == "TASK_TYPE_UNSPECIFIED" {
		return ""
	}
	return llm.Purpose(task)
}

// taskOf is the task type for a purpose, which may be one of Google's own.
func taskOf(p llm.Purpose) (task string, ok bool) {
	if task = taskTypes[p]; task != "" || p == "" {
		return task, true
	}
	if word := string(p); strings.ToUpper(word) == word {
		return word, true
	}
	return "", false
}

type wireEmbed struct {
	Content        json.RawMessage `json:"content"`
	TaskType       string          `json:"taskType"`
	TaskTypeSnake  string          `json:"task_type"`
	Title          string          `json:"title"`
	Dimension      json.RawMessage `json:"outputDimensionality"`
	DimensionSnake json.RawMessage `json:"output_dimensionality"`
}

// read reads one request into the neutral one.
func (w *wireEmbed) read(place string) (*llm.EmbedRequest, error) {
	text, err := embedText(place+"content", w.Content)
	if err != nil {
		return nil, err
	}
	if w.TaskType == "" {
		w.TaskType = w.TaskTypeSnake
	}
	if w.Dimension == nil {
		w.Dimension = w.DimensionSnake
	}
	e := &llm.EmbedRequest{Inputs: []string{text}, Purpose: purposeOf(w.TaskType), Title: w.Title}
	e.Dimensions, err = operation.Count(place+"outputDimensionality", w.Dimension)
	return e, err
}

// embedText is the text of a content; its parts make one vector.
func embedText(place string, content json.RawMessage) (string, error) {
	var c struct{ Parts json.RawMessage }
	if rawjson.KindOf(content) != rawjson.Object || json.Unmarshal(content, &c) != nil {
		return "", llm.Invalid(place, "invalid_type", "expected an object with parts")
	}
	if rawjson.KindOf(c.Parts) == rawjson.Object { // a list of one may be written so
		c.Parts = append(append(json.RawMessage{'['}, c.Parts...), ']')
	}
	var parts []map[string]json.RawMessage
	if err := json.Unmarshal(c.Parts, &parts); err != nil || len(parts) == 0 {
		return "", llm.Invalid(place+".parts", "invalid_type", "expected a list of parts that is not empty")
	}
	texts := make([]string, 0, len(parts))
	for i, p := range parts {
		var text string
		if v, ok := p["text"]; !ok || json.Unmarshal(v, &text) != nil {
			return "", operation.Unsupported(place+".parts["+strconv.Itoa(i)+"]", "this model's provider embeds text alone")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n"), nil
}

func decodeEmbed(body []byte) (*llm.Request, error) {
	var w wireEmbed
	if err := operation.Decode(body, &w); err != nil {
		return nil, err
	}
	e, err := w.read("")
	if err != nil {
		return nil, err
	}
	return &llm.Request{Embed: e}, nil
}

func decodeBatch(body []byte) (*llm.Request, error) {
	var w struct {
		Requests []wireEmbed `json:"requests"`
	}
	if err := operation.Decode(body, &w); err != nil {
		return nil, err
	}
	var all *llm.EmbedRequest
	for i := range w.Requests {
		place := "requests[" + strconv.Itoa(i) + "]"
		e, err := w.Requests[i].read(place + ".")
		switch {
		case err != nil:
			return nil, err
		case all == nil:
			all = e
			continue
		case e.Purpose != all.Purpose || e.Title != all.Title || !equal(e.Dimensions, all.Dimensions):
			return nil, operation.Unsupported(place, "for this model, the requests of a batch must agree on taskType, title and outputDimensionality")
		}
		all.Inputs = append(all.Inputs, e.Inputs...)
	}
	if all == nil {
		return nil, llm.Invalid("requests", "invalid_value", "the list is empty")
	}
	return &llm.Request{Embed: all}, nil
}

func equal(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func encodeBatch(r *llm.Request, t llm.Target) (any, []llm.Field, error) {
	type part struct {
		Text string `json:"text"`
	}
	type content struct {
		Parts []part `json:"parts"`
	}
	type request struct {
		Model     string  `json:"model"`
		Content   content `json:"content"`
		TaskType  string  `json:"taskType,omitempty"`
		Title     string  `json:"title,omitempty"`
		Dimension *int64  `json:"outputDimensionality,omitempty"`
	}
	var w struct {
		Requests []request `json:"requests"`
	}
	var dropped []llm.Field
	e := r.Embed
	task, ok := taskOf(e.Purpose)
	if !ok {
		dropped = append(dropped, llm.FieldPurpose)
	}
	if e.Truncate != nil {
		dropped = append(dropped, llm.FieldTruncate)
	}
	if r.User != "" {
		dropped = append(dropped, llm.FieldUser)
	}
	model := "models/" + strings.TrimPrefix(t.Model, "models/")
	for _, text := range e.Inputs {
		w.Requests = append(w.Requests, request{model, content{[]part{{text}}}, task, e.Title, e.Dimensions})
	}
	return w, dropped, nil
}

var errNoValues = errors.New("an embedding without values")

func readBatch(body []byte) (*llm.Response, error) {
	var w struct {
		Embeddings []struct {
			Values json.RawMessage `json:"values"`
		} `json:"embeddings"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	list := make([]json.RawMessage, 0, len(w.Embeddings))
	for _, e := range w.Embeddings {
		if e.Values == nil {
			return nil, errNoValues
		}
		list = append(list, e.Values)
	}
	vectors, err := operation.Vectors(list)
	if err != nil {
		return nil, err
	}
	return &llm.Response{Embeddings: vectors}, nil
}

func appendValues(dst []byte, _ int, e llm.Embedding) []byte {
	return append(append(append(dst, `{"values":`...), e...), '}')
}

// readEmbedUsage reads what newer models tell; the others tell nothing.
func readEmbedUsage(field string, value []byte, u *llm.Usage) bool {
	if field != "usageMetadata" || rawjson.KindOf(value) != rawjson.Object {
		return false
	}
	type detail struct {
		Modality string `json:"modality"`
		Tokens   int64  `json:"tokenCount"`
	}
	var w struct {
		Prompt  *int64   `json:"promptTokenCount"`
		Details []detail `json:"promptTokenDetails"`
	}
	if json.Unmarshal(value, &w) != nil || w.Prompt == nil {
		return false
	}
	u.Input = *w.Prompt
	for _, d := range w.Details {
		n := max(0, min(d.Tokens, u.Input))
		switch d.Modality {
		case "IMAGE":
			u.ImageInput, u.Input = u.ImageInput+n, u.Input-n
		case "AUDIO":
			u.AudioInput, u.Input = u.AudioInput+n, u.Input-n
		}
	}
	return true
}

// appendEmbedUsage ends an answer.
func appendEmbedUsage(dst []byte, r *llm.Response) []byte {
	if r.Usage != nil {
		dst = strconv.AppendInt(append(dst, `,"usageMetadata":{"promptTokenCount":`...), r.Usage.InputTotal(), 10)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

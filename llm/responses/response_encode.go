package responses

import (
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// AppendResponse appends a whole answer: the first alternative, for there is one
// only in this dialect.
func (Dialect) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	o := newEnvelope(r.ID, r.Created, &v)
	o.usage, o.tier = r.Usage, r.ServiceTier
	finish := llm.FinishStop
	if len(r.Choices) > 0 {
		c := &r.Choices[0]
		if c.Finish != "" {
			finish = c.Finish
		}
		o.items = appendItems(nil, o.id, c)
	}
	o.end(finish)
	return o.append(dst), nil
}

// envelope is an answer as a whole, as it stands in several events of a stream.
type envelope struct {
	id, model          string
	created, completed int64
	status, reason     string
	failure            *llm.Error
	// items are what stands in the list of items.
	items []byte
	usage *llm.Usage
	tier  string
	// stored and previous are those of the view.
	stored   bool
	previous string
}

func newEnvelope(id string, created time.Time, v *llm.View) envelope {
	o := envelope{id: id, model: v.Model, status: statusInProgress, stored: v.Stored, previous: v.Previous}
	if id == "" {
		o.id = "resp_" + v.ID
	}
	if created.IsZero() {
		created = v.Created
	}
	if !created.IsZero() {
		o.created = created.Unix()
	}
	return o
}

// end sets how the answer ended.
func (o *envelope) end(f llm.Finish) {
	o.status, o.reason = stateOf(f)
	switch o.status {
	case statusCompleted:
		o.completed = o.created
	case statusFailed:
		o.failure = &llm.Error{Message: "the provider gave up in the middle of the answer"}
	}
}

// append appends the object. All that OpenAI's own types require is there; what
// the request said and is not known any more has its default.
func (o *envelope) append(dst []byte) []byte {
	dst = appendString(append(dst, `{"id":`...), o.id)
	dst = strconv.AppendInt(append(dst, `,"object":"response","created_at":`...), o.created, 10)
	dst = appendString(append(dst, `,"status":`...), o.status)
	dst = append(dst, `,"background":false,"completed_at":`...)
	if o.completed > 0 {
		dst = strconv.AppendInt(dst, o.completed, 10)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"error":`...)
	if o.failure != nil {
		dst = appendFailure(dst, o.failure)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"incomplete_details":`...)
	if o.reason != "" {
		dst = append(appendString(append(dst, `{"reason":`...), o.reason), '}')
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"model":`...)
	dst = appendString(dst, o.model)
	dst = append(append(dst, `,"output":[`...), o.items...)
	dst = append(dst, `],"parallel_tool_calls":true,"previous_response_id":`...)
	dst = appendStringOrNull(dst, o.previous)
	dst = append(dst, `,"reasoning":{"effort":null,"summary":null},"service_tier":`...)
	dst = appendStringOrNull(dst, o.tier)
	dst = strconv.AppendBool(append(dst, `,"store":`...), o.stored)
	dst = append(dst, `,"temperature":null,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled","usage":`...)
	usage := o.usage
	if usage == nil && (o.status == statusCompleted || o.status == statusIncomplete) {
		usage = &llm.Usage{} // some libraries take no such answer without figures
	}
	dst = appendUsage(dst, usage)
	return append(dst, `,"user":null,"metadata":{}}`...)
}

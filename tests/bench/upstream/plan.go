package upstream

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// Plan is how a request wants to be answered. It travels inside the prompt,
// because a proxy may drop a header it does not know but never the prompt.
type Plan struct {
	Wait   time.Duration // before the first byte
	Chunks int           // of content, in a stream
	Every  time.Duration // before each chunk
}

// MaxChunks is how many chunks a stream can have.
const MaxChunks = 1000

const (
	planBegin = "[[answer "
	planEnd   = "]]"
)

// String is the plan as it stands in a prompt.
func (p Plan) String() string {
	return fmt.Sprintf("%s%d %d %d%s", planBegin, p.Wait.Milliseconds(), p.Chunks, p.Every.Milliseconds(), planEnd)
}

// parsePlan finds the plan in a request's body; without one the answer comes
// at once and whole.
func parsePlan(body []byte) Plan {
	_, rest, ok := bytes.Cut(body, []byte(planBegin))
	if !ok {
		return Plan{}
	}
	inner, _, ok := bytes.Cut(rest[:min(len(rest), 40)], []byte(planEnd))
	fields := bytes.Fields(inner)
	if !ok || len(fields) != 3 {
		return Plan{}
	}
	var n [3]int
	for i, f := range fields {
		v, err := strconv.ParseUint(string(f), 10, 20)
		if err != nil {
			return Plan{}
		}
		n[i] = int(v)
	}
	return Plan{
		Wait:   time.Duration(n[0]) * time.Millisecond,
		Chunks: min(n[1], MaxChunks),
		Every:  time.Duration(n[2]) * time.Millisecond,
	}
}

package openai

import (
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// TestForeignProofsAreTakenAway holds that what proves another vendor's thoughts
// does not pass, wherever it stands, and that all else does.
func TestForeignProofsAreTakenAway(t *testing.T) {
	t.Parallel()
	body := func(message string) string {
		return `{"model":"m","messages":[{"role":"user","content":"x"},` + message + `]}`
	}
	const blocks = `"thinking_blocks":[{"type":"thinking","thinking":"t","signature":"anthropic:s"}]`
	const sealed = `"thinking_blocks":[{"type":"redacted_thinking","data":"anthropic:d"}]`
	const extra = `"extra_content":{"google":{"thought_signature":"google:s"}}`
	for name, c := range map[string]struct{ in, want string }{
		"in the middle": {`{"role":"assistant", ` + blocks + ` ,"content":"x"}`, `{"role":"assistant" ,"content":"x"}`},
		"at the end":    {`{"role":"assistant","content":"x",` + sealed + `}`, `{"role":"assistant","content":"x"}`},
		"at the front":  {`{ ` + blocks + ` , "role":"assistant","content":"x"}`, `{ "role":"assistant","content":"x"}`},
		"two":           {`{"role":"assistant",` + blocks + `,` + extra + `,"content":"x"}`, `{"role":"assistant","content":"x"}`},
		"two in front":  {`{` + blocks + `,` + extra + `,"role":"assistant","content":"x"}`, `{"role":"assistant","content":"x"}`},
		"on a call": {
			`{"role":"assistant","tool_calls":[{"id":"a",` + extra + `,"type":"function"},{` + extra + `,"id":"b"},{"id":"c",` + extra + `}]}`,
			`{"role":"assistant","tool_calls":[{"id":"a","type":"function"},{"id":"b"},{"id":"c"}]}`,
		},
		"nothing else in a call": {`{"role":"assistant","tool_calls":[{` + extra + `}]}`, `{"role":"assistant","tool_calls":[{}]}`},
		"the server's own": {
			`{"role":"assistant","content":"x","thinking_blocks":[{"type":"thinking","thinking":"anthropic:t","signature":"s"}],"extra_content":{"google":{"thought_signature":"s"},"anthropic:x":1}}`, "",
		},
		"odd shapes": {`{"role":"assistant","content":"x","thinking_blocks":7,"extra_content":[],"tool_calls":[1,"x",{}]}`, ""},
	} {
		if c.want == "" {
			c.want = c.in
		}
		var in llm.Inspection
		if err := (Dialect{}).Inspect([]byte(body(c.in)), &in); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string((Dialect{}).EditRequest(nil, []byte(body(c.in)), &in, llm.RequestEdit{})); got != body(c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, body(c.want))
		}
		// The next request that uses the same memory has nothing to take away.
		in.Reset()
		plain := body(`{"role":"assistant","content":"a text that is long enough to be cut by what was noted before ......................................................"}`)
		if err := (Dialect{}).Inspect([]byte(plain), &in); err != nil {
			t.Fatal(err)
		}
		if got := string((Dialect{}).EditRequest(nil, []byte(plain), &in, llm.RequestEdit{})); got != plain {
			t.Errorf("%s: the request behind it is spoiled: %s", name, got)
		}
	}
}

package aigateway

import (
	"strings"
	"testing"
)

// TestMediaHaveNoBytesInEstimates holds that a picture is not taken for a long
// text.
func TestMediaHaveNoBytesInEstimates(t *testing.T) {
	t.Parallel()
	picture, prose := strings.Repeat("iVBORw0KGgo", 5000), strings.Repeat(`a \"word\" and `, 500)
	for body, want := range map[string]int{
		"": 0, `{"a":"b"}`: 9, `{"a":"b`: 7, `{"a":"b\`: 8,
		`{"text":"` + prose + `"}`:   11 + len(prose),
		`{"data":"` + picture + `"}`: 11,
		`{"url":"data:image/png;base64,` + picture + `","b":"` + prose + `"}`:             17 + len(prose),
		`{"url":"data:image\/png;base64,` + strings.ReplaceAll(picture, "0", `\/`) + `"}`: 10,
	} {
		if got := promptBytes([]byte(body)); got != int64(want) {
			t.Errorf("%.60s: got %d, want %d", body, got, want)
		}
	}
}

// TestDroppedNamesFitIntoAHeader holds that names of fields, which callers make
// up, neither break a header nor fill it.
func TestDroppedNamesFitIntoAHeader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", maxDropped)
	if got := droppedHeader([]string{"top_k", "a\r\nSet-Cookie: b", "seed", long, "logprobs"}); got != "top_k,seed,logprobs" {
		t.Errorf("got %.100s", got)
	}
	if got := droppedHeader(append(make([]string, 0), strings.Split(strings.Repeat("name ", 50000), " ")...)); len(got) > 2*maxDropped {
		t.Errorf("%d bytes", len(got))
	}
}

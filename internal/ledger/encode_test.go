package ledger

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func sampleRecord() *Record {
	cost := Nano(4_512_500)
	return &Record{
		ID: "call_01K0Z8W5T7Q4N3M2", Time: time.Date(2026, 3, 4, 5, 6, 7, 890123456, time.UTC),
		Tenant: "ten_8fj2k", Application: "app_93kdl2", Key: "key_1s9dk3", Front: "openai", Operation: "chat",
		Model: "fast", Stream: true, Status: 200, Finish: "stop", NativeFinish: "end_turn", Dropped: []string{"logit_bias"},
		Usage: llm.Usage{Input: 812, CacheRead: 2048, Output: 311, Reasoning: 128}, Cost: &cost,
		Duration: 2_345_678_901, FirstContent: 456_789_012,
		Attempts: []Attempt{
			{
				Target: "openai/gpt-5-mini", Status: 503, Class: "overloaded", Reason: "upstream said 503", RequestID: "req_a8d7f6",
				Start: 123_456, Duration: 345_678_901, Cost: new(Nano),
			},
			{
				Target: "anthropic/claude-haiku-4-5", Model: "claude-haiku-4-5-20251001", Credential: 1, Status: 200,
				RequestID: "req_011CSHoEeqs5C35K2UUqR7Fy", Start: 400_000_000, Duration: 1_900_000_000, FirstContent: 56_000_000,
				Usage: llm.Usage{Input: 812, CacheRead: 2048, Output: 311, Reasoning: 128}, Cost: &cost, Price: "models.dev/2026-07-02",
			},
		},
	}
}

// randomRecord fills every field that there is, so that a field which the
// encoder or decoder forgets shows as a difference.
func randomRecord(rnd *rand.Rand) *Record {
	v, ok := quick.Value(reflect.TypeFor[fill](), rnd)
	if !ok {
		panic("the record has a field that cannot be filled")
	}
	f := v.Interface().(fill)
	r := &Record{}
	from, to := reflect.ValueOf(f), reflect.ValueOf(r).Elem()
	for i := range from.NumField() {
		to.FieldByName(from.Type().Field(i).Name).Set(from.Field(i))
	}
	r.Time = time.Unix(rnd.Int63n(1<<37), rnd.Int63n(1e9)).UTC()
	return r
}

// fill has all fields of Record but Time, whose fields are hidden, and JSON.
type fill struct {
	ID, Tenant, Application, Key           string
	API, Subscription                      string
	Front, Operation, Model, User, Session string
	Stream                                 bool
	Status                                 int
	Class, Reason, Finish, NativeFinish    string
	Dropped                                []string
	Usage                                  llm.Usage
	Cost                                   *Nano
	Duration, FirstContent                 time.Duration
	Attempts                               []Attempt
}

func TestRandomRecordsFillEveryField(t *testing.T) {
	t.Parallel()
	if got, want := reflect.TypeFor[fill]().NumField()+2, reflect.TypeFor[Record]().NumField(); got != want {
		t.Errorf("%d of %d fields are filled: add the new ones to the test, the encoder and the decoder", got, want)
	}
}

// stdlib is how encoding/json writes a record without escaping for HTML.
func stdlib(t testing.TB, r *Record) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func checkEncoding(t *testing.T, r *Record) {
	t.Helper()
	got, want := AppendJSON(nil, r), stdlib(t, r)
	if !bytes.Equal(got, want) {
		t.Fatalf("encoded differently:\n%s\n%s", got, want)
	}
	var ours, theirs Record
	if err := DecodeJSON(got, &ours); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want, &theirs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Fatalf("read back differently (-encoding/json +ours):\n%s", diff)
	}
}

func TestEncodingIsThatOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	checkEncoding(t, &Record{})
	checkEncoding(t, sampleRecord())
	rnd := rand.New(rand.NewSource(1))
	for range 500 {
		checkEncoding(t, randomRecord(rnd))
	}
	for _, s := range []string{
		"", "plain", `quo"te`, `back\slash`, "\b\f\n\r\t\x00\x1f\x7f", "<html>&", "é漢😀", "\u2028\u2029", "\xff\xfe broken \xe6\x97",
		strings.Repeat("long ", 5000),
	} {
		checkEncoding(t, &Record{ID: s, Dropped: []string{s, s}, Attempts: []Attempt{{Target: s}}})
	}
}

func TestTimeIsWrittenInUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	text := AppendJSON(nil, &Record{Time: at})
	if !strings.Contains(string(text), `"time":"2026-01-02T02:04:05.000000006Z"`) {
		t.Errorf("written as %s", text)
	}
}

// TestSkim reads what records are searched by, from a text of any version.
func TestSkim(t *testing.T) {
	t.Parallel()
	sample := sampleRecord()
	sample.Class, sample.User = "rate_limit", "a \"quote\""
	for _, text := range []string{
		string(AppendJSON(nil, sampleRecord())), string(AppendJSON(nil, sample)), `{}`,
		`{"model":"fast","usage":{"input":1},"status":429}`, `{ "new": [1], "status": 200, "usage": {}, "key": "key_1" }`,
	} {
		var got, want Record
		if err := skimJSON([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if err := DecodeJSON([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		type fields struct {
			id, tenant, application, key, model string
			time                                time.Time
			status                              int
		}
		of := func(r *Record) fields {
			return fields{r.ID, r.Tenant, r.Application, r.Key, r.Model, r.Time, r.Status}
		}
		if of(&got) != of(&want) || got.JSON != text {
			t.Errorf("%s: got %+v", text, got)
		}
	}
	var r Record
	if skimJSON([]byte(`{"id":5,"usage":{}}`), &r) == nil {
		t.Error("what is no record is read")
	}
}

func TestSampleIsReadOnTheFastPath(t *testing.T) {
	t.Parallel()
	var r Record
	d := decoder{s: string(AppendJSON(nil, sampleRecord()))}
	if !d.record(&r, false) {
		t.Errorf("stopped at byte %d of %s", d.i, d.s)
	}
	if diff := cmp.Diff(sampleRecord(), &r); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefusesWhatIsNoRecord(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "[]", `{"id":1}`, `{"cost":"1e3"}`, `{"time":"yesterday"}`, `{"id":"a"}x`} {
		if err := DecodeJSON([]byte(text), &Record{}); err == nil {
			t.Errorf("%s is read", text)
		}
	}
}

// Whatever the fast path takes must mean the same to encoding/json.
func FuzzDecodeJSON(f *testing.F) {
	f.Add(AppendJSON(nil, sampleRecord()))
	f.Add([]byte(`{"id":"a","usage":{"input":1},"usage":{"output":-2},"dropped":["x"],"cost":"0.5"}`))
	f.Add([]byte(`{"attempts":[{"target":"a","usage":{},"cost":"0","start":0}],"attempts":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var ours, theirs Record
		err, want := DecodeJSON(text, &ours), json.Unmarshal(text, &theirs)
		if (err == nil) != (want == nil) {
			t.Fatalf("%q: error %v, encoding/json's %v", text, err, want)
		}
		if err == nil {
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Fatalf("%q: read differently (-encoding/json +ours):\n%s", text, diff)
			}
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	r := sampleRecord()
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendJSON(buf[:0], r)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkDecodeJSON(b *testing.B) {
	text := AppendJSON(nil, sampleRecord())
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := DecodeJSON(text, &Record{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(text, &Record{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

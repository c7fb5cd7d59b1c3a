package llm

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// testNow is a fixed time, Fri 02 Jan 2026 03:04:05 UTC.
var testNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// headers makes a header of name, value pairs.
func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestParseError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		header http.Header
		body   string
		want   Error
	}{
		{
			"openai", 404, headers("x-request-id", "req_a74d"),
			`{"error":{"message":"The model does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}`,
			Error{Status: 404, Type: "invalid_request_error", Code: "model_not_found", Message: "The model does not exist", Param: "model", RequestID: "req_a74d"},
		},
		{
			"openai with nulls", 400, nil, `{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}`,
			Error{Status: 400, Type: "invalid_request_error", Message: "no"},
		},
		{
			"openai responses with a sibling status", 401, nil,
			`{"error":{"message":"wrong key","type":"invalid_request_error","param":null,"code":"invalid_api_key"},"status":401}`,
			Error{Status: 401, Type: "invalid_request_error", Code: "invalid_api_key", Message: "wrong key"},
		},
		{
			"openai responses stream", 200, nil,
			`{"type":"error","sequence_number":2,"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"out of money","param":null}}`,
			Error{Status: 200, Type: "insufficient_quota", Code: "insufficient_quota", Message: "out of money"},
		},
		{
			"openai responses flat event", 200, nil, `{"type":"error","code":"server_error","message":"sorry","param":null,"sequence_number":3}`,
			Error{Status: 200, Code: "server_error", Message: "sorry"},
		},
		{
			"openai response.failed", 200, nil,
			`{"type":"response.failed","response":{"id":"resp_1","error":{"code":"server_error","message":"it broke"},"usage":null}}`,
			Error{Status: 200, Code: "server_error", Message: "it broke"},
		},
		{
			"azure openai code repeats the status", 401, headers("apim-request-id", "229984e1"), `{"error":{"code":"401","message":"Access denied"}}`,
			Error{Status: 401, Message: "Access denied", RequestID: "229984e1"},
		},
		{
			"azure content filter", 400, nil,
			`{"error":{"message":"filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}`,
			Error{Status: 400, Code: "content_filter", Message: "filtered", Param: "prompt"},
		},
		{
			"azure inner code alone", 400, nil, `{"error":{"message":"filtered","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`,
			Error{Status: 400, Code: "ResponsibleAIPolicyViolation", Message: "filtered"},
		},
		{
			"azure ai: retry-after-ms of nothing", 429, headers("retry-after", "1", "retry-after-ms", "0"),
			`{"error":{"code":"RateLimitReached","message":"slow down","details":"slow down, please"}}`,
			Error{Status: 429, Code: "RateLimitReached", Message: "slow down", RetryAfter: time.Second},
		},
		{
			"azure api management", 429, nil, `{"statusCode":429,"message":"Rate limit is exceeded. Try again in 58 seconds."}`,
			Error{Status: 429, Message: "Rate limit is exceeded. Try again in 58 seconds.", RetryAfter: 58 * time.Second},
		},
		{
			"anthropic", 529, nil, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_011"}`,
			Error{Status: 529, Type: "overloaded_error", Message: "Overloaded", RequestID: "req_011"},
		},
		{
			"anthropic without an id", 404, nil, `{"type":"error","error":{"type":"not_found_error","message":"model: x"},"request_id":null}`,
			Error{Status: 404, Type: "not_found_error", Message: "model: x"},
		},
		{
			"gemini key", 400, nil,
			`{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}`,
			Error{Status: 400, Type: "INVALID_ARGUMENT", Code: "API_KEY_INVALID", Message: "API key not valid."},
		},
		{
			"gemini rate limit", 429, nil,
			`{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"x"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}`,
			Error{Status: 429, Type: "RESOURCE_EXHAUSTED", Message: "slow", RetryAfter: 34400 * time.Millisecond},
		},
		{
			"gemini wait in the text", 429, nil,
			`{"error":{"code":429,"message":"Quota exceeded. Please retry in 48.939935699s.","status":"RESOURCE_EXHAUSTED","details":[]}}`,
			Error{Status: 429, Type: "RESOURCE_EXHAUSTED", Message: "Quota exceeded. Please retry in 48.939935699s.", RetryAfter: 48939935699},
		},
		{
			"gemini in an array", 503, nil, `[{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}]`,
			Error{Status: 503, Type: "UNAVAILABLE", Message: "The model is overloaded."},
		},
		{
			"gemini field", 400, nil,
			`{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT","details":[{"fieldViolations":[{"field":"contents[0].parts","description":"empty"}]}]}}`,
			Error{Status: 400, Type: "INVALID_ARGUMENT", Message: "bad", Param: "contents[0].parts"},
		},
		{
			"gemini error as text in a message", 400, nil,
			`{"error":{"message":"{\"error\":{\"code\":400,\"message\":\"inner\",\"status\":\"INVALID_ARGUMENT\"}}","code":400}}`,
			Error{Status: 400, Type: "INVALID_ARGUMENT", Message: "inner"},
		},
		{
			"bedrock", 400, headers("x-amzn-errortype", "ValidationException:http://internal.amazon.com/coral/", "x-amzn-requestid", "e1e14f20"),
			`{"message":"The provided model identifier is invalid."}`,
			Error{Status: 400, Type: "ValidationException", Message: "The provided model identifier is invalid.", RequestID: "e1e14f20"},
		},
		{
			"bedrock with a capital", 429, nil, `{"__type":"com.amazon.coral.service#ThrottlingException","Message":"Too many requests"}`,
			Error{Status: 429, Type: "ThrottlingException", Message: "Too many requests"},
		},
		{
			"cohere", 400, nil, `{"id":"c167e04b","error_type":"TOO_MANY_TOKENS","message":"too many tokens"}`,
			Error{Status: 400, Type: "TOO_MANY_TOKENS", Message: "too many tokens", RequestID: "c167e04b"},
		},
		{
			"cohere v1", 498, nil, `{"message":"invalid api token"}`, Error{Status: 498, Message: "invalid api token"},
		},
		{
			"mistral", 400, headers("mistral-correlation-id", "01a0"),
			`{"object":"error","message":"Invalid model","type":"invalid_model","param":null,"code":"1500","raw_status_code":400}`,
			Error{Status: 400, Type: "invalid_model", Code: "1500", Message: "Invalid model", RequestID: "01a0"},
		},
		{
			"mistral key", 401, nil, `{"detail":"Invalid API Key"}`, Error{Status: 401, Message: "Invalid API Key"},
		},
		{
			"mistral places in the message", 422, nil,
			`{"object":"error","message":{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required"}]},"type":"invalid_request_error"}`,
			Error{Status: 422, Type: "invalid_request_error", Message: "messages: Field required", Param: "messages"},
		},
		{
			"fastapi places", 422, nil,
			`{"detail":[{"type":"missing","loc":["body","messages",0,"role"],"msg":"Field required"},{"loc":["body","n"],"msg":"Not a number"}]}`,
			Error{Status: 422, Message: "messages[0].role: Field required; n: Not a number", Param: "messages[0].role"},
		},
		{
			"fastapi object", 403, nil, `{"detail":{"error":"no","code":"forbidden"}}`, Error{Status: 403, Code: "forbidden", Message: "no"},
		},
		{
			"ollama", 404, nil, `{"error":"model 'x' not found"}`, Error{Status: 404, Message: "model 'x' not found"},
		},
		{
			"xai", 400, nil, `{"code":"invalid-argument","error":"Incorrect API key provided."}`,
			Error{Status: 400, Code: "invalid-argument", Message: "Incorrect API key provided."},
		},
		{
			"openrouter", 429, nil,
			`{"error":{"message":"Rate limit exceeded","code":429,"metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1767323055000"},"provider_name":null}},"user_id":"u"}`,
			Error{Status: 429, Message: "Rate limit exceeded", RetryAfter: 10 * time.Second},
		},
		{
			"openrouter passes on", 502, nil,
			`{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"{\"error\":{\"message\":\"busy\",\"type\":\"overloaded_error\"}}","provider_name":"X"}}}`,
			Error{Status: 502, Type: "overloaded_error", Message: "Provider returned error: busy"},
		},
		{
			"openrouter in a stream", 200, nil, `{"error":{"code":429,"message":"later"},"choices":[]}`,
			Error{Status: 429, Message: "later"},
		},
		{
			"a rate limit inside a server error", 500, nil, `{"error":{"message":"later","code":429}}`,
			Error{Status: 500, Code: "429", Message: "later"},
		},
		{
			"groq in a stream", 200, nil, `{"error":{"message":"no tool","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"x","status_code":400}}`,
			Error{Status: 400, Type: "invalid_request_error", Code: "tool_use_failed", Message: "no tool"},
		},
		{
			"llama.cpp", 400, nil,
			`{"error":{"code":400,"message":"request exceeds the available context size","type":"exceed_context_size_error","n_ctx":512}}`,
			Error{Status: 400, Type: "exceed_context_size_error", Message: "request exceeds the available context size"},
		},
		{
			"perplexity", 401, nil, `{"error":{"message":"no","type":"invalid_api_key","code":401}}`,
			Error{Status: 401, Type: "invalid_api_key", Message: "no"},
		},
		{
			"doubleword", 400, nil, `{"code":400,"message":"no","type":"Bad Request"}`, Error{Status: 400, Type: "Bad Request", Message: "no"},
		},
		{
			"databricks", 400, nil, `{"error_code":"BAD_REQUEST","message":"no"}`, Error{Status: 400, Code: "BAD_REQUEST", Message: "no"},
		},
		{
			"cloudflare json", 400, nil, `{"success":false,"errors":[{"code":7009,"message":"no account"}],"result":null}`,
			Error{Status: 400, Code: "7009", Message: "no account"},
		},
		{
			"problem", 403, nil, `{"type":"https://example.com/problems/x","title":"Forbidden here","status":403}`,
			Error{Status: 403, Message: "Forbidden here"},
		},
		{
			"hugging face", 422, nil, `{"error":"bad input","error_type":"validation"}`, Error{Status: 422, Type: "validation", Message: "bad input"},
		},
		{
			"list of texts", 400, nil, `{"error":["first","second"]}`, Error{Status: 400, Message: "first"},
		},
		{
			"error as an event", 500, nil, "event: error\ndata: {\"error\":{\"message\":\"loading\",\"type\":\"unavailable_error\"}}\n\n",
			Error{Status: 500, Type: "unavailable_error", Message: "loading"},
		},
		{
			"byte order mark", 400, nil, "\ufeff" + `{"error":"no"}`, Error{Status: 400, Message: "no"},
		},
		{
			"plain text", 502, nil, "upstream connect error\nor disconnect/reset before headers",
			Error{Status: 502, Message: "upstream connect error or disconnect/reset before headers"},
		},
		{
			"text as json", 400, nil, `"no"`, Error{Status: 400, Message: "no"},
		},
		{
			"cloudflare page", 522, headers("cf-ray", "8f1-FRA", "content-type", "text/html"),
			"<!DOCTYPE html><html><title>api.example.com | 522: Connection timed out</title></html>",
			Error{Status: 522, Message: "the provider answered with status 522 and a web page", Reason: "malformed", RequestID: "8f1-FRA"},
		},
		{
			"nginx page", 502, nil, "<html>\r\n<head><title>502 Bad Gateway</title></head></html>",
			Error{Status: 502, Message: "the provider answered 502 Bad Gateway with a web page", Reason: "malformed"},
		},
		{
			"page inside a message", 502, nil, `{"error":{"message":"bad gateway: <html><body>10.0.0.1</body></html>","code":502}}`,
			Error{Status: 502, Message: "bad gateway:"},
		},
		{"empty", 500, nil, "", Error{Status: 500, Message: "the provider answered 500 Internal Server Error with no message"}},
		{"empty object", 500, nil, "{}", Error{Status: 500, Message: "the provider answered 500 Internal Server Error with a body without a message"}},
		{
			"error of nothing", 200, nil, `{"error":{}}`, Error{Status: 200, Message: "the provider reported an error with a body without a message"},
		},
		{
			"half a body", 500, nil, `{"error":{"message":"it br`,
			Error{Status: 500, Message: "the provider answered 500 Internal Server Error with a body without a message", Reason: "malformed"},
		},
		{"number", 500, nil, "17", Error{Status: 500, Message: "the provider answered 500 Internal Server Error with a body that cannot be read"}},
		{
			"wrong types everywhere", 400, nil, `{"error":{"message":7,"type":7,"code":{},"param":[1],"status":true,"details":{},"metadata":3,"innererror":5}}`,
			Error{Status: 400, Message: "the provider answered 400 Bad Request with a body without a message"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := parseError(tt.status, tt.header, []byte(tt.body), testNow)
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header http.Header
		want   time.Duration
	}{
		{"none", nil, 0},
		{"seconds", headers("Retry-After", "2"), 2 * time.Second},
		{"fraction", headers("Retry-After", "0.5"), 500 * time.Millisecond},
		{"an hour", headers("Retry-After", "3600"), time.Hour},
		{"more than an hour", headers("Retry-After", "86400"), time.Hour},
		{"overflow", headers("Retry-After", "99999999999999999999999"), time.Hour},
		{"infinite", headers("Retry-After", "Inf"), 0},
		{"not a number", headers("Retry-After", "NaN"), 0},
		{"negative", headers("Retry-After", "-5"), 0},
		{"garbage", headers("Retry-After", "abc"), 0},
		{"date", headers("Retry-After", "Fri, 02 Jan 2026 03:04:12 GMT"), 7 * time.Second},
		{"date that passed", headers("Retry-After", "Fri, 02 Jan 2026 03:04:01 GMT"), 0},
		{"date far away", headers("Retry-After", "Fri, 02 Jan 2099 03:04:01 GMT"), time.Hour},
		{"date by the provider's clock", headers("Retry-After", "Fri, 02 Jan 2026 05:00:09 GMT", "Date", "Fri, 02 Jan 2026 05:00:00 GMT"), 9 * time.Second},
		{"milliseconds first", headers("Retry-After", "2", "retry-after-ms", "1500"), 1500 * time.Millisecond},
		{"milliseconds overflow", headers("retry-after-ms", "1e300"), time.Hour},
		{"garbage milliseconds", headers("Retry-After", "2", "retry-after-ms", "soon"), 2 * time.Second},
		{"reset, some remain", headers("x-ratelimit-reset-requests", "6m0s", "x-ratelimit-remaining-requests", "3"), 0},
		{"reset, unknown what remains", headers("x-ratelimit-reset-requests", "6m0s"), 0},
		{"reset, none remain", headers("x-ratelimit-reset-requests", "6m0s", "x-ratelimit-remaining-requests", "0"), 6 * time.Minute},
		{"reset in milliseconds", headers("x-ratelimit-reset-tokens", "12ms", "x-ratelimit-remaining-tokens", "0"), 12 * time.Millisecond},
		{
			"the longest reset of what is used up",
			headers("x-ratelimit-reset-tokens", "9s", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-requests", "4s",
				"x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-images", "50s", "x-ratelimit-remaining-images", "1"),
			9 * time.Second,
		},
		{
			"anthropic's reset",
			headers("anthropic-ratelimit-input-tokens-remaining", "0", "anthropic-ratelimit-input-tokens-reset", "2026-01-02T03:04:25Z"),
			20 * time.Second,
		},
		{"reset in seconds", headers("x-ratelimit-reset", "8", "x-ratelimit-remaining", "0"), 8 * time.Second},
		{"reset at a unix time", headers("x-ratelimit-reset", "1767323050", "x-ratelimit-remaining", "0"), 5 * time.Second},
		{"reset at a unix time in milliseconds", headers("x-ratelimit-reset", "1767323048000", "x-ratelimit-remaining", "0"), 3 * time.Second},
		{"reset at a time beyond all", headers("x-ratelimit-reset", "1e18", "x-ratelimit-remaining", "0"), time.Hour},
		{"reset of garbage", headers("x-ratelimit-reset", "tomorrow", "x-ratelimit-remaining", "0"), 0},
		{"reset that overflows", headers("x-ratelimit-reset", "9999999h", "x-ratelimit-remaining", "0"), 0},
		{"wait before reset", headers("Retry-After", "2", "x-ratelimit-reset", "8", "x-ratelimit-remaining", "0"), 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := parseError(429, tt.header, []byte(`{"error":"x"}`), testNow).RetryAfter; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRetryAfterInText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		message string
		status  int
		want    time.Duration
	}{
		{"Please try again in 6m0s. Visit the page.", 429, 6 * time.Minute},
		{"Please try again in 20s.", 429, 20 * time.Second},
		{"Please try again in 1.242s", 429, 1242 * time.Millisecond},
		{"Please try again in 250ms", 429, 250 * time.Millisecond},
		{"Please retry after 10 seconds.", 429, 10 * time.Second},
		{"Retry after 2 minutes", 503, 2 * time.Minute},
		{"wait for 300 milliseconds", 529, 300 * time.Millisecond},
		{"Please retry in 999999999999999999999s", 429, time.Hour},
		{"Please retry in 5s", 400, 0},
		{"Please retry in a moment", 429, 0},
		{"Please retry in 1.2.3.4", 429, 0},
	}
	for _, tt := range tests {
		body, err := json.Marshal(map[string]string{"message": tt.message})
		if err != nil {
			t.Fatal(err)
		}
		if got := ParseError(tt.status, nil, body).RetryAfter; got != tt.want {
			t.Errorf("%d %q: got %v, want %v", tt.status, tt.message, got, tt.want)
		}
	}
}

func TestCleanMessage(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "expected a <string>, got 7", "expected a <string>, got 7"},
		{"lines", " one\r\n\ttwo\u2028three ", "one two three"},
		{"control characters", "a\x00b\x1b[31mc\u202ed\u200be", "ab[31mcde"},
		{"not utf-8", "a\xffb", "a\ufffdb"},
		{"markup", `see <a href="https://x.test">the <b>page</b></a><br/>now`, "see the pagenow"},
		{"document", "bad <!doctype html><p>10.0.0.1", "bad"},
		{"tag made of tags", "text <<b>script>alert(1)</script>", "text"},
		{"openai key", "Incorrect API key provided: sk-inval**************-key. You can", "Incorrect API key provided: [redacted] You can"},
		{"project key", "key sk-proj-Ab_12-xyz, sorry", "key [redacted], sorry"},
		{"gateway key", "fwk_0123456789abcdef is unknown", "[redacted] is unknown"},
		{"google key", "API key AIzaSyA-abc123def not valid", "API key [redacted] not valid"},
		{"aws key", "id AKIAIOSFODNN7EXAMPLE", "id [redacted]"},
		{"bearer", "Authorization: Bearer abc.def-123", "Authorization: Bearer [redacted]"},
		{"bearer as a word", "send a Bearer token, please", "send a Bearer token, please"},
		{"json web token", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "got [redacted]"},
		{"key in a url", "GET https://x.test/v1?key=Zm9vYmFy&alt=sse", "GET https://x.test/v1?key=[redacted]&alt=sse"},
		{"named key", `{"api_key":"Plain1"}`, `{"api_key":"[redacted]"}`},
		{"named key as a word", "api_key: field required", "api_key: field required"},
		{"user in a url", "dialing https://me:pass@x.test/v1", "dialing https://[redacted]@x.test/v1"},
		{"hex key", "key 0123456789abcdef0123456789abcdef", "key [redacted]"},
		{"base64 key", "key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1a", "key [redacted]"},
		{"uuid", "ref 96164522-08b2-4cbf-886e-e5a38961a688", "ref 96164522-08b2-4cbf-886e-e5a38961a688"},
		{"id of a call", "No tool output found for call_0123456789abcdef0123456789abcdef", "No tool output found for call_0123456789abcdef0123456789abcdef"},
		{"model", "accounts/fireworks/models/llama4maverick is gone", "accounts/fireworks/models/llama4maverick is gone"},
		{"long model", "g2-20250421-0156pm-voyage-2-series-preloading", "g2-20250421-0156pm-voyage-2-series-preloading"},
		{"long word", strings.Repeat("a", 40), strings.Repeat("a", 40)},
		{"long text", strings.Repeat("word ", 1000), strings.TrimSpace(strings.Repeat("word ", 409)) + " …"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := CleanMessage(tt.in); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// A key that the first cut goes through must not escape as half a key.
func TestCleanMessageCutsNoKey(t *testing.T) {
	t.Parallel()
	key := "0123456789abcdef0123456789abcdef"
	tokens := strings.Repeat(strings.Repeat("9f", 400)+" ", 20)
	for n := maxRawMessage - 40; n <= maxRawMessage; n++ {
		got := CleanMessage(tokens[:n] + " " + key)
		if strings.Contains(got, "0123") {
			t.Fatalf("after %d bytes: %q", n, got)
		}
	}
}

func TestParseErrorBoundsWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	e := ParseError(400, headers("x-request-id", "a\tb"+long), []byte(`{"error":{"message":"m","type":"`+long+`","code":"`+long+`","param":"`+long+`"}}`))
	for name, v := range map[string]string{"type": e.Type, "code": e.Code, "param": e.Param, "id": e.RequestID} {
		if len(v) > maxWord || !utf8.ValidString(v) || strings.ContainsRune(v, '\t') {
			t.Errorf("%s is %d bytes: %q", name, len(v), v)
		}
	}
}

// Every recorded error says something, and nothing of it is lost.
func TestRecordedErrors(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var x struct {
			ID       string `json:"id"`
			Response struct {
				Status   int               `json:"status"`
				Headers  map[string]string `json:"headers"`
				Body     json.RawMessage   `json:"body"`
				BodyText string            `json:"body_text"`
			} `json:"response"`
		}
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(p, err)
		}
		body := []byte(x.Response.Body)
		if body == nil {
			body = []byte(x.Response.BodyText)
		}
		if x.Response.Status < 400 {
			var whole struct {
				Error json.RawMessage `json:"error"`
			}
			if json.Unmarshal(body, &whole) != nil || len(whole.Error) == 0 || string(whole.Error) == "null" {
				continue
			}
		}
		h := http.Header{}
		for name, value := range x.Response.Headers {
			h.Set(name, value)
		}
		e := ParseError(x.Response.Status, h, body)
		read++
		checkError(t, e)
		if strings.HasPrefix(e.Message, "the provider ") {
			t.Errorf("%s: no message found: %q", x.ID, e.Message)
		}
		if strings.Contains(e.Message, Redacted) && !strings.Contains(e.Message, "key") {
			t.Errorf("%s: masked too much: %q", x.ID, e.Message)
		}
	}
	t.Logf("read %d recorded errors in %s", read, dir)
	if len(paths) > 0 && read < 50 {
		t.Errorf("only %d of the recordings are errors", read)
	}
}

// checkError checks what holds for every error, whatever the provider sent.
func checkError(t *testing.T, e *Error) {
	t.Helper()
	if e.Message == "" || len(e.Message) > maxMessage || !utf8.ValidString(e.Message) {
		t.Errorf("message of %d bytes: %q", len(e.Message), e.Message)
	}
	if strings.ContainsFunc(e.Message, unicode.IsControl) || strings.Contains(strings.ToLower(e.Message), "<html") {
		t.Errorf("message is not clean: %q", e.Message)
	}
	if e.RetryAfter < 0 || e.RetryAfter > maxRetryAfter {
		t.Errorf("retry after %v", e.RetryAfter)
	}
	for _, w := range []string{e.Type, e.Code, e.Param, e.RequestID} {
		if len(w) > maxWord || strings.ContainsFunc(w, unicode.IsControl) {
			t.Errorf("word is not clean: %q", w)
		}
	}
}

func FuzzParseError(f *testing.F) {
	for _, s := range []string{
		"", "{}", `{"error":{"message":"m","type":"t","code":7,"param":null}}`, `[{"error":{"details":[{"retryDelay":"1s"}]}}]`,
		`{"detail":[{"loc":["body",1],"msg":"x"}]}`, `{"error":"{\"error\":\"x\"}"}`, "data: {\"error\":\"x\"}\n\n", "<html>",
		`{"error":{"metadata":{"raw":"x","headers":{"a":1}}}}`, `{"error":{"message":"<<html>html> sk-0123456789"}}`,
	} {
		f.Add(429, s, "1", "0")
	}
	f.Fuzz(func(t *testing.T, status int, body, after, remaining string) {
		h := headers("Retry-After", after, "X-Ratelimit-Reset", after, "X-Ratelimit-Remaining", remaining, "X-Request-Id", after)
		checkError(t, ParseError(status, h, []byte(body)))
	})
}

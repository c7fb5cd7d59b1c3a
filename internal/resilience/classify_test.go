package resilience

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// failure is an answer of a provider, and the class it is of.
type failure struct {
	name   string
	status int
	header http.Header
	body   string
	want   llm.Class
}

var failures = []failure{
	// quota
	{"openai quota", 429, nil, `{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, llm.ClassQuota},
	{"openai quota in a stream", 200, nil, `{"type":"error","error":{"type":"insufficient_quota","code":"insufficient_quota","message":"x"}}`, llm.ClassQuota},
	{"openrouter credits", 402, nil, `{"error":{"message":"This request requires more credits, or fewer max_tokens.","code":402}}`, llm.ClassQuota},
	{"openrouter key limit", 403, nil, `{"error":{"message":"Key limit exceeded. Manage it using the keys page","code":403}}`, llm.ClassQuota},
	{"anthropic credit", 400, nil, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}`, llm.ClassQuota},
	{"anthropic usage limits", 400, nil, `{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-02-01."}}`, llm.ClassQuota},
	{"gemini prepayment", 429, nil, `{"error":{"code":429,"message":"Your prepayment credits are depleted.","status":"RESOURCE_EXHAUSTED"}}`, llm.ClassQuota},
	{"gemini billing", 403, nil, `{"error":{"code":403,"message":"This API method requires billing to be enabled.","status":"PERMISSION_DENIED"}}`, llm.ClassQuota},
	{"moonshot", 429, nil, `{"error":{"message":"Your account is suspended, please check your plan","type":"exceeded_current_quota_error"}}`, llm.ClassQuota},
	{"deepseek", 402, nil, `{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}`, llm.ClassQuota},
	{"money on a broken server", 500, nil, `{"error":{"message":"reading the credit balance failed"}}`, llm.ClassServer},
	{"billing_error on a broken server", 502, nil, `{"error":{"message":"x","type":"billing_error"}}`, llm.ClassServer},
	{"usage limit of a minute", 429, nil, `{"error":{"message":"token usage limit of 1000 per minute"}}`, llm.ClassRateLimit},

	// rate limit
	{"plain 429", 429, nil, ``, llm.ClassRateLimit},
	{"openai rate", 429, nil, `{"error":{"message":"Rate limit reached for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Used 30000.","type":"tokens","code":"rate_limit_exceeded"}}`, llm.ClassRateLimit},
	{"gemini quota is a rate", 429, nil, `{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}`, llm.ClassRateLimit},
	{"groq too large for a minute", 413, nil, `{"error":{"message":"Request too large for model on tokens per minute (TPM): Limit 6000","type":"tokens","code":"rate_limit_exceeded"}}`, llm.ClassRateLimit},
	{"bedrock throttling", 429, http.Header{"X-Amzn-Errortype": {"ThrottlingException:http://internal.amazon.com/"}}, `{"message":"Too many tokens, please wait before trying again."}`, llm.ClassRateLimit},
	{"bedrock throttling in a stream", 200, nil, `{"__type":"throttlingException","message":"Too many tokens, please wait"}`, llm.ClassRateLimit},
	{"azure ai", 429, nil, `{"error":{"code":"RateLimitReached","message":"slow down"}}`, llm.ClassRateLimit},
	{"code 429 inside 500", 500, nil, `{"error":{"message":"later","code":429}}`, llm.ClassRateLimit},
	{"code 429 inside 503", 503, nil, `{"error":{"message":"later","code":"429"}}`, llm.ClassRateLimit},
	{"code 429 inside 401", 401, nil, `{"error":{"message":"no","code":429}}`, llm.ClassCredential},
	{"resource exhausted inside 403", 403, nil, `{"error":{"message":"no","status":"RESOURCE_EXHAUSTED"}}`, llm.ClassCredential},
	{"openrouter in a stream", 200, nil, `{"error":{"code":429,"message":"later"},"choices":[]}`, llm.ClassRateLimit},
	{"rate in a stream by words alone", 200, nil, `{"error":{"message":"Rate limit exceeded"}}`, llm.ClassRateLimit},
	{"too many input tokens is no rate", 400, nil, `{"error":{"message":"too many input tokens"}}`, llm.ClassContextWindow},

	// overloaded
	{"anthropic overloaded", 529, nil, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, llm.ClassOverloaded},
	{"anthropic overloaded in a stream", 200, nil, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, llm.ClassOverloaded},
	{"gemini overloaded", 503, nil, `{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}`, llm.ClassOverloaded},
	{"the model is overloaded under 500", 500, nil, `{"error":{"message":"The model is overloaded."}}`, llm.ClassOverloaded},
	{"moonshot engine", 429, nil, `{"error":{"message":"The engine is currently overloaded","type":"engine_overloaded_error"}}`, llm.ClassOverloaded},
	{"bedrock not ready", 429, http.Header{"X-Amzn-Errortype": {"ModelNotReadyException"}}, `{"message":"not ready"}`, llm.ClassOverloaded},
	{"llama.cpp loading", 503, nil, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, llm.ClassOverloaded},
	{"cloudflare 520", 520, nil, `<html></html>`, llm.ClassOverloaded},
	{"cloudflare 521", 521, nil, ``, llm.ClassOverloaded},
	{"cloudflare 522", 522, nil, `<!DOCTYPE html><title>522</title>`, llm.ClassOverloaded},
	{"cloudflare 523", 523, nil, ``, llm.ClassOverloaded},
	{"cloudflare 524", 524, nil, ``, llm.ClassOverloaded},
	{"cloudflare 525", 525, nil, ``, llm.ClassServer},
	{"empty 503", 503, nil, ``, llm.ClassOverloaded},
	{"groq flexible tier", 498, nil, `{"error":{"message":"Flex tier capacity exceeded","type":"invalid_request_error"}}`, llm.ClassOverloaded},

	// timeout
	{"408", 408, nil, ``, llm.ClassTimeout},
	{"504", 504, nil, `<html></html>`, llm.ClassTimeout},
	{"gemini deadline", 504, nil, `{"error":{"code":504,"message":"x","status":"DEADLINE_EXCEEDED"}}`, llm.ClassTimeout},
	{"bedrock model timeout", 408, http.Header{"X-Amzn-Errortype": {"ModelTimeoutException"}}, `{"message":"x"}`, llm.ClassTimeout},
	{"bedrock model timeout in a stream", 200, nil, `{"__type":"modelTimeoutException","message":"x"}`, llm.ClassTimeout},

	// context window
	{"openai context", 400, nil, `{"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}`, llm.ClassContextWindow},
	{"vllm context", 400, nil, `{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}`, llm.ClassContextWindow},
	{"anthropic context", 400, nil, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, llm.ClassContextWindow},
	{"anthropic context with output", 400, nil, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000\"}}", llm.ClassContextWindow},
	{"anthropic context 413", 413, nil, `{"type":"error","error":{"type":"request_too_large","message":"Prompt is too long"}}`, llm.ClassContextWindow},
	{"gemini context", 400, nil, `{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`, llm.ClassContextWindow},
	{"bedrock context", 400, http.Header{"X-Amzn-Errortype": {"ValidationException"}}, `{"message":"Input is too long for requested model."}`, llm.ClassContextWindow},
	{"cohere context", 400, nil, `{"id":"x","error_type":"TOO_MANY_TOKENS","message":"too many tokens: size limit exceeded"}`, llm.ClassContextWindow},
	{"perplexity context", 400, nil, `{"error":{"message":"x","type":"too_many_prompt_tokens","code":400}}`, llm.ClassContextWindow},
	{"string above its length", 400, nil, `{"error":{"message":"Invalid 'input': string too long. Expected a string with maximum context length 10","code":"string_above_max_length"}}`, llm.ClassCallerFault},
	{"context under a rate limit", 429, nil, `{"error":{"message":"too many tokens"}}`, llm.ClassRateLimit},
	{"request too large", 413, nil, `{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}`, llm.ClassCallerFault},
	{"nginx request too large", 413, nil, `<html></html>`, llm.ClassCallerFault},

	// content policy
	{"azure filter", 400, nil, `{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, llm.ClassContentPolicy},
	{"openai images", 400, nil, `{"error":{"message":"Your request was rejected as a result of our safety system.","code":"content_policy_violation"}}`, llm.ClassContentPolicy},
	{"anthropic output", 400, nil, `{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}`, llm.ClassContentPolicy},
	{"xai guidelines", 403, nil, `{"code":"x","error":"Content violates usage guidelines."}`, llm.ClassContentPolicy},
	{"openrouter moderation", 403, nil, `{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged"}}`, llm.ClassContentPolicy},
	{"deepseek risk", 400, nil, `{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}`, llm.ClassContentPolicy},

	// credential
	{"401", 401, nil, ``, llm.ClassCredential},
	{"openai key", 401, nil, `{"error":{"message":"Incorrect API key provided: sk-x.","type":"invalid_request_error","code":"invalid_api_key"}}`, llm.ClassCredential},
	{"anthropic key", 401, nil, `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`, llm.ClassCredential},
	{"gemini key", 400, nil, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`, llm.ClassCredential},
	{"gemini key without details", 400, nil, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}`, llm.ClassCredential},
	{"xai key", 400, nil, `{"code":"invalid-argument","error":"Incorrect API key provided."}`, llm.ClassCredential},
	{"cohere 498", 498, nil, `{"message":"invalid api token"}`, llm.ClassCredential},
	{"bedrock token", 403, http.Header{"X-Amzn-Errortype": {"ExpiredTokenException"}}, `{"message":"The security token included in the request is expired"}`, llm.ClassCredential},
	{"bedrock signature", 403, http.Header{"X-Amzn-Errortype": {"InvalidSignatureException"}}, `{"message":"x"}`, llm.ClassCredential},
	{"bedrock denied", 403, http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}, `{"message":"User is not authorized"}`, llm.ClassCredential},
	{"vertex token", 401, nil, `{"error":{"code":401,"message":"x","status":"UNAUTHENTICATED"}}`, llm.ClassCredential},
	{"other 403", 403, nil, `<html></html>`, llm.ClassCredential},
	{"key in a stream", 200, nil, `{"error":{"message":"x","type":"authentication_error"}}`, llm.ClassCredential},
	{"a provider's own key", 502, nil, `{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"{\"error\":{\"message\":\"bad\",\"type\":\"authentication_error\"}}"}}}`, llm.ClassServer},

	// region
	{"openai country", 403, nil, `{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","type":"request_forbidden"}}`, llm.ClassRegion},
	{"gemini location", 400, nil, `{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`, llm.ClassRegion},
	{"451", 451, nil, ``, llm.ClassRegion},

	// model
	{"openai model", 404, nil, "{\"error\":{\"message\":\"The model `x` does not exist or you do not have access to it.\",\"type\":\"invalid_request_error\",\"code\":\"model_not_found\"}}", llm.ClassModelAccess},
	{"openai model for a project", 403, nil, "{\"error\":{\"message\":\"Project `p` does not have access to model `gpt-5`\",\"type\":\"invalid_request_error\",\"code\":\"model_not_found\"}}", llm.ClassModelAccess},
	{"azure deployment", 404, nil, `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}`, llm.ClassModelAccess},
	{"anthropic model", 404, nil, `{"type":"error","error":{"type":"not_found_error","message":"model: x"}}`, llm.ClassModelAccess},
	{"gemini model", 404, nil, `{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}`, llm.ClassModelAccess},
	{"vertex model", 403, nil, `{"error":{"code":403,"message":"Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform/publishers/google/models/x' (or it may not exist).","status":"PERMISSION_DENIED"}}`, llm.ClassModelAccess},
	{"bedrock on-demand", 400, http.Header{"X-Amzn-Errortype": {"ValidationException"}}, `{"message":"Invocation of model ID x with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model."}`, llm.ClassModelAccess},
	{"bedrock access", 403, http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}, `{"message":"You don't have access to the model with the specified model ID."}`, llm.ClassModelAccess},
	{"bedrock end of life", 404, http.Header{"X-Amzn-Errortype": {"ResourceNotFoundException"}}, `{"message":"This model version has reached the end of its life."}`, llm.ClassModelAccess},
	{"groq terms", 400, nil, "{\"error\":{\"message\":\"The model `x` requires terms acceptance.\",\"type\":\"invalid_request_error\",\"code\":\"model_terms_required\"}}", llm.ClassModelAccess},
	{"groq decommissioned", 400, nil, "{\"error\":{\"message\":\"The model `x` has been decommissioned\",\"type\":\"invalid_request_error\"}}", llm.ClassModelAccess},
	{"mistral model", 400, nil, `{"object":"error","message":"Invalid model: x","type":"invalid_model","code":"1500"}`, llm.ClassModelAccess},
	{"ollama model", 404, nil, `{"error":"model \"x\" not found, try pulling it first"}`, llm.ClassModelAccess},
	{"gone", 410, nil, ``, llm.ClassModelAccess},
	{"empty 404", 404, nil, ``, llm.ClassModelAccess},

	// caller
	{"400", 400, nil, `{"error":{"message":"temperature must be below 2","type":"invalid_request_error","param":"temperature"}}`, llm.ClassCallerFault},
	{"409", 409, nil, `{"error":{"message":"x"}}`, llm.ClassCallerFault},
	{"415", 415, nil, `{"error":{"message":"x"}}`, llm.ClassCallerFault},
	{"422", 422, nil, `{"detail":[{"loc":["body","n"],"msg":"bad"}]}`, llm.ClassCallerFault},
	{"bedrock validation", 400, http.Header{"X-Amzn-Errortype": {"ValidationException"}}, `{"message":"Malformed input request"}`, llm.ClassCallerFault},
	{"caller in a stream", 200, nil, `{"error":{"message":"x","type":"invalid_request_error"}}`, llm.ClassCallerFault},
	{"an earlier response", 404, nil, `{"error":{"message":"Response with id 'resp_1' not found.","type":"invalid_request_error"}}`, llm.ClassCallerFault},
	{"an earlier response on 400", 400, nil, `{"error":{"message":"Previous response with id 'resp_1' not found.","type":"invalid_request_error","code":"previous_response_not_found"}}`, llm.ClassCallerFault},
	{"a file", 404, nil, `{"error":{"message":"File file-1 not found"}}`, llm.ClassCallerFault},
	{"empty 400", 400, nil, ``, llm.ClassUnknown},
	{"page 400", 400, nil, `<html><title>400</title></html>`, llm.ClassUnknown},
	{"empty 422", 422, nil, `{}`, llm.ClassUnknown},
	{"kind without a message", 400, nil, `{"error":{"type":"invalid_request_error"}}`, llm.ClassCallerFault},
	{"llama.cpp blames itself", 500, nil, `{"error":{"code":500,"message":"image input is not supported - hint: mmproj","type":"server_error"}}`, llm.ClassCallerFault},

	// what a caller can make a provider quote
	{"quoted money", 400, nil, `{"error":{"message":"Unknown tool 'credit balance'."}}`, llm.ClassCallerFault},
	{"quoted key", 400, nil, `{"error":{"message":"Invalid value: \"API key not valid\". Supported values are: 'a'"}}`, llm.ClassCallerFault},
	{"quoted model", 400, nil, "{\"error\":{\"message\":\"tools.0.name: `on-demand throughput` is too short\"}}", llm.ClassCallerFault},
	{"an object that is quoted", 400, nil, `{"error":{"message":"Error code: 400 - {'error': {'message': 'prompt is too long: 3 > 2'}}"}}`, llm.ClassContextWindow},

	// bad output
	{"groq tool", 400, nil, `{"error":{"message":"Failed to call a function","type":"invalid_request_error","code":"tool_use_failed"}}`, llm.ClassBadOutput},
	{"cohere tool", 200, nil, `{"error":"x","error_type":"INVALID_TOOL_GENERATION"}`, llm.ClassBadOutput},
	{"an error of nothing", 200, nil, `{"error":{}}`, llm.ClassBadOutput},
	{"an answer with Retry-After", 200, http.Header{"Retry-After": {"25"}}, `{"error":{}}`, llm.ClassBadOutput},

	// server
	{"500", 500, nil, `{"error":{"message":"The server had an error","type":"server_error"}}`, llm.ClassServer},
	{"empty 500", 500, nil, ``, llm.ClassServer},
	{"502 page", 502, nil, `<html><title>502 Bad Gateway</title></html>`, llm.ClassServer},
	{"anthropic api_error in a stream", 200, nil, `{"type":"error","error":{"type":"api_error","message":"Internal server error"}}`, llm.ClassServer},
	{"gemini internal", 500, nil, `{"error":{"code":500,"message":"x","status":"INTERNAL"}}`, llm.ClassServer},
	{"bedrock model error", 424, http.Header{"X-Amzn-Errortype": {"ModelErrorException"}}, `{"message":"x"}`, llm.ClassServer},
	{"redirect", 302, nil, ``, llm.ClassServer},

	// unknown
	{"405", 405, nil, `{"error":{"message":"x"}}`, llm.ClassUnknown},
	{"418", 418, nil, ``, llm.ClassUnknown},
	{"501", 501, nil, `{"error":{"message":"not supported","type":"not_supported_error"}}`, llm.ClassUnknown},
	{"600", 600, nil, ``, llm.ClassUnknown},
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, tt := range failures {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := llm.ParseError(tt.status, tt.header, []byte(tt.body))
			if got := Classify(e); got != tt.want {
				t.Errorf("%d %q %q %q is %v, want %v", e.Status, e.Type, e.Code, e.Message, got, tt.want)
			}
			checkForCaller(t, e)
		})
	}
}

// Every word and phrase of the table decides by itself, so no row stands in the
// shadow of another.
func TestEveryRow(t *testing.T) {
	t.Parallel()
	for i, r := range rules {
		status := 200
		for _, s := range []int{400, 200, 429, 500, 403} {
			if r.status.has(s) {
				status = s
				break
			}
		}
		if !r.status.has(status) {
			status = r.status[0][0]
		}
		check := func(e *llm.Error) {
			t.Helper()
			if got := Classify(e); got != r.class {
				t.Errorf("row %d: %d %q %q is %v, want %v", i, e.Status, e.Type, e.Message, got, r.class)
			}
		}
		for _, w := range r.words {
			word := strings.ReplaceAll(w, "*", "exception")
			check(&llm.Error{Status: status, Type: word, Message: "x"})
			check(&llm.Error{Status: status, Code: strings.ToUpper(word), Message: "x"})
		}
		for _, phrase := range r.phrases {
			if phrase != strings.ToLower(phrase) {
				t.Errorf("row %d: %q has capitals, and messages have none", i, phrase)
			}
			check(&llm.Error{Status: status, Type: "x", Message: "Sorry: " + strings.ToUpper(phrase) + "."})
		}
		if r.words == nil && r.phrases == nil && r.pattern == nil {
			for _, s := range r.status {
				for _, status := range s {
					message := "x"
					if r.silent {
						message = ""
					}
					if status == 0 {
						continue
					}
					check(&llm.Error{Status: status, Message: message})
				}
			}
		}
	}
}

func TestClassifyMissingModel(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]llm.Class{
		"The model 'x' does not exist":                                    llm.ClassModelAccess,
		"Model no-such/model does not exist":                              llm.ClassModelAccess,
		"Model x is not supported. Supported models are ['a']":            llm.ClassModelAccess,
		"The requested model is not supported.":                           llm.ClassModelAccess,
		"The model `x` was removed on Monday":                             llm.ClassModelAccess,
		"model: x not found":                                              llm.ClassModelAccess,
		"the model does not support images":                               llm.ClassCallerFault,
		"This model doesn't support the s3Uri field":                      llm.ClassCallerFault,
		"'temperature' is not supported with this model":                  llm.ClassCallerFault,
		"Unsupported value: the model 'x' supports only temperature 1":    llm.ClassCallerFault,
		"Tool 'x' not found in tools of the model":                        llm.ClassCallerFault,
		"model output must contain either output text or tool calls":      llm.ClassCallerFault,
		"Invalid value: 'model x does not exist'. Supported values: 'a'.": llm.ClassCallerFault,
	} {
		if got := Classify(&llm.Error{Status: 400, Message: message}); got != want {
			t.Errorf("%q is %v, want %v", message, got, want)
		}
	}
}

func TestClassifyWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		e    *llm.Error
		want llm.Class
	}{
		{"nil", nil, llm.ClassNone},
		{"classified", &llm.Error{Status: 500, Class: llm.ClassRegion}, llm.ClassRegion},
		{"classified here", &llm.Error{Status: 429, Class: llm.ClassGateway}, llm.ClassGateway},
		{"nothing", &llm.Error{}, llm.ClassTransport},
		{"canceled", &llm.Error{Err: fmt.Errorf("doing: %w", context.Canceled)}, llm.ClassClientCancel},
		{"deadline", &llm.Error{Err: context.DeadlineExceeded}, llm.ClassTimeout},
		{"network deadline", &llm.Error{Err: &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}}, llm.ClassTimeout},
		{"refused", &llm.Error{Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}, llm.ClassTransport},
		{"dns", &llm.Error{Err: &net.DNSError{Name: "x"}}, llm.ClassTransport},
		{"eof", &llm.Error{Err: io.EOF}, llm.ClassTransport},
		{"a cause with a message", &llm.Error{Message: "prompt is too long", Err: io.EOF}, llm.ClassTransport},
		{"a message alone", &llm.Error{Message: "prompt is too long"}, llm.ClassContextWindow},
		{"a message that says little", &llm.Error{Message: "sorry"}, llm.ClassBadOutput},
		{"a word alone", &llm.Error{Code: "server_error"}, llm.ClassServer},
	}
	for _, tt := range tests {
		if got := Classify(tt.e); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestUnquote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"no quotes":                     "no quotes",
		"the model's limit isn't 'x'":   "the model's limit isn't ''",
		"'a b' and \"c\" (`d`)":         "'' and \"\" (``)",
		"'it's over'":                   "''",
		"'open":                         "'open",
		"users' limits and tools' ends": "users' limits and tools' ends",
		`{'error': {'message': 'x y'}}`: `{'error': {'message': 'x y'}}`,
		`got: "x"`:                      `got: ""`,
		"":                              "",
		"'":                             "'",
	} {
		if got := unquote(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, tt := range failures {
		f.Add(tt.status, tt.body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		e := llm.ParseError(status, nil, []byte(body))
		if c := Classify(e); c == llm.ClassNone || c >= llm.ClassGateway {
			t.Errorf("%+v is %v", e, c)
		}
		if status >= 100 && status <= 599 {
			checkForCaller(t, e)
		}
		// The same without its message's quotes and with a class.
		_ = Classify(&llm.Error{Status: status, Type: body, Code: body, Message: body, RetryAfter: time.Second})
	})
}

func BenchmarkClassify(b *testing.B) {
	for name, e := range map[string]*llm.Error{
		"rate":   llm.ParseError(429, nil, []byte(`{"error":{"message":"Rate limit reached for gpt-5 in organization org-x on tokens per min.","type":"tokens","code":"rate_limit_exceeded"}}`)),
		"caller": llm.ParseError(400, nil, []byte(`{"error":{"message":"Invalid value: 'x'. Supported values are: 'a' and 'b'.","type":"invalid_request_error","param":"messages[0].role"}}`)),
		"long":   {Status: 400, Type: "invalid_request_error", Message: strings.Repeat("Some words of 'a' provider. ", 80)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify(e)
			}
		})
	}
}

package providers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/bedrock"
)

// noAWS takes away what the environment says about AWS.
func noAWS(t *testing.T) {
	t.Helper()
	for _, name := range []string{bearerVariable, idVariable, keyVariable, tokenVariable, "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
}

const profileARN = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3"

func TestBedrockWithAPIKeys(t *testing.T) {
	noAWS(t)
	s, got := vendor(t)
	configured := mustLoad(t, "bedrock", `{"base_url":"`+s.URL+`","region":"us-east-1","api_keys":["key-0","key-1"]}`)
	t.Setenv(bearerVariable, "key-0")
	found := mustLoad(t, "bedrock", `{"base_url":"`+s.URL+`/"}`)
	if configured.Credentials() != 2 || found.Credentials() != 1 {
		t.Errorf("%d and %d credentials", configured.Credentials(), found.Credentials())
	}
	for _, p := range []llm.Provider{configured, found} {
		for model, want := range map[string]string{
			"amazon.nova-micro-v1:0": "/model/amazon.nova-micro-v1%3A0/converse",
			profileARN:               "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3/converse",
			"a b%3A/c":               "/model/a%20b%253A%2Fc/converse",
		} {
			*got = nil
			if err := call(t, p, &llm.Outgoing{Model: model, Body: []byte(`{"a":1}`), Stream: strings.HasPrefix(model, "a b")}); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(model, "a b") {
				want += "-stream"
			}
			r := (*got)[0]
			if r.uri != want || r.header.Get("Authorization") != "Bearer key-0" || r.header.Get("X-Amz-Date") != "" || r.body != `{"a":1}` {
				t.Errorf("got %+v, want %s", r, want)
			}
		}
		*got = nil
		var e *llm.Error
		if err := call(t, p, &llm.Outgoing{Model: "../x"}); !errors.As(err, &e) || e.Param != "model" || len(*got) > 0 {
			t.Errorf("got %v, %v", err, *got)
		}
	}
	if err := call(t, configured, &llm.Outgoing{Model: "m", Credential: 1}); err != nil || (*got)[0].header.Get("Authorization") != "Bearer key-1" {
		t.Errorf("got %v, %v", err, *got)
	}
}

// signed is a server that answers only requests whose signature is right.
func signed(t *testing.T, secrets awsSecrets, region string) *httptest.Server {
	t.Helper()
	credentials := aws.Credentials{AccessKeyID: secrets.id, SecretAccessKey: secrets.key, SessionToken: secrets.token}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("date %q: %v", r.Header.Get("X-Amz-Date"), err)
		}
		again, _ := http.NewRequest(r.Method, "http://"+r.Host+r.RequestURI, http.NoBody)
		again.Header.Set("Content-Type", r.Header.Get("Content-Type"))
		if err := v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(sum[:]), "bedrock", region, at); err != nil {
			t.Error(err)
		}
		if got, want := r.Header["Authorization"], again.Header.Get("Authorization"); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", r.RequestURI, got, want)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if got := r.Header.Get("X-Amz-Security-Token"); got != secrets.token {
			t.Errorf("token %q", got)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestBedrockSigned(t *testing.T) {
	noAWS(t)
	secrets := awsSecrets{id: "AKIDEXAMPLE", key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: "token=="}
	s := signed(t, secrets, "eu-west-1")
	lasting := secrets
	lasting.token = ""
	plain := signed(t, lasting, "eu-west-1")

	configured := mustLoad(t, "bedrock", `{"base_url":"`+s.URL+`","region":"eu-west-1","access_key_id":"`+secrets.id+`","secret_access_key":"`+secrets.key+`","session_token":"token=="}`)
	t.Setenv(idVariable, secrets.id)
	t.Setenv(keyVariable, secrets.key)
	t.Setenv("AWS_REGION", "eu-west-1")
	found := mustLoad(t, "bedrock", `{"base_url":"`+plain.URL+`/proxy%2Fa"}`)
	t.Setenv(tokenVariable, secrets.token)
	withToken := mustLoad(t, "bedrock", `{"base_url":"`+s.URL+`"}`)
	for _, p := range []llm.Provider{configured, found, withToken} {
		if p.Credentials() != 1 {
			t.Errorf("%d credentials", p.Credentials())
		}
		for _, model := range []string{"amazon.nova-micro-v1:0", profileARN, "a b%3A/c"} {
			for _, stream := range []bool{false, true} {
				a, err := p.Send(t.Context(), &llm.Outgoing{
					Operation: llm.OpChat, Model: model, Stream: stream, Body: []byte(`{"messages":[]}`), Header: []string{"Authorization", "other", "X-Amz-Date", "x", "X-Team", "a"},
				})
				if err != nil {
					t.Fatal(err)
				}
				if body, _ := io.ReadAll(a.Body); a.Status != http.StatusOK || string(body) != `{"messages":[]}` {
					t.Errorf("%s: got %d %s", model, a.Status, body)
				}
				_ = a.Body.Close()
			}
		}
	}
	identity := func(p llm.Provider) string { return p.(llm.Identifier).Identity() }
	if identity(configured) != identity(withToken) || strings.Contains(identity(configured), secrets.key) {
		t.Errorf("got %s and %s", identity(configured), identity(withToken))
	}
}

// A stream arrives as the frames that were sent, and the dialect reads them.
func TestBedrockStream(t *testing.T) {
	noAWS(t)
	encoder := bedrock.Dialect{}.NewStreamEncoder(llm.View{IncludeUsage: true})
	var frames []byte
	for _, e := range []llm.Event{
		{Kind: llm.EventStart},
		{Kind: llm.EventText, Text: "hello"},
		{Kind: llm.EventFinish, Finish: llm.FinishStop},
		{Kind: llm.EventEnd},
	} {
		frames = encoder.Append(frames, &e)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", encoder.ContentType())
		for i := range frames { // every byte by itself
			_, _ = w.Write(frames[i : i+1])
			_ = http.NewResponseController(w).Flush()
		}
	}))
	t.Cleanup(s.Close)
	p := mustLoad(t, "bedrock", `{"base_url":"`+s.URL+`","api_keys":["k"]}`)
	a, err := p.Send(t.Context(), &llm.Outgoing{Operation: llm.OpChat, Model: "m", Stream: true, Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	decoder := p.Dialect().NewStreamDecoder(a.Body, llm.StreamOptions{})
	var text strings.Builder
	for {
		events, err := decoder.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			if events[i].Kind == llm.EventText {
				text.WriteString(events[i].Text)
			}
		}
	}
	if text.String() != "hello" || a.Header.Get("Content-Type") != "application/vnd.amazon.eventstream" {
		t.Errorf("got %q, %v", text.String(), a.Header)
	}
}

func TestBedrockEndpoints(t *testing.T) {
	noAWS(t)
	for region, want := range map[string]string{
		"us-east-1":     "https://bedrock-runtime.us-east-1.amazonaws.com",
		"us-gov-west-1": "https://bedrock-runtime.us-gov-west-1.amazonaws.com",
		"cn-north-1":    "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
	} {
		t.Setenv("FAIRWAY_TEST_REGION", region)
		p := mustLoad(t, "bedrock", `{"region":"{env.FAIRWAY_TEST_REGION}","api_keys":["k"]}`).(llm.Describer)
		if p.Endpoint() != want || p.Vendor() != "amazon-bedrock" {
			t.Errorf("%s: got %s, %s", region, p.Endpoint(), p.Vendor())
		}
	}
	t.Setenv("AWS_DEFAULT_REGION", "eu-west-1")
	if p := mustLoad(t, "bedrock", `{"api_keys":["k"]}`).(llm.Describer); p.Endpoint() != "https://bedrock-runtime.eu-west-1.amazonaws.com" {
		t.Errorf("got %s", p.Endpoint())
	}
}

func TestBedrockThatCannotBeProvisioned(t *testing.T) {
	noAWS(t)
	for config, want := range map[string]string{
		`{"api_keys":["k"]}`:                                                                   "region is missing",
		`{"region":"us-east-1"}`:                                                               "there are no credentials",
		`{"region":"evil.example/","api_keys":["k"]}`:                                          "is not a region",
		`{"region":"{env.NO_SUCH_THING}","api_keys":["k"]}`:                                    "NO_SUCH_THING",
		`{"region":"us-east-1","access_key_id":"a"}`:                                           "belong together",
		`{"region":"us-east-1","session_token":"a"}`:                                           "belong together",
		`{"region":"us-east-1","access_key_id":"a","secret_access_key":"{env.NO_SUCH_THING}"}`: "NO_SUCH_THING is not set",
		`{"region":"us-east-1","access_key_id":"a","secret_access_key":"b","api_keys":["k"]}`:  "exclude one another",
		`{"base_url":"http://x","access_key_id":"a","secret_access_key":"b"}`:                  "calls are signed for one",
		`{"base_url":"http://x/model","api_keys":["k"]}`:                                       "leave /model out",
	} {
		if _, err := load(t, "bedrock", config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", config, err, want)
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/tests/bench/upstream"
)

// workload is what is asked of each target.
type workload struct {
	name   string
	about  string
	conns  int // connections that are never idle
	rate   int // instead: calls a second, whatever the answers' pace
	stream bool
	prompt int // bytes
	plan   upstream.Plan
	models []string // instead of plain chat: models that only Fairway has
}

const streamChunks = 60

var workloads = []workload{
	{
		name: "chat", about: "closed loop, 64 connections, 1 KB up, 1.2 KB down, the upstream answers at once",
		conns: 64, prompt: 700,
	},
	{
		name: "stream", about: "closed loop, 200 streams at a time, 60 chunks back to back",
		conns: 200, prompt: 700, stream: true, plan: upstream.Plan{Chunks: streamChunks},
	},
	{
		name: "stream5", about: "closed loop, 200 streams at a time, 60 chunks 5 ms apart",
		conns: 200, prompt: 700, stream: true, plan: upstream.Plan{Chunks: streamChunks, Every: 5 * time.Millisecond},
	},
	{
		name: "large", about: "closed loop, 32 connections, 200 KB prompt",
		conns: 32, prompt: 200_000,
	},
	{
		name: "translated", about: "chat to an Anthropic and a Gemini upstream, against Caddy's plain chat",
		conns: 64, prompt: 700, models: []string{"bench-anthropic", "bench-gemini"},
	},
	{
		name: "memory", about: "open streams held, one process at a time",
		prompt: 700, stream: true, plan: upstream.Plan{Every: time.Second},
	},
	{
		name: "rate", about: "open loop, the upstream takes 50 ms; latency from when a call was due, without the upstream's time",
		rate: 1000, prompt: 700, plan: upstream.Plan{Wait: 50 * time.Millisecond},
	},
}

func workloadNames() []string {
	var names []string
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return names
}

// choose picks workloads by a comma-separated list, in its order.
func choose(list string) ([]workload, error) {
	if list == "all" {
		return slices.Clone(workloads), nil
	}
	var chosen []workload
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(workloads, func(w workload) bool { return w.name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown workload %q; known: all, %s", name, strings.Join(workloadNames(), ", "))
		}
		chosen = append(chosen, workloads[i])
	}
	return chosen, nil
}

const sentence = "Please read the notes about the last quarter below and say in three sentences what has changed, what has not, and what to look at first. "

// requestBody is a chat request such as a client's library writes it.
func requestBody(w workload, model string) []byte {
	prompt := w.plan.String() + " "
	prompt += strings.Repeat(sentence, w.prompt/len(sentence)+1)[:max(0, w.prompt-len(prompt))]
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	type options struct {
		IncludeUsage bool `json:"include_usage"`
	}
	body := struct {
		Model       string    `json:"model"`
		Messages    []message `json:"messages"`
		Temperature float64   `json:"temperature"`
		MaxTokens   int       `json:"max_tokens"`
		User        string    `json:"user"`
		Stream      bool      `json:"stream,omitempty"`
		Options     *options  `json:"stream_options,omitempty"`
	}{
		Model: model,
		Messages: []message{
			{"system", "You answer briefly and keep to what the notes say."},
			{"user", prompt},
		},
		Temperature: 0.7, MaxTokens: 512, User: "user-4711", Stream: w.stream,
	}
	if w.stream {
		body.Options = &options{IncludeUsage: true}
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	return b
}

// requestBytes is the whole request as it goes over the wire. All targets get
// the same, so that none has less to read.
func requestBytes(addr, key string, body []byte) []byte {
	head := fmt.Sprintf("POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nUser-Agent: fairway-bench\r\nAccept: application/json\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n", addr, len(body))
	if key != "" {
		head += "Authorization: Bearer " + key + "\r\n"
	}
	return append([]byte(head+"\r\n"), body...)
}

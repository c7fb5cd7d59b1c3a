// Package aigateway is the handler that lets a caller speak any dialect to any
// model.
package aigateway

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/modules/gateway"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Handler answers the calls of AI clients, each in its own dialect:
//
//	POST /v1/chat/completions                        OpenAI
//	POST /v1/responses                               OpenAI Responses
//	GET, DELETE /v1/responses/{id}, and              answers that are kept
//	     …/input_items
//	POST /v1/messages                                Anthropic
//	POST /v1beta/models/{model}:generateContent      Gemini, also under /v1,
//	     …:streamGenerateContent                     and streamed
//	POST /api/chat, /api/generate                    Ollama
//	POST /v2/chat                                    Cohere
//	POST /v1/completions                             OpenAI, before chat
//	POST /v1/embeddings, /api/embed, /v2/embed,      OpenAI, Ollama, Cohere,
//	     …:embedContent, …:batchEmbedContents        Gemini
//	POST /v1/rerank, /v2/rerank                      Jina, Cohere
//	POST /v1/messages/count_tokens, …:countTokens    Anthropic, Gemini
//	POST /v1/moderations, /v1/images/generations,    OpenAI, at providers that
//	     /v1/images/edits, /v1/images/variations,    have them
//	     /v1/audio/transcriptions,
//	     /v1/audio/translations, /v1/audio/speech
//	     /passthrough/{provider}/…                   whatever the provider has,
//	                                                 where it is switched on
//	GET  /v1/models, /v1beta/models, /api/tags       what can be called
//
// Each stands below `/openai`, `/anthropic`, `/google` and `/ollama` too. It needs the app `fairway` for its
// models, and before it the handler `subscription`, which says who calls; a
// call that nobody vouches for is answered 401.
type Handler struct {
	// Public serves everybody, without a key. Calls are still recorded, but
	// nobody's limits apply to them.
	Public bool `json:"public,omitempty"`

	// MaxBody bounds a request's body, in bytes, after decompression: 1 KiB
	// to 1 GiB. Default 32 MiB.
	MaxBody int64 `json:"max_body,omitempty"`

	// Passthrough are the providers whose accounts are open to all callers, at
	// any path below their base URL and with any method: /passthrough/{provider}/…
	// Whoever has a key can then use all that the account can, whatever models
	// are exposed. Default: none.
	Passthrough []string `json:"passthrough,omitempty"`

	app        *gateway.App
	logger     *zap.Logger
	forwarders map[string]llm.Forwarder
}

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.ai_gateway",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision finds the app.
func (h *Handler) Provision(ctx caddy.Context) error {
	app, err := ctx.App("fairway")
	if err != nil {
		return fmt.Errorf("loading the fairway app: %w", err)
	}
	h.app, h.logger = app.(*gateway.App), ctx.Logger()
	if h.MaxBody == 0 {
		h.MaxBody = defaultMaxBody
	}
	h.forwarders = map[string]llm.Forwarder{}
	for i, name := range h.Passthrough {
		p, err := h.app.UseAccount(name)
		if err != nil {
			return fmt.Errorf("passthrough[%d]: %w", i, err)
		}
		forwarder, ok := p.(llm.Forwarder)
		if !ok {
			return fmt.Errorf("passthrough[%d]: nothing passes through to provider %s: each of its requests has to be made here", i, name)
		}
		h.forwarders[name] = forwarder
	}
	return nil
}

// Validate checks the bounds.
func (h *Handler) Validate() error {
	if h.MaxBody < LeastMaxBody || h.MaxBody > MostMaxBody {
		return fmt.Errorf("max_body: %d is out of range; allowed: %d to %d bytes", h.MaxBody, LeastMaxBody, MostMaxBody)
	}
	if h.Public && len(h.Passthrough) > 0 {
		return errors.New("passthrough: public would give the accounts to everybody")
	}
	return nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	call, begun := h.app.Begin(w, r)
	if begun {
		defer call.End()
	}
	endpoint, model := gateway.FindEndpoint(r)
	var front llm.Front
	err := h.check(w, r, call, endpoint)
	if endpoint != nil {
		front = endpoint.Front
	}
	if err == nil {
		switch {
		case endpoint.Operation == gateway.OpModels:
			err = h.models(w, r, call, endpoint, model)
		case endpoint.Kept():
			err = h.kept(w, r, call, endpoint, model)
		case endpoint.Operation == gateway.OpPassthrough:
			err = h.passthrough(w, r, call, endpoint)
		default:
			err = h.serve(w, r, call, endpoint, model)
		}
	}
	if err != nil {
		gateway.Refused(err)
		gateway.WriteError(w, r, front, err)
	}
	return nil
}

// check refuses what needs no look at the body.
func (h *Handler) check(w http.ResponseWriter, r *http.Request, call *gateway.Call, e *gateway.Endpoint) *llm.Error {
	if !call.Known && !h.Public {
		return gateway.NoCaller()
	}
	if e == nil {
		return gateway.NotFound(r.URL.Path)
	}
	if e.Method == "" || r.Method == e.Method || r.Method == http.MethodHead && e.Method == http.MethodGet {
		return nil
	}
	if r.Header.Get("Upgrade") != "" {
		// Clients that would rather speak over a WebSocket go on without one.
		return refuse(http.StatusUpgradeRequired, "upgrade_not_supported", "this path is served over plain requests, not over a WebSocket")
	}
	allow := e.Method
	if allow == http.MethodGet {
		allow = "GET, HEAD"
	}
	w.Header().Set("Allow", allow)
	return refuse(http.StatusMethodNotAllowed, "method_not_allowed", "this path takes "+allow)
}

// serve answers a call to a model. An error that it returns is one of a request
// that never became a call.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, call *gateway.Call, e *gateway.Endpoint, model string) *llm.Error {
	if err := call.Admit(); err != nil {
		return err
	}
	x := newExchange(w, r, call, e, h.logger)
	defer x.free()
	defer h.recover(x)
	var err *llm.Error
	if x.body, err = readBody(w, r, x.body, h.MaxBody, e.Form); err != nil {
		return err
	}
	if e.Form {
		x.in.ContentType = r.Header.Get("Content-Type")
	}
	if why := operation.BadModel(model); e.InPath && why != "" {
		return llm.Invalid("model", "invalid_model", why)
	}
	if err := e.Front.Inspect(x.body, &x.in); err != nil {
		return asError(err)
	}
	if x.in.Session == "" {
		x.in.Session = session(r.Header)
	}
	if e.InPath {
		x.in.Model, x.in.Stream = model, e.Stream
	}
	x.route = h.app.Resolve(x.in.Model)
	if err := call.EntitleModel(r, x.in.Model, x.route != nil); err != nil {
		return err
	}
	if err := x.recall(); err != nil {
		return err
	}
	if err := x.reserve(); err != nil {
		return err
	}
	call.Open(e.Front, e.Operation, x.route, &x.in)
	if e.Operation == llm.OpCountTokens {
		return x.count()
	}
	x.run()
	if x.severed {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// recover answers for a handler that panicked: the caller learns that it was
// not to blame and nothing more.
func (h *Handler) recover(x *exchange) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it too
		panic(p)
	}
	h.logger.Error("call panicked", zap.String("call", x.call.ID), zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
	x.call.Settle(http.StatusInternalServerError, llm.ClassGateway, "panic")
	if x.committed {
		// Only a connection that breaks tells that the answer is not whole.
		panic(http.ErrAbortHandler)
	}
	gateway.WriteError(x.w, x.r, x.front, &llm.Error{
		Status: http.StatusInternalServerError, Class: llm.ClassGateway, Type: "api_error", Code: "internal_error",
		Message: "the gateway failed; its log tells why, under this request's id",
	})
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)

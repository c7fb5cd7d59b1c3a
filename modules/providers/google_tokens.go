package providers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"

	"github.com/fairwaygw/fairway/internal/egress"
	"github.com/fairwaygw/fairway/llm"
)

// googleTokens are the access tokens of one of Google's credentials.
type googleTokens struct {
	mu sync.Mutex
	// found is nil until the default credentials have been looked for, which
	// may take asking the machine that this runs on.
	found *auth.Credentials
}

var googleOptions = credentials.DetectOptions{Scopes: []string{"https://www.googleapis.com/auth/cloud-platform"}}

// newGoogleTokens reads a file, unless it is empty. Nothing is asked of Google.
func newGoogleTokens(file string) (*googleTokens, error) {
	if file == "" {
		return new(googleTokens), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("credentials_file: %w", err)
	}
	var kind struct {
		Type credentials.CredType `json:"type"`
	}
	if err := json.Unmarshal(text, &kind); err != nil || kind.Type == "" {
		return nil, fmt.Errorf("credentials_file: %s is no file of Google's credentials", file)
	}
	options := googleOptions
	found, err := credentials.NewCredentialsFromJSON(kind.Type, text, &options)
	if err != nil {
		return nil, fmt.Errorf("credentials_file: reading %s: %w", file, err)
	}
	return &googleTokens{found: found}, nil
}

// token is a valid token. It is fetched when there is none yet, and renewed in
// the background before it ends.
func (g *googleTokens) token(ctx context.Context) (string, error) {
	found, err := g.credentials()
	if err == nil {
		var token *auth.Token
		if token, err = found.Token(ctx); err == nil {
			return token.Value, nil
		}
	}
	if ctx.Err() != nil {
		return "", egress.Interrupted(ctx)
	}
	var refused *auth.Error
	known := errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError
	if found != nil && !known {
		return "", egress.Unreachable("token", err) // nothing speaks against the credential
	}
	return "", &llm.Error{
		Status: http.StatusBadGateway, Class: llm.ClassCredential, Type: "api_error", Code: "upstream_auth", Reason: "token",
		Message: "no token for the provider could be had", Err: err,
	}
}

// credentials are those of the file, or else the default ones.
func (g *googleTokens) credentials() (*auth.Credentials, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.found != nil {
		return g.found, nil
	}
	options := googleOptions
	found, err := credentials.DetectDefault(&options)
	if err != nil {
		return nil, err
	}
	g.found = found
	return found, nil
}

package providers

import (
	"errors"
	"os"

	"go.uber.org/zap"
)

// The variables that AWS's own programs read.
const (
	bearerVariable = "AWS_BEARER_TOKEN_BEDROCK"
	idVariable     = "AWS_ACCESS_KEY_ID"
	keyVariable    = "AWS_SECRET_ACCESS_KEY"
	tokenVariable  = "AWS_SESSION_TOKEN"
)

// awsSecrets are an access key. The token is empty for keys that do not end.
type awsSecrets struct{ id, key, token string }

// credentials is the access key to sign with, or nil where calls carry an API
// key.
func (p *Bedrock) credentials(log *zap.Logger) (*awsSecrets, error) {
	id, key, token := p.AccessKeyID, p.SecretAccessKey, p.SessionToken
	configured := id != "" || key != "" || token != ""
	switch {
	case configured && len(p.APIKeys) > 0:
		return nil, errors.New("api_keys and access_key_id exclude one another")
	case len(p.APIKeys) > 0:
		return nil, nil //nolint:nilnil // there is none, which is no error
	case configured && (id == "" || key == ""):
		return nil, errors.New("access_key_id and secret_access_key belong together")
	case !configured && os.Getenv(bearerVariable) != "":
		return nil, nil //nolint:nilnil // as above
	case !configured && (os.Getenv(idVariable) == "" || os.Getenv(keyVariable) == ""):
		return nil, errors.New("there are no credentials; write api_key, or access_key_id and secret_access_key, or set " +
			bearerVariable + ", or " + idVariable + " and " + keyVariable)
	case !configured:
		id, key = "{env."+idVariable+"}", "{env."+keyVariable+"}"
		if os.Getenv(tokenVariable) != "" {
			token = "{env." + tokenVariable + "}"
		}
	}
	var s awsSecrets
	for _, field := range []struct {
		name, raw string
		to        *string
		log       *zap.Logger
	}{
		{"access_key_id", id, &s.id, nil}, // which is no secret by itself
		{"secret_access_key", key, &s.key, log},
		{"session_token", token, &s.token, log},
	} {
		if field.raw == "" {
			continue
		}
		value, err := resolve(field.name, field.raw, field.log)
		if err != nil {
			return nil, err
		}
		*field.to = value
	}
	return &s, nil
}

package providers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/caddyserver/caddy/v2"

	"github.com/fairwaygw/fairway/llm"
)

// VertexAccount is a project at Google Cloud whose Vertex AI is called. Calls
// carry tokens of its credentials, which are fetched when the first call needs
// one, and renewed before they end.
type VertexAccount struct {
	Account

	// Project is the project's id. Placeholders are resolved when the
	// configuration is provisioned. Default: GOOGLE_CLOUD_PROJECT of the
	// environment.
	Project string `json:"project,omitempty"`

	// Location is where the models are, such as europe-west1 or global.
	// Placeholders are resolved when the configuration is provisioned.
	// Default: GOOGLE_CLOUD_LOCATION of the environment, or else global.
	Location string `json:"location,omitempty"`

	// CredentialsFile is the path of a service account's key, or of another
	// kind of Google's credential files. Default: the application default
	// credentials, which are the file that GOOGLE_APPLICATION_CREDENTIALS
	// names, those of gcloud, or those of the machine.
	CredentialsFile string `json:"credentials_file,omitempty"`

	tokens *googleTokens
	// models is where the models are, after the base URL.
	models string
}

var (
	googleProject  = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]*$`)
	googleLocation = regexp.MustCompile(`^[a-z]+(-[a-z]+[0-9]+)?$`)
)

func (p *VertexAccount) provision(ctx caddy.Context, publisher string) error {
	if len(p.APIKeys) > 0 {
		return errors.New("api_keys: Vertex AI takes no keys; write credentials_file")
	}
	project, err := fromEnvironment("project", p.Project, "GOOGLE_CLOUD_PROJECT")
	if err != nil {
		return err
	}
	if project == "" {
		return errors.New("project is missing; write its id, or set GOOGLE_CLOUD_PROJECT")
	}
	location, err := fromEnvironment("location", p.Location, "GOOGLE_CLOUD_LOCATION")
	if err != nil {
		return err
	}
	if location == "" {
		location = "global"
	}
	if err := errors.Join(checkGoogle("project", project), checkGoogle("location", location)); err != nil {
		return err
	}
	file := p.CredentialsFile
	if file != "" {
		if file, err = caddy.NewReplacer().ReplaceOrErr(file, true, true); err != nil {
			return fmt.Errorf("credentials_file: %w", err)
		}
	}
	if p.tokens, err = newGoogleTokens(file); err != nil {
		return err
	}
	p.models = "/v1/projects/" + project + "/locations/" + location + "/publishers/" + publisher + "/models/"
	style := vertexStyle
	style.base = "https://" + location + "-aiplatform.googleapis.com"
	if location == "global" {
		style.base = "https://aiplatform.googleapis.com"
	}
	style.path, style.secrets = p.models, []string{file}
	return p.Account.provision(ctx, style)
}

var vertexStyle = vendorStyle{
	keyless: true,
	added:   []string{"/v1", "/v1beta1", "/models"},
}

// fromEnvironment is what the configuration says, placeholders resolved, or else
// the variable.
func fromEnvironment(what, configured, variable string) (string, error) {
	if configured == "" {
		return os.Getenv(variable), nil
	}
	value, err := caddy.NewReplacer().ReplaceOrErr(configured, true, true)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	return value, nil
}

// checkGoogle refuses what is no project or location: they become parts of URLs.
func checkGoogle(what, value string) error {
	form := googleProject
	if what == "location" {
		form = googleLocation
	}
	if !form.MatchString(value) {
		return fmt.Errorf("%s: %q is none of Google's", what, value)
	}
	return nil
}

// call makes one attempt at a method of a model.
func (p *VertexAccount) call(ctx context.Context, o *llm.Outgoing, model, method, query string) (*llm.Answer, error) {
	u, err := p.at(p.models, model, method)
	if err != nil {
		return nil, err
	}
	u.RawQuery = query
	token, err := p.tokens.token(ctx)
	if err != nil {
		return nil, err
	}
	return p.sendSigned(ctx, o, u, []string{"Authorization", "Bearer " + token})
}

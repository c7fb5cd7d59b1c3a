package providers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/fairwaygw/fairway/llm"
)

// awsSigner signs requests to a service of AWS in one region
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
type awsSigner struct {
	signer          *v4.Signer
	credentials     aws.Credentials
	region, service string
}

func newAWSSigner(s awsSecrets, region, service string) *awsSigner {
	return &awsSigner{
		signer: v4.NewSigner(), region: region, service: service,
		credentials: aws.Credentials{AccessKeyID: s.id, SecretAccessKey: s.key, SessionToken: s.token},
	}
}

// sign returns the headers that a POST of JSON needs, as name, value pairs. The
// path is signed as it is escaped in the URL.
func (s *awsSigner) sign(ctx context.Context, u *url.URL, body []byte) ([]string, error) {
	// The signer leaves the path as it is, and writes the query anew.
	signed := *u
	r := &http.Request{
		Method: http.MethodPost, URL: &signed, Host: u.Host,
		Header: http.Header{"Content-Type": {"application/json"}},
	}
	sum := sha256.Sum256(body)
	if err := s.signer.SignHTTP(ctx, s.credentials, r, hex.EncodeToString(sum[:]), s.service, s.region, time.Now()); err != nil {
		return nil, &llm.Error{
			Status: http.StatusInternalServerError, Class: llm.ClassGateway, Type: "api_error", Code: "internal_error",
			Message: "the request could not be signed", Err: err,
		}
	}
	var pairs []string
	for _, name := range [...]string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} {
		if value := r.Header.Get(name); value != "" {
			pairs = append(pairs, name, value)
		}
	}
	return pairs, nil
}

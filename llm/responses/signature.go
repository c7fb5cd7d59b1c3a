package responses

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// A caller of this dialect returns reasoning as an item with encrypted content.
// What another vendor issued carries a mark that no base64 has, so that it
// finds its way back to its issuer and to nobody else.
const (
	markIssuer = ":"
	// markCall is on the signature of a tool call, which stands on an empty
	// item of reasoning before the call.
	markCall = "call:"
	// markRedacted is on reasoning that only its issuer can read.
	markRedacted = "redacted:"
)

// encryptedContent is a signature as a caller of this dialect sees it.
func encryptedContent(signature, issuer string) string {
	if signature == "" || issuer == llm.IssuerOpenAI || issuer == "" {
		return signature
	}
	return issuer + markIssuer + signature
}

// proof is what encrypted content stands for.
type proof struct {
	signature, issuer string
	call, redacted    bool
}

// readEncrypted undoes encryptedContent and the marks.
func readEncrypted(own string) proof {
	var p proof
	own, p.call = strings.CutPrefix(own, markCall)
	own, p.redacted = strings.CutPrefix(own, markRedacted)
	for _, issuer := range [...]string{llm.IssuerAnthropic, llm.IssuerGoogle} {
		if s, ok := strings.CutPrefix(own, issuer+markIssuer); ok {
			p.signature, p.issuer = s, issuer
			return p
		}
	}
	if own != "" {
		p.signature, p.issuer = own, llm.IssuerOpenAI
	}
	return p
}

// marked reports whether encrypted content carries a mark, so that no provider
// of this dialect can have issued it.
func marked(own []byte) bool {
	return strings.Contains(string(own[:min(len(own), 32)]), markIssuer)
}

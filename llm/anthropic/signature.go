package anthropic

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// A caller of this dialect returns thoughts only together with their signature,
// whoever issued it. So that it finds its way back to its issuer, and to nobody
// else, a foreign signature carries a mark that no base64 has.
const (
	markIssuer = ":"
	// markCall is on the signature of a tool call, for which the dialect has no
	// place; it stands on an empty thought before the call.
	markCall = "call:"
)

// ownSignature is a signature as a caller of this dialect sees it.
func ownSignature(signature, issuer string) string {
	if signature == "" || issuer == llm.IssuerAnthropic || issuer == "" {
		return signature
	}
	return issuer + markIssuer + signature
}

func callSignature(signature, issuer string) string {
	return markCall + ownSignature(signature, issuer)
}

// readSignature undoes both; call is set for a tool call's.
func readSignature(own string) (signature, issuer string, call bool) {
	own, call = strings.CutPrefix(own, markCall)
	for _, issuer := range [...]string{llm.IssuerGoogle, llm.IssuerOpenAI} {
		if s, ok := strings.CutPrefix(own, issuer+markIssuer); ok {
			return s, issuer, call
		}
	}
	if own == "" {
		return "", "", false
	}
	return own, llm.IssuerAnthropic, call
}

// foreign reports whether Anthropic cannot have issued a signature.
func foreign(own []byte) bool {
	if len(own) == 0 {
		return true
	}
	return strings.Contains(string(own[:min(len(own), 32)]), markIssuer)
}

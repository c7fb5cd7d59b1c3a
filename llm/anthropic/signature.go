package anthropic

import (
	"bytes"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// A caller of this dialect returns thoughts only together with their signature,
// whoever issued it. So that it finds its way back to its issuer, and to nobody
// else, what Anthropic did not issue carries a mark that no base64 has: the
// issuer's name and a colon.
const (
	mark = ":"
	// markUnsigned is the signature of thoughts that have none.
	markUnsigned = "none" + mark
	// markCall is on the signature of a tool call, for which the dialect has no
	// place; it stands on an empty thought before the call.
	markCall = "call" + mark
)

// ownSignature is a signature as a caller of this dialect sees it.
func ownSignature(signature, issuer string) string {
	switch {
	case signature == "":
		return markUnsigned
	case issuer == llm.IssuerAnthropic:
		return signature
	}
	return issuer + mark + signature
}

func callSignature(signature, issuer string) string {
	return markCall + ownSignature(signature, issuer)
}

// readSignature undoes both; call is set for a tool call's.
func readSignature(own string) (signature, issuer string, call bool) {
	own, call = strings.CutPrefix(own, markCall)
	if issuer, signature, marked := strings.Cut(own, mark); marked {
		if issuer == llm.IssuerGoogle || issuer == llm.IssuerOpenAI {
			return signature, issuer, call
		}
		return "", "", call
	}
	if own == "" {
		return "", "", call
	}
	return own, llm.IssuerAnthropic, call
}

// foreign reports whether a signature is marked as another's. One that is empty
// may be right for a server that took the dialect over.
func foreign(own []byte) bool {
	return bytes.Contains(own[:min(len(own), 32)], []byte(mark))
}

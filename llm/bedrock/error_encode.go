package bedrock

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// exceptions are Amazon's names for HTTP statuses, as events of a stream have
// them; answers have them with a capital
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors).
var exceptions = map[int]string{
	401: "accessDeniedException", 403: "accessDeniedException", 404: "resourceNotFoundException", 408: "modelTimeoutException",
	409: "conflictException", 424: "modelErrorException", 429: "throttlingException", 500: "internalServerException",
	503: "serviceUnavailableException", 504: "modelTimeoutException", 529: "serviceUnavailableException",
}

func exceptionOf(e *llm.Error) string {
	if name, ok := exceptions[e.Status]; ok {
		return name
	}
	if e.Status >= 400 && e.Status < 500 {
		return "validationException"
	}
	return "internalServerException"
}

// ErrorHeader is the header in which an answer names the kind of its error, and
// by which Amazon's own libraries tell errors apart.
func (Dialect) ErrorHeader(e *llm.Error) (name, value string) {
	return "X-Amzn-Errortype", errorType(e)
}

func errorType(e *llm.Error) string {
	if e == nil {
		e = &llm.Error{}
	}
	name := exceptionOf(e)
	return strings.ToUpper(name[:1]) + name[1:]
}

// AppendError appends the body of an error answer. It names the kind too, which
// counts where the header is lost.
func (Dialect) AppendError(dst []byte, e *llm.Error) []byte {
	dst = rawjson.AppendQuote(append(dst, `{"message":`...), errorMessage(e))
	return append(rawjson.AppendQuote(append(dst, `,"__type":`...), errorType(e)), '}')
}

// errorMessage is never empty, and names the place.
func errorMessage(e *llm.Error) string {
	if e == nil {
		e = &llm.Error{}
	}
	message := e.Message
	if message == "" {
		message = http.StatusText(e.Status)
	}
	if message == "" {
		message = "the call failed"
	}
	if e.Param != "" {
		message = e.Param + ": " + message
	}
	return message
}

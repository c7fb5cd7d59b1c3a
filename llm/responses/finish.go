package responses

import "github.com/fairwaygw/fairway/llm"

// The states of an answer.
const (
	statusInProgress = "in_progress"
	statusQueued     = "queued"
	statusCompleted  = "completed"
	statusIncomplete = "incomplete"
	statusFailed     = "failed"
	statusCanceled   = "cancelled" //nolint:misspell // as OpenAI spells it
)

// The reasons for an answer to be incomplete.
const (
	reasonLength = "max_output_tokens"
	reasonFilter = "content_filter"
)

// finishOf tells why an answer ended, from its state and the reason for it to
// be incomplete; calls says whether it has calls for the caller to run.
func finishOf(status, reason string, calls bool) (f llm.Finish, native string) {
	native = status
	if status == statusIncomplete && reason != "" {
		native = reason
	}
	switch {
	case status == statusFailed, status == statusCanceled:
		return llm.FinishError, native
	case reason == reasonFilter:
		return llm.FinishContentFilter, native
	case status == statusIncomplete:
		return llm.FinishLength, native
	case calls:
		return llm.FinishToolCalls, native
	}
	return llm.FinishStop, native
}

// stateOf is the state of an answer that ended for a reason.
func stateOf(f llm.Finish) (status, reason string) {
	switch f {
	case llm.FinishLength:
		return statusIncomplete, reasonLength
	case llm.FinishContentFilter:
		return statusIncomplete, reasonFilter
	case llm.FinishError:
		return statusFailed, ""
	}
	return statusCompleted, ""
}

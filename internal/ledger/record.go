// Package ledger knows what calls used and what that cost: prices, amounts,
// the record of a call, and the journal that keeps records through a crash.
package ledger

import (
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// Record is everything about one call. It is complete and immutable once
// journaled.
type Record struct {
	// ID is unique over all nodes and time ("call_…").
	ID          string    `json:"id"`
	Time        time.Time `json:"time"`
	Tenant      string    `json:"tenant,omitempty"`
	Application string    `json:"application,omitempty"`
	Key         string    `json:"key,omitempty"`
	// API and Subscription are by which the call was made.
	API          string `json:"api,omitempty"`
	Subscription string `json:"subscription,omitempty"`

	// Front is the dialect that the caller spoke, Model the public name.
	Front     string `json:"front"`
	Operation string `json:"operation"`
	Model     string `json:"model"`
	Stream    bool   `json:"stream,omitempty"`
	User      string `json:"user,omitempty"`
	Session   string `json:"session,omitempty"`

	// Status is what the caller got; 499 when the caller went away. Class and
	// Reason are empty on success.
	Status int    `json:"status"`
	Class  string `json:"class,omitempty"`
	Reason string `json:"reason,omitempty"`

	Finish       string `json:"finish,omitempty"`
	NativeFinish string `json:"native_finish,omitempty"`
	// Dropped are the caller's fields that the target's dialect could not carry.
	Dropped []string `json:"dropped,omitempty"`

	// Usage and Cost are sums over the attempts. Cost is nil when any part of
	// it is unknown.
	Usage llm.Usage `json:"usage"`
	Cost  *Nano     `json:"cost,omitempty"`

	// Duration is from the first byte read to the last byte written;
	// FirstContent to the first content written, 0 when there was none.
	Duration     time.Duration `json:"duration"`
	FirstContent time.Duration `json:"first_content,omitempty"`

	Attempts []Attempt `json:"attempts,omitempty"`

	// JSON is all of the record as the journal has it, for a [Sink]; empty
	// elsewhere.
	JSON string `json:"-"`
}

// Attempt is one try at one target.
type Attempt struct {
	// Target is "provider/model".
	Target string `json:"target"`
	// Model is what the upstream called what answered.
	Model string `json:"model,omitempty"`
	// Credential is which of the provider's keys was used, from 0.
	Credential int `json:"credential"`
	// Status is the upstream's; 0 when nothing came back.
	Status    int    `json:"status,omitempty"`
	Class     string `json:"class,omitempty"`
	Reason    string `json:"reason,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	// Start is counted from the call's Time.
	Start        time.Duration `json:"start"`
	Duration     time.Duration `json:"duration"`
	FirstContent time.Duration `json:"first_content,omitempty"`

	Usage llm.Usage `json:"usage"`
	// Cost is nil when it is unknown. Price is the version of the price that
	// it was computed with.
	Cost  *Nano  `json:"cost,omitempty"`
	Price string `json:"price,omitempty"`
}

// Nano is an amount of money in nano-dollars (10⁻⁹ US dollars).
type Nano int64

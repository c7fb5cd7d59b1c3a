package aigateway

import (
	"bytes"
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/internal/store"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/responses"
)

// past is what a call of the Responses API goes on from, and what is to be kept
// of its own answer. Calls of other fronts have none.
type past struct {
	refers responses.References
	// keep is how long the answer is kept, 0 for not at all.
	keep time.Duration
	// homes are where the turns so far are kept at a vendor, the newest last;
	// turns are what was said in them.
	turns []turn
	// items are the kept items that the input refers to, by their ids.
	items map[string]keptItem
	// home is the one account that has all that the request refers to, if apart
	// is not set.
	home  home
	apart bool
	// relied is set while an attempt relies on what its vendor keeps, and lost
	// when the vendor turned out not to have it.
	relied, lost bool

	collector responses.Collector
	// in is the inspection of an assembled request.
	in        llm.Inspection
	assembled []byte
}

type turn struct {
	kept responses.Kept
	home home
}

type keptItem struct {
	text []byte
	home home
}

// home is a key of an account at a vendor; none where provider is empty.
type home struct {
	provider, account string
	credential        int
}

// shares reports whether both are the same account, by whatever key.
func (h home) shares(other home) bool {
	return h.provider == other.provider && h.account == other.account
}

func homeOf(o *store.Object) home { return home{o.Provider, o.Account, o.Credential} }

const (
	// mostTurns bounds how many answers one can go back.
	mostTurns = 1000
	// mostSaid bounds an assembled conversation, in bytes.
	mostSaid = 64 << 20
)

// recall finds what the call goes on from. What the caller's tenant does not own
// is refused, and never named to a vendor, whose account others may share.
func (x *exchange) recall() *llm.Error {
	if x.op != llm.OpChat || x.front.Name() != (responses.Dialect{}).Name() {
		return nil
	}
	p := &past{refers: responses.Refers(&x.in), keep: x.call.ResponseRetention()}
	if p.keep == 0 && p.refers.Previous != "" {
		return llm.Invalid("previous_response_id", "unsupported_parameter", "answers are not kept here; send all of the input instead")
	}
	x.past = p
	if err := x.recallTurns(p); err != nil {
		return err
	}
	if err := x.recallItems(p); err != nil {
		return err
	}
	if !p.refers.Store {
		p.keep = 0
	}
	return nil
}

// recallTurns goes back from answer to answer.
func (x *exchange) recallTurns(p *past) *llm.Error {
	size := 0
	for id := p.refers.Previous; id != ""; {
		o, found, err := x.call.Kept(x.r.Context(), store.ObjectResponse, id)
		if err != nil {
			return err
		}
		if size += len(o.Body); !found || size > mostSaid || len(p.turns) == mostTurns {
			return lostPast(p.refers.Previous, found)
		}
		x.renew(p, &o)
		t := turn{kept: responses.ReadKept(o.Body), home: homeOf(&o)}
		if len(p.turns) == 0 {
			p.home = t.home
			p.apart = t.home.provider == ""
		}
		p.turns = append(p.turns, t)
		id = t.kept.Previous
	}
	for i, j := 0, len(p.turns)-1; i < j; i, j = i+1, j-1 {
		p.turns[i], p.turns[j] = p.turns[j], p.turns[i]
	}
	return nil
}

func lostPast(id string, found bool) *llm.Error {
	if !found {
		return responses.NotFound(id)
	}
	return llm.Invalid("previous_response_id", "context_length_exceeded", "the conversation is too long to be gone on with; begin a new one")
}

// renew makes an answer that is used stay for longer, but not at each use.
func (x *exchange) renew(p *past, o *store.Object) {
	if until := x.call.Start.Add(p.keep); o.Expires.IsZero() || until.Sub(o.Expires) > p.keep/2 {
		again := *o
		again.Expires = until
		x.call.Keep(again)
	}
}

// recallItems finds the items that stand in the input by their ids.
func (x *exchange) recallItems(p *past) *llm.Error {
	for _, id := range p.refers.Items {
		if _, ok := p.items[id]; ok {
			continue
		}
		ref, found, err := x.call.Kept(x.r.Context(), store.ObjectItem, id)
		if err != nil {
			return err
		}
		var o store.Object
		if found {
			if o, found, err = x.call.Kept(x.r.Context(), store.ObjectResponse, string(ref.Body)); err != nil {
				return err
			}
		}
		if !found {
			p.apart = true // what may be left out is; what may not is refused below
			continue
		}
		x.renew(p, &o)
		x.renew(p, &ref)
		kept := responses.ReadKept(o.Body)
		for other, item := range responses.Items(kept.Output()) {
			if other == id {
				if p.items == nil {
					p.items = map[string]keptItem{}
				}
				p.items[id] = keptItem{item, homeOf(&o)}
			}
		}
		switch at := homeOf(&o); {
		case at.provider == "", p.home.provider != "" && p.home != at:
			p.apart = true
		default:
			p.home = at
		}
	}
	if len(p.refers.Items) == 0 {
		return nil
	}
	_, err := responses.OwnInput(nil, x.body, &x.in, p.find)
	return err
}

func (p *past) find(id string) ([]byte, bool) {
	item, ok := p.items[id]
	return item.text, ok
}

// refersBack reports whether the request is not complete without the past.
func (p *past) refersBack() bool {
	return p != nil && (p.refers.Previous != "" || len(p.refers.Items) > 0)
}

// prefer sends the call to where the vendor has what it refers to, if that is
// one of the model's targets.
func (x *exchange) prefer() {
	p := x.past
	if !p.refersBack() || p.apart || p.home.provider == "" {
		return
	}
	if i := x.route.At(p.home.provider, p.home.account); i >= 0 {
		x.tries.Prefer(i, p.home.credential)
	}
}

// said is the request for an attempt, with all that it refers to in it where the
// attempt's vendor does not have that. in is its inspection.
func (x *exchange) said(a *attempt) (body []byte, in *llm.Inspection, err *llm.Error) {
	p := x.past
	if !p.refersBack() {
		return x.body, &x.in, nil
	}
	provider, account := a.target.Account()
	at := home{provider, account, a.credential}
	p.relied = a.pass != nil && !p.apart && !p.lost && p.home == at
	if p.relied {
		return x.body, &x.in, nil
	}
	own, err := responses.OwnInput(nil, x.body, &x.in, func(id string) ([]byte, bool) {
		item, ok := p.items[id]
		if ok && !item.home.shares(at) {
			return responses.Unsealed(item.text), true
		}
		return item.text, ok
	})
	if err != nil {
		return nil, nil, err
	}
	turns := make([]responses.Turn, len(p.turns))
	for i := range p.turns {
		t := &p.turns[i]
		turns[i] = responses.Turn{Input: t.kept.Input, Output: t.kept.Output(), Foreign: !t.home.shares(at)}
	}
	p.assembled = responses.Assemble(p.assembled[:0], x.body, &x.in, turns, own, a.pass != nil)
	p.in.Reset()
	if err := x.front.Inspect(p.assembled, &p.in); err != nil {
		return nil, nil, asError(err)
	}
	return p.assembled, &p.in, nil
}

// settled takes from a decoded request what has been dealt with here, so that it
// is not reported as dropped.
func (p *past) settled(r *llm.Request) {
	if p == nil {
		return
	}
	delete(r.Extra, "store")
	delete(r.Extra, "previous_response_id")
}

// forgotten reports whether an attempt failed because the vendor does not have
// what the request relies on. All of the conversation is sent then.
func (x *exchange) forgotten(e *llm.Error) bool {
	p := x.past
	if e == nil || p == nil || !p.relied || x.committed || e.Status != http.StatusBadRequest && e.Status != http.StatusNotFound {
		return false
	}
	p.lost = e.Code == "previous_response_not_found" || e.Param == "previous_response_id" || e.Status == http.StatusNotFound
	return p.lost
}

// ownID reports whether the answer gets an id of the gateway's: it is made here
// out of another dialect's, and kept here.
func (x *exchange) ownID(a *attempt) bool { return x.past != nil && a.pass == nil }

// collect looks at what goes to the caller for one event.
func (x *exchange) collect(events []byte) {
	if x.past != nil && x.past.keep > 0 {
		x.past.collector.Add(events)
	}
}

// remember keeps a whole answer, before its caller has seen the end of it.
func (x *exchange) remember(a *attempt, whole []byte) {
	p := x.past
	if p == nil || p.keep == 0 {
		return
	}
	answer := responses.ReadAnswer(whole)
	if !answer.Whole || answer.ID == "" {
		return
	}
	input, err := responses.OwnInput(nil, x.body, &x.in, p.find)
	if err != nil {
		return
	}
	kept := responses.Kept{Previous: p.refers.Previous, Input: input, Response: bytes.TrimSpace(whole)}
	o := store.Object{
		Kind: store.ObjectResponse, ID: answer.ID, Model: x.in.Model, Created: x.call.Start,
		Expires: x.call.Start.Add(p.keep), Body: kept.Append(nil),
	}
	if a.pass != nil && answer.Stored {
		o.Provider, o.Account = a.target.Account()
		o.Credential = a.credential
	}
	objects := []store.Object{o}
	for id := range responses.Items(answer.Output) {
		item := o
		item.Kind, item.ID, item.Body = store.ObjectItem, id, []byte(o.ID)
		objects = append(objects, item)
	}
	x.call.Keep(objects...)
}

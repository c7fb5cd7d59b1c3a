package responses

import (
	"bytes"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

func (st *inspection) checkText(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.String && k != rawjson.Null {
		return wrongType(name, "a string")
	}
	return nil
}

func (st *inspection) checkNumber(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Number && k != rawjson.Null {
		return wrongType(name, "a number")
	}
	return nil
}

func (st *inspection) checkObject(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Object && k != rawjson.Null {
		return wrongType(name, "an object")
	}
	return nil
}

func (st *inspection) checkList(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Array && k != rawjson.Null {
		return wrongType(name, "a list")
	}
	return nil
}

// flag reads true or false; null is false.
func (st *inspection) flag(name string, v rawjson.Span) (bool, *llm.Error) {
	switch st.kind(v) {
	case rawjson.Bool:
		return rawjson.True(v.Of(st.body)), nil
	case rawjson.Null:
		return false, nil
	}
	return false, wrongType(name, "true or false")
}

func (st *inspection) checkStream(name string, v rawjson.Span) (err *llm.Error) {
	st.in.Stream, err = st.flag(name, v)
	return err
}

func (st *inspection) checkStreamOptions(name string, v rawjson.Span) *llm.Error {
	st.streamOptions = v
	return st.checkObject(name, v)
}

// checkBackground refuses answers that are made later: nobody could fetch them
// here, and what they use would not be counted.
func (st *inspection) checkBackground(name string, v rawjson.Span) *llm.Error {
	later, err := st.flag(name, v)
	if later {
		return llm.Invalid(name, codeUnsupported, "an answer cannot be made in the background")
	}
	return err
}

// maxLimit is the largest number that every JSON parser reads exactly.
const maxLimit = 1 << 53

func (st *inspection) checkLimit(name string, v rawjson.Span) *llm.Error {
	if st.kind(v) == rawjson.Null {
		return nil
	}
	want := "an integer from 1 to " + strconv.Itoa(maxLimit)
	if st.kind(v) != rawjson.Number {
		return wrongType(name, want)
	}
	n, ok := rawjson.Int(v.Of(st.body))
	if !ok || n < 1 || n > maxLimit {
		return llm.Invalid(name, codeValue, "expected "+want)
	}
	st.in.MaxTokens = n
	return nil
}

func (st *inspection) checkTools(name string, v rawjson.Span) *llm.Error {
	if err := st.checkList(name, v); err != nil {
		return err
	}
	st.in.Tools = holdsSomething(v.Of(st.body))
	return nil
}

func (st *inspection) checkFormat(name string, v rawjson.Span) *llm.Error {
	if err := st.checkObject(name, v); err != nil {
		return err
	}
	c := rawjson.Trust(st.body, v.Start)
	for ok := c.Object(); ok && c.NextField(); {
		if string(c.Key()) != "format" {
			c.Skip()
			continue
		}
		switch c.Kind() {
		case rawjson.Null:
			c.Skip()
		case rawjson.Object:
			st.in.Structured = true
			for c.Object(); c.NextField(); {
				if string(c.Key()) != "type" {
					c.Skip()
				} else if kind, _ := c.Text(); rawjson.Is(kind, "text") {
					st.in.Structured = false
				}
			}
		default:
			return wrongType(name+".format", "an object")
		}
	}
	return nil
}

func (st *inspection) checkReasoning(name string, v rawjson.Span) *llm.Error {
	if err := st.checkObject(name, v); err != nil {
		return err
	}
	c := rawjson.Trust(st.body, v.Start)
	for ok := c.Object(); ok && c.NextField(); {
		if string(c.Key()) != "effort" {
			c.Skip()
			continue
		}
		kind := c.Kind()
		effort, ok := c.Text()
		if !ok && kind != rawjson.Null {
			return wrongType(name+".effort", "a string")
		}
		st.in.Reasoning = ok && !rawjson.Is(effort, "none")
	}
	return nil
}

func (st *inspection) checkUser(name string, v rawjson.Span) *llm.Error {
	if err := st.checkText(name, v); err != nil {
		return err
	}
	if st.kind(v) == rawjson.String {
		st.in.User = string(st.text(v))
	}
	return nil
}

// checkSafetyID reads what is to replace the user's name at OpenAI.
func (st *inspection) checkSafetyID(name string, v rawjson.Span) *llm.Error {
	if st.in.User != "" {
		return st.checkText(name, v)
	}
	return st.checkUser(name, v)
}

// checkElsewhere notes that input is not all there is to the conversation.
func (st *inspection) checkElsewhere(_ string, v rawjson.Span) *llm.Error {
	st.elsewhere = st.elsewhere || st.kind(v) != rawjson.Null
	return nil
}

// checkPrevious notes the answer that the request goes on from.
func (st *inspection) checkPrevious(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
		return nil
	case rawjson.String:
	default:
		return wrongType(name, "a string")
	}
	if st.refers.Previous = string(st.text(v)); st.refers.Previous == "" {
		return llm.Invalid(name, codeValue, "the id is empty")
	}
	st.elsewhere = true
	return nil
}

// checkStore notes whether the answer is to be kept.
func (st *inspection) checkStore(name string, v rawjson.Span) *llm.Error {
	store, err := st.flag(name, v)
	st.refers.Store = store || st.kind(v) == rawjson.Null
	return err
}

// checkConversation reads the conversation's id, or the object that has it.
func (st *inspection) checkConversation(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
		return nil
	case rawjson.String:
		st.in.Session = string(st.text(v))
	case rawjson.Object:
		c := rawjson.Trust(st.body, v.Start)
		for c.Object(); c.NextField(); {
			if string(c.Key()) == "id" {
				id, _ := c.Text()
				st.in.Session = string(st.unescaped(id))
			} else {
				c.Skip()
			}
		}
	default:
		return wrongType(name, "a string or an object")
	}
	st.elsewhere, st.refers.Conversation = true, true
	return nil
}

// holdsSomething reports whether a list or an object is not empty.
func holdsSomething(v []byte) bool {
	switch rawjson.KindOf(v) {
	case rawjson.Array, rawjson.Object:
		return len(bytes.TrimSpace(v[1:len(v)-1])) > 0
	}
	return false
}

package llm

import "testing"

func TestPlaced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ param, message, want string }{
		{"messages", "this is required", "messages: this is required"},
		{"", "this is required", "this is required"},
		{"model", "the model `x` does not exist", "the model `x` does not exist"},
		{"temperature", "Unsupported value: 'temperature' is 3.", "Unsupported value: 'temperature' is 3."},
		{"n", "expected a number", "n: expected a number"},
		{"n", "no n, and n is 1", "no n, and n is 1"},
		{"model", "models, remodel and model_x; the model", "models, remodel and model_x; the model"},
		{"tool", "tools", "tool: tools"},
	} {
		if got := Invalid(c.param, "c", c.message).Placed(c.message); got != c.want {
			t.Errorf("%s at %q: got %q, want %q", c.message, c.param, got, c.want)
		}
	}
	other := &Error{Class: ClassServer, Param: "p"}
	if got := other.Placed("m"); got != "m" {
		t.Errorf("what is not the caller's fault became %q", got)
	}
}

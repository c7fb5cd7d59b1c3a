package manage

import (
	"context"
	"time"

	"cel.dev/cel-go/cel"

	"github.com/fairwaygw/fairway/internal/platform"
)

// A rule is an expression of CEL (https://cel.dev) that approves a request when
// it is true. It sees:
//
//	application             map: id, name
//	tenant                  map: id, name, of the application
//	plan                    map: id, name
//	kind                    string: new, plan_change, renew, limit_raise
//	estimated_monthly_cost  double, in dollars; -1 where it was not said
var ruleEnv = func() *cel.Env {
	facts := cel.MapType(cel.StringType, cel.StringType)
	env, err := cel.NewEnv(
		cel.Variable("application", facts), cel.Variable("tenant", facts), cel.Variable("plan", facts),
		cel.Variable("kind", cel.StringType), cel.Variable("estimated_monthly_cost", cel.DoubleType),
	)
	if err != nil {
		panic(err) // the variables are part of the program
	}
	return env
}()

// The bounds of a rule.
const (
	maxRule     = 4 << 10
	maxRuleCost = 10_000
	ruleTime    = 100 * time.Millisecond
)

// checkRule refuses what is no rule.
func checkRule(text string) error {
	if len(text) > maxRule {
		return platform.Invalid("rule", "is longer than %d bytes", maxRule)
	}
	_, err := compileRule(text)
	return err
}

func compileRule(text string) (cel.Program, error) {
	ast, issues := ruleEnv.Compile(text)
	if err := issues.Err(); err != nil {
		return nil, platform.Invalid("rule", "is no CEL expression: %s", err)
	}
	if ast.OutputType() != cel.BoolType {
		return nil, platform.Invalid("rule", "must be true or false, and is %s", ast.OutputType())
	}
	program, err := ruleEnv.Program(ast, cel.CostLimit(maxRuleCost), cel.InterruptCheckFrequency(100))
	if err != nil {
		return nil, platform.Invalid("rule", "cannot be used: %s", err)
	}
	return program, nil
}

// approves reports whether a rule says yes. One that fails says nothing, which
// leaves the request to a person.
func approves(ctx context.Context, rule string, r *platform.Request, a *platform.Application, t *platform.Tenant, p *platform.Plan) bool {
	program, err := compileRule(rule)
	if err != nil {
		return false
	}
	cost := -1.0
	if r.Cost > 0 {
		cost = float64(r.Cost) / 1e9
	}
	ctx, cancel := context.WithTimeout(ctx, ruleTime)
	defer cancel()
	out, _, err := program.ContextEval(ctx, map[string]any{
		"application":            map[string]string{"id": string(a.ID), "name": a.Name},
		"tenant":                 map[string]string{"id": string(t.ID), "name": t.Name},
		"plan":                   map[string]string{"id": string(p.ID), "name": p.Name},
		"kind":                   string(r.Kind),
		"estimated_monthly_cost": cost,
	})
	if err != nil {
		return false
	}
	yes, ok := out.Value().(bool)
	return ok && yes
}

package routing_test

import (
	"fmt"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
)

func Example() {
	names := []string{"openai/gpt-5-mini", "house/qwen3", "anthropic/claude-haiku-4-5"}
	at := func(index, weight int) routing.Target {
		return routing.Target{
			Index: index, Weight: weight, Model: names[index],
			Breaker:     resilience.NewBreaker(resilience.Settings{}, nil),
			Credentials: resilience.NewCredentials(1),
		}
	}
	plan, err := routing.NewPlan(routing.Config{
		Targets:   []routing.Target{at(0, 3), at(1, 1)},
		Strategy:  routing.First,
		Fallbacks: []routing.Target{at(2, 0)},
		Retries:   routing.DefaultRetries,
	})
	if err != nil {
		panic(err)
	}

	// The attempts of one call, of which only the last goes well.
	results := []*llm.Error{
		{Status: 401, Code: "invalid_api_key"},
		{Status: 429, RetryAfter: time.Minute},
		nil,
	}
	run := plan.Start(time.Now(), routing.Need{}, nil)
	defer run.End()
	var failed *llm.Error
	for {
		pick, stop := run.Next(time.Now(), failed)
		if stop != nil {
			fmt.Println(stop)
			return
		}
		failed = results[pick.Attempt-1]
		run.Done(time.Now(), failed)
		fmt.Println(pick.Attempt, pick.Why, names[pick.Target], resilience.Classify(failed))
		if failed == nil {
			return
		}
	}
	// Output:
	// 1 first openai/gpt-5-mini credential
	// 2 target house/qwen3 rate_limit
	// 3 fallback anthropic/claude-haiku-4-5 none
}

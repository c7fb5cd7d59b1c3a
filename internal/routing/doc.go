// Package routing decides which target a call is tried at, with which key, and
// what happens when that fails. It does no input or output, and reads no clock.
//
// A [Plan] is made once for a model: its targets, fallbacks and bounds. A [Run]
// is one call's way through it. [Run.Next] names the next attempt, [Run.Done]
// tells how it ended, and [Run.End] gives back what is still held:
//
//	run := plan.Start(time.Now(), Need{}, nil)
//	defer run.End()
//	var failed *llm.Error
//	for {
//		pick, stop := run.Next(time.Now(), failed)
//		if stop != nil {
//			return stop // for the caller, as it stands
//		}
//		if !sleep(ctx, pick.Wait) {
//			return // the caller left
//		}
//		failed = attempt(targets[pick.Target], pick.Credential, func() { run.FirstToken(time.Now()) })
//		run.Done(time.Now(), failed)
//		if failed == nil || committed {
//			return // answered, or broken off before the caller's eyes
//		}
//	}
//
// The order of attempts after a failure, as far as the failure's class allows
// (see [resilience.Policy]):
//
//  1. another key of the same target, at once;
//  2. the other targets of the model, by weight or in order, at once;
//  3. the same target again, after a random wait or the one that the provider
//     asks for, if that is short; but the last retry is kept for a fallback,
//     and a target that could not be reached is left when there is one;
//  4. the fallbacks, in order, at once.
//
// Targets whose breaker is open or whose keys rest are passed over, which costs
// no retry.
package routing

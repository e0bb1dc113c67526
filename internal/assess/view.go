package assess

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// View is what one round says of the target, as the judge reads it.
type View struct {
	At    time.Time
	State aftercheck.State // unknown where nothing is known of the target
	// Brief is the state and what is worst, in a few words.
	Brief string
	// Stale: the round was taken before the action's end, and says nothing.
	Stale bool
}

// Views returns what each round of the evidence says, in their order.
func Views(c Case) []View {
	var before glance
	if c.Evidence.PreState != nil {
		before = look(c.Evidence.PreState.Readings, time.Time{}, nil)
	}
	own := byKey(before.units)
	views := make([]View, len(c.Evidence.Rounds))
	for i, round := range c.Evidence.Rounds {
		g := look(round.Readings, c.Action.FinishedAt, own)
		views[i] = View{At: round.At, State: g.state, Brief: g.brief(), Stale: g.stale}
		switch {
		case g.gone || g.scaledDown():
			views[i].State = aftercheck.StateUnhealthy
		case !g.known():
			views[i].State, views[i].Brief = aftercheck.StateUnknown, "unknown"
		}
	}
	return views
}

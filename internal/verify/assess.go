package verify

import (
	"context"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// Assess judges a pre-state and a post-state that the caller brings, and stores
// nothing. What the post-state shows is taken as seen after the action and as
// held. Errors are a *aftercheck.FieldError or the context's.
func (e *Engine) Assess(ctx context.Context, r aftercheck.AssessmentRequest) (aftercheck.Assessment, error) {
	if r.Now.IsZero() {
		r.Now = e.wall()
	}
	if err := checkAssessment(r, r.Now); err != nil {
		return aftercheck.Assessment{}, err
	}
	policy, err := resolve(e.world.Load().policies, r.Policy, r.Incident)
	if err != nil {
		return aftercheck.Assessment{}, err
	}
	judged := safely(e.opts.Judge, e.brought(r, policy), r.Now)
	return judged.Assessment, context.Cause(ctx)
}

// brought makes a case of the caller's readings: one round that has ended, and
// no further one. What of them is in words is read first; it is not kept.
func (e *Engine) brought(r aftercheck.AssessmentRequest, policy aftercheck.Policy) assess.Case {
	incident, action := inUTC(r.Incident, r.Action)
	question := aftercheck.Question{Incident: incident, Action: action}
	evidence := aftercheck.Evidence{SchemaVersion: aftercheck.SchemaVersion, Held: true}
	if len(r.PreState) > 0 {
		evidence.PreState = &aftercheck.Snapshot{
			Incident: incident, Action: action, Readings: e.opts.ReadWords(r.PreState, question, r.Now),
			CapturedAt: earliest(r.PreState, action.Began()),
		}
	}
	question.Known = knownTarget(&evidence)
	evidence.Rounds = []aftercheck.Round{{At: r.Now, EndedAt: r.Now, Readings: e.opts.ReadWords(r.PostState, question, r.Now)}}
	return assess.Case{Incident: incident, Action: action, Policy: policy, Evidence: evidence}
}

// earliest is when the first of the readings was taken, or the given time if
// none says.
func earliest(readings []aftercheck.Reading, otherwise time.Time) time.Time {
	var taken []time.Time
	for _, reading := range readings {
		if !reading.At.IsZero() {
			taken = append(taken, reading.At)
		}
	}
	if len(taken) == 0 {
		return otherwise
	}
	return slices.MinFunc(taken, time.Time.Compare)
}

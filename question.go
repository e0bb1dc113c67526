package aftercheck

import "time"

// Question is what a reading is taken for.
type Question struct {
	Incident Incident
	Action   Action
	// After is the action's end: a reading that answers this question must not
	// have been begun before it. Zero before the action.
	After time.Time
	// Known is the target as an earlier reading of the same verification
	// resolved it, so that a target which is gone by now can still be named.
	// Zero if there was none.
	Known Target
}

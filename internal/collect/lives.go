package collect

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// DelaysOfCrashes returns how long the target, if it is not well, needs to show that its
// crashes are over: as long as it lived before the last one.
func DelaysOfCrashes(findings []aftercheck.Finding) []aftercheck.Delay {
	var longest *aftercheck.Finding
	ill := false
	for i, f := range findings {
		ill = ill || f.Scope == aftercheck.ScopeTarget && (f.State == aftercheck.StateUnhealthy || f.State == aftercheck.StateProgressing)
		if f.Check == aftercheck.CheckPreviousLife && (longest == nil || f.Value.Number > longest.Value.Number) {
			longest = &findings[i]
		}
	}
	if longest == nil || !ill {
		return nil
	}
	life := time.Duration(longest.Value.Number * float64(time.Second))
	return []aftercheck.Delay{{
		Of:    longest.Subject.String(),
		Parts: []aftercheck.DelayPart{{Name: "previous_life", Duration: aftercheck.Duration(life)}},
	}}
}

package aftercheck

// Verdict answers: did the fix work?
type Verdict string

// The verdicts.
const (
	// Success: the target recovered, or was restarted as asked, and held.
	Success Verdict = "success"
	// Degraded: neither a recovery nor a failure that the evidence proves.
	Degraded Verdict = "degraded"
	// Failed: the evidence shows that the target is still or newly broken.
	Failed Verdict = "failed"
	// Timeout: the deadline passed before anything could be observed.
	Timeout Verdict = "timeout"
)

// Reason says why a verdict was given. The set is closed; Reasons lists it.
type Reason string

// The reasons, each under one verdict.
const (
	ReasonRecovered Reason = "recovered"
	ReasonRestarted Reason = "restarted"

	ReasonPartlyRecovered      Reason = "partly_recovered"
	ReasonStillConverging      Reason = "still_converging"
	ReasonNoChange             Reason = "no_change"
	ReasonNoEffect             Reason = "no_effect"
	ReasonAlreadyHealthy       Reason = "already_healthy"
	ReasonObservedOnly         Reason = "observed_only"
	ReasonFlapping             Reason = "flapping"
	ReasonDrifted              Reason = "drifted"
	ReasonRegressed            Reason = "regressed"
	ReasonInsufficientEvidence Reason = "insufficient_evidence"

	ReasonStillBroken      Reason = "still_broken"
	ReasonWorse            Reason = "worse"
	ReasonTargetGone       Reason = "target_gone"
	ReasonTargetScaledDown Reason = "scaled_down"

	ReasonDeadlineExceeded Reason = "deadline_exceeded"
	ReasonSidecarAway      Reason = "sidecar_away"
)

// Outcome is a verdict with its reason.
type Outcome struct {
	Verdict Verdict
	Reason  Reason
}

// Outcomes returns every verdict with each of its reasons, in the order of the
// documentation. Metrics are preset from it.
func Outcomes() []Outcome {
	return []Outcome{
		{Success, ReasonRecovered},
		{Success, ReasonRestarted},
		{Degraded, ReasonPartlyRecovered},
		{Degraded, ReasonStillConverging},
		{Degraded, ReasonNoChange},
		{Degraded, ReasonNoEffect},
		{Degraded, ReasonAlreadyHealthy},
		{Degraded, ReasonObservedOnly},
		{Degraded, ReasonFlapping},
		{Degraded, ReasonDrifted},
		{Degraded, ReasonRegressed},
		{Degraded, ReasonInsufficientEvidence},
		{Failed, ReasonStillBroken},
		{Failed, ReasonWorse},
		{Failed, ReasonTargetGone},
		{Failed, ReasonTargetScaledDown},
		{Timeout, ReasonDeadlineExceeded},
		{Timeout, ReasonSidecarAway},
	}
}

// Answer is yes, no or unknown.
type Answer string

// The answers.
const (
	AnswerYes     Answer = "yes"
	AnswerNo      Answer = "no"
	AnswerUnknown Answer = "unknown"
)

// Regression is something that was good before the action and is bad after.
type Regression struct {
	Subject  Subject `json:"subject"`
	Check    Check   `json:"check"`
	Scope    Scope   `json:"scope" enum:"target,neighbour"`
	Before   string  `json:"before" doc:"State, reason and value before the action."`
	After    string  `json:"after" doc:"State, reason and value now."`
	Critical bool    `json:"critical" doc:"It vetoes success."`
}

// Part is one weighted part of the score.
type Part struct {
	Name        string  `json:"name" doc:"root_cause, target_health, stability, metrics, regressions."`
	Weight      float64 `json:"weight" doc:"Share of the score, after the weights of unmeasured parts were shared out."`
	Score       float64 `json:"score" doc:"0 to 1."`
	Measured    bool    `json:"measured" doc:"False: nothing was known; the part takes no share in the score."`
	Value       string  `json:"value" doc:"What was seen."`
	Wanted      string  `json:"wanted" doc:"What would have given 1."`
	Explanation string  `json:"explanation" doc:"One sentence."`
}

// Assessment is what the judge made of the evidence.
type Assessment struct {
	Verdict          Verdict      `json:"verdict,omitempty" enum:"success,degraded,failed,timeout"`
	Reason           Reason       `json:"reason,omitempty" doc:"Why, out of a closed set; see docs/judge.md."`
	Explanation      string       `json:"explanation,omitempty" doc:"The verdict in one sentence for people."`
	Score            *float64     `json:"score,omitempty" minimum:"0" maximum:"1" doc:"Self-healing score. Absent: the evidence does not carry one."`
	Coverage         *float64     `json:"coverage,omitempty" minimum:"0" maximum:"1" doc:"Share of what should have been observed that was."`
	RootCauseCleared Answer       `json:"root_cause_cleared,omitempty" enum:"yes,no,unknown"`
	Regressions      []Regression `json:"regressions,omitempty"`
	Parts            []Part       `json:"parts,omitempty" doc:"What the score is made of."`
	Findings         []Finding    `json:"findings,omitempty" doc:"The last round's findings that decided: the target's, and the neighbours' that are not healthy."`
	Notes            []string     `json:"notes,omitempty" doc:"What a reader should know of the evidence: a missing pre-state, sensors that did not answer."`
}

// Package notify proposes rollbacks to people, through Alertmanager. It never
// rolls anything back.
package notify

import "github.com/aftercheck/aftercheck"

// Decision says whether a rollback is proposed, or why not.
type Decision string

// The decisions. Only DecisionPropose proposes.
const (
	// DecisionPropose: the score is under the policy's threshold.
	DecisionPropose Decision = "propose"
	// DecisionNoVerdict: nothing is judged yet.
	DecisionNoVerdict Decision = "no_verdict"
	// DecisionNoEvidence: the verdict is about what is not known, so that a
	// monitoring outage proposes nothing.
	DecisionNoEvidence Decision = "no_evidence"
	// DecisionNoScore: the evidence does not carry a score.
	DecisionNoScore Decision = "no_score"
	// DecisionLowCoverage: too little of what should have been seen was seen.
	DecisionLowCoverage Decision = "low_coverage"
	// DecisionNothingToRollBack: the action changed nothing.
	DecisionNothingToRollBack Decision = "nothing_to_roll_back"
	// DecisionGoodEnough: the score reaches the threshold.
	DecisionGoodEnough Decision = "good_enough"
)

// Decide says whether the verdict calls for the proposal of a rollback.
func Decide(v aftercheck.Verification) Decision {
	switch {
	case v.Assessment == nil || v.Verdict == "":
		return DecisionNoVerdict
	case v.Verdict == aftercheck.Timeout, v.Reason == aftercheck.ReasonInsufficientEvidence:
		return DecisionNoEvidence
	case v.Score == nil:
		return DecisionNoScore
	case v.Coverage == nil || *v.Coverage < v.Policy.MinCoverage:
		return DecisionLowCoverage
	case v.Reason == aftercheck.ReasonObservedOnly:
		return DecisionNothingToRollBack
	case *v.Score >= v.Policy.ProposalThreshold:
		return DecisionGoodEnough
	}
	return DecisionPropose
}

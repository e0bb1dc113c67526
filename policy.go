package aftercheck

import "time"

// Policy is how one verification waits, observes and is judged. The zero value
// of a field means its default in DefaultPolicy, but for FollowDelays.
type Policy struct {
	Name              string             `json:"name"`
	Warmup            Duration           `json:"warmup" doc:"Time between the action's end and the first observation."`
	Deadline          Duration           `json:"deadline" doc:"How long to observe after the warm-up; with follow_delays, at the least."`
	FollowDelays      bool               `json:"follow_delays,omitempty" doc:"The deadline is later than that where signals need longer to show a change. Set where neither the request nor the configuration sets a deadline."`
	MaxWait           Duration           `json:"max_wait,omitempty" doc:"With follow_delays, how long to observe after the warm-up at the most."`
	Interval          Duration           `json:"interval" doc:"Time between the starts of two rounds of observation."`
	SensorTimeout     Duration           `json:"sensor_timeout" doc:"How long one sensor may take."`
	CaptureTimeout    Duration           `json:"capture_timeout" doc:"How long a whole capture may take."`
	Rounds            int                `json:"rounds" doc:"How many consecutive rounds must be healthy together for a success."`
	SettleTime        Duration           `json:"settle_time" doc:"How long those rounds must span at the least."`
	CrashLoopLimit    Duration           `json:"crash_loop_limit" doc:"A target that was crash-looping must outlive its previous life to count as recovered, but need not run for longer than this. Zero: that is not asked."`
	MinCoverage       float64            `json:"min_coverage" doc:"Under this coverage there is no score and the reason is insufficient_evidence."`
	ProposalThreshold float64            `json:"proposal_threshold" doc:"Under this score a rollback is proposed."`
	Weights           map[string]float64 `json:"weights" doc:"Weight of each part of the score by its name, shared out over what was measured."`
}

// The parts of the score, as they are named in Policy.Weights and Part.Name.
const (
	PartRootCause    = "root_cause"
	PartTargetHealth = "target_health"
	PartStability    = "stability"
	PartMetrics      = "metrics"
	PartRegressions  = "regressions"
)

// MaxRounds bounds the rounds of one verification; a policy whose interval
// would give more is observed less often.
const MaxRounds = 120

// DefaultPolicy is the policy where nothing is configured. Warm-up, deadline
// and time-outs are the replaced verifier's. The longest wait holds a rate over
// five minutes and the same again; it is a choice. The rest is explained in
// docs/judge.md.
func DefaultPolicy() Policy {
	return Policy{
		Name:              "default",
		Warmup:            Duration(10 * time.Second),
		Deadline:          Duration(30 * time.Second),
		FollowDelays:      true,
		MaxWait:           Duration(15 * time.Minute),
		Interval:          Duration(5 * time.Second),
		SensorTimeout:     Duration(8 * time.Second),
		CaptureTimeout:    Duration(8 * time.Second),
		Rounds:            3,
		SettleTime:        0,
		CrashLoopLimit:    Duration(10 * time.Minute), // the kubelet forgets crashes after that
		MinCoverage:       0.3,
		ProposalThreshold: 0.5,
		Weights: map[string]float64{
			PartRootCause:    0.30,
			PartTargetHealth: 0.30,
			PartStability:    0.15,
			PartMetrics:      0.10,
			PartRegressions:  0.15,
		},
	}
}

// RoundInterval is the time between two rounds: Interval, or longer where
// Deadline would otherwise hold more than MaxRounds of them.
func (p Policy) RoundInterval() time.Duration {
	return max(time.Duration(p.Interval), time.Duration(p.Deadline)/MaxRounds, time.Millisecond)
}

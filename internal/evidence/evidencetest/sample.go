package evidencetest

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// epoch is when the samples' world begins: shortly before now, so that samples
// are within every retention, and the same for a whole test run.
var epoch = time.Now().UTC().Truncate(time.Second)

// Sample returns a verification as the engine would accept it, the nth: later
// ones are accepted a second later each. It is complete but small.
func Sample(n int) aftercheck.Verification {
	id := fmt.Sprintf("v-%06d", n)
	at := epoch.Add(time.Duration(n) * time.Second)
	policy := aftercheck.DefaultPolicy()
	return aftercheck.Verification{
		ID:    id,
		State: aftercheck.StateWaiting,
		Incident: aftercheck.Incident{
			ID: fmt.Sprintf("incident-%d", n%3), Alertname: "KubePodCrashLooping",
			Labels: map[string]string{"namespace": "shop", "deployment": "api"}, StartsAt: at.Add(-time.Minute),
		},
		Action:        aftercheck.Action{Text: "auto_repair_playbook:pb-1:restart", StartedAt: at.Add(-2 * time.Second), FinishedAt: at},
		Playbook:      fmt.Sprintf("pb-%d", n%2),
		Policy:        policy,
		AcceptedAt:    at,
		ObserveFrom:   at.Add(time.Duration(policy.Warmup)),
		NextRoundAt:   at.Add(time.Duration(policy.Warmup)),
		DeadlineAt:    at.Add(time.Duration(policy.Warmup) + time.Duration(policy.Deadline)),
		RequestDigest: "digest of " + id,
		Evidence:      &aftercheck.Evidence{PreState: &aftercheck.Snapshot{ID: "s-" + id, CapturedAt: at, Readings: readings(at, 2)}},
	}
}

// SampleRound returns the nth round of a verification.
func SampleRound(v aftercheck.Verification, n int) aftercheck.Round {
	at := v.ObserveFrom.Add(time.Duration(n) * 5 * time.Second)
	return aftercheck.Round{At: at, EndedAt: at.Add(time.Second), Readings: readings(at, 3)}
}

// SampleAssessment returns an assessment with the given verdict.
func SampleAssessment(verdict aftercheck.Verdict) aftercheck.Assessment {
	score, coverage := 0.75, 1.0
	return aftercheck.Assessment{
		Verdict: verdict, Reason: aftercheck.ReasonRecovered, Explanation: "It recovered.", Score: &score, Coverage: &coverage,
		RootCauseCleared: aftercheck.AnswerYes, Parts: []aftercheck.Part{{Name: aftercheck.PartRootCause, Weight: 1, Score: 0.75, Measured: true}},
		Notes: []string{"One sensor did not answer."},
	}
}

// readings are n sensors' answers of about a kilobyte each.
func readings(at time.Time, n int) []aftercheck.Reading {
	out := make([]aftercheck.Reading, n)
	for i := range out {
		out[i] = aftercheck.Reading{
			Sensor: fmt.Sprintf("sensor-%d", i), At: at, DurationSeconds: 0.125, Outcome: aftercheck.ReadingOK,
			Findings: []aftercheck.Finding{{
				Subject: aftercheck.Subject{Kind: "Deployment", Namespace: "shop", Name: "api", UID: "u-1"},
				Check:   aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget, State: aftercheck.StateHealthy, At: at,
				Value: &aftercheck.Value{Number: 3, Unit: "replicas"},
			}},
			Raw: strings.Repeat(fmt.Sprintf("<raw %d>\n", i), 80),
		}
	}
	return out
}

// Fill sets every field of the value that pointer points to, at every depth, to
// something that is not its zero value, so that what a store drops shows.
func Fill(pointer any) { fill(reflect.ValueOf(pointer).Elem()) }

func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		zone := time.FixedZone("", 2*60*60)
		v.Set(reflect.ValueOf(time.Date(2026, 11, 24, 1, 2, 3, 456789012, zone)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text with \"quotes\", <markup>, \x00 and ünïcode")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(90 * time.Second))
	case reflect.Int32:
		v.SetInt(1<<31 - 1)
	case reflect.Uint32:
		v.SetUint(1<<32 - 1)
	case reflect.Float64:
		v.SetFloat(0.1 + 0.2)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic("no filling for " + v.Type().String())
	}
}

package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Alertname is the name of the alert that carries a proposal.
const Alertname = "AftercheckRollbackProposed"

// isProposal is what nobody who reads the alert may miss.
const isProposal = "This is a proposal. Nothing is rolled back automatically."

// The bounds of what is shown of an action and of its regressions.
const (
	shownAction      = 120 // characters
	shownRegressions = 5
)

// alert is one alert as Alertmanager's API v2 takes it.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
}

// newAlert words the proposal. The labels stay the same for the same repair of
// the same incident, so that it is one alert; what is measured is in the
// annotations.
func newAlert(v aftercheck.Verification, now time.Time, lifetime time.Duration) alert {
	return alert{
		Labels: withoutEmpty(map[string]string{
			"alertname": Alertname,
			"severity":  "warning",
			"namespace": v.Incident.Labels["namespace"],
			"incident":  v.Incident.ID,
			"playbook":  v.Playbook,
		}),
		Annotations: withoutEmpty(annotations(v)),
		StartsAt:    v.SealedAt,
		EndsAt:      now.Add(lifetime),
	}
}

func annotations(v aftercheck.Verification) map[string]string {
	action := cut(v.Action.Text, shownAction)
	score := fmt.Sprintf("%.2f", *v.Score)
	threshold := fmt.Sprintf("%.2f", v.Policy.ProposalThreshold)
	facts := []string{
		"Incident: " + named(v.Incident),
		"Action: " + action,
		fmt.Sprintf("Verdict: %s (%s)", v.Verdict, v.Reason),
		fmt.Sprintf("Score: %s (threshold %s)", score, threshold),
		"Root cause cleared: " + string(v.RootCauseCleared),
		"Regressions: " + regressions(v.Regressions),
		isProposal,
	}
	return map[string]string{
		"summary":            fmt.Sprintf("Rollback proposed: self-healing score %s is under %s", score, threshold),
		"description":        strings.Join(facts, "\n"),
		"action":             action,
		"verdict":            string(v.Verdict),
		"reason":             string(v.Reason),
		"explanation":        v.Explanation,
		"score":              score,
		"threshold":          threshold,
		"root_cause_cleared": string(v.RootCauseCleared),
		"regressions":        regressions(v.Regressions),
		"verification":       v.ID,
	}
}

func named(i aftercheck.Incident) string {
	if i.Name() == "" {
		return i.ID
	}
	return i.ID + " (" + i.Name() + ")"
}

// regressions lists the first five, and how many more there are.
func regressions(all []aftercheck.Regression) string {
	if len(all) == 0 {
		return "none"
	}
	var shown []string
	for _, r := range all[:min(len(all), shownRegressions)] {
		shown = append(shown, fmt.Sprintf("%s %s: %s → %s", r.Subject, r.Check, r.Before, r.After))
	}
	text := strings.Join(shown, "; ")
	if more := len(all) - shownRegressions; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// cut shortens a text to so many characters, the sign of the cut included.
func cut(text string, characters int) string {
	runes := []rune(text)
	if len(runes) <= characters {
		return text
	}
	return string(runes[:characters-1]) + "…"
}

func withoutEmpty(pairs map[string]string) map[string]string {
	for name, value := range pairs {
		if value == "" {
			delete(pairs, name)
		}
	}
	return pairs
}

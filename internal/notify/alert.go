package notify

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
)

// Alertname is the name of the alert that carries a proposal.
const Alertname = "AftercheckRollbackProposed"

// isProposal is what nobody who reads the alert may miss.
const isProposal = "This is a proposal. Nothing is rolled back automatically."

// The severities of the alert: a verdict of failed is critical, any other a
// warning.
const (
	severityCritical = "critical"
	severityWarning  = "warning"
)

// The bounds of what is shown, in characters but for the numbers of things.
const (
	shownAction      = 120
	shownRegressions = 5
	shownChecks      = 5
	shownText        = 1000
	shownDescription = 2000
	shownLabel       = 128
)

// alert is one alert as Alertmanager's API v2 takes it.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// writer words proposals.
type writer struct {
	incidentLabels []string
	redact         func(string) string
	externalURL    string
}

// labels are few and stay the same for the same outcome of the same repair, so
// that it is one alert; what is measured is in the annotations.
func (w writer) labels(v aftercheck.Verification) map[string]string {
	severity := severityWarning
	if v.Verdict == aftercheck.Failed {
		severity = severityCritical
	}
	labels := map[string]string{}
	for _, name := range w.incidentLabels {
		if labelName.MatchString(name) {
			labels[name] = v.Incident.Labels[name]
		}
	}
	for name, value := range map[string]string{
		"alertname": Alertname,
		"severity":  severity,
		"namespace": v.Incident.Labels["namespace"],
		"incident":  v.Incident.ID,
		"playbook":  v.Playbook,
		"verdict":   string(v.Verdict),
	} {
		labels[name] = value
	}
	for name, value := range labels {
		labels[name] = cut(w.redact(value), shownLabel)
	}
	return withoutEmpty(labels)
}

// labelName is the form that every Alertmanager takes.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (w writer) annotations(v aftercheck.Verification) map[string]string {
	v.Action.Text = w.redact(v.Action.Text) // whole: half a secret is not recognised
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
	texts := map[string]string{
		"summary":            fmt.Sprintf("Rollback proposed: self-healing score %s is under %s", score, threshold),
		"description":        strings.Join(facts, "\n"),
		"action":             action,
		"reason":             string(v.Reason),
		"explanation":        v.Explanation,
		"score":              score,
		"threshold":          threshold,
		"root_cause_cleared": string(v.RootCauseCleared),
		"regressions":        regressions(v.Regressions),
		"checks":             checks(v.Parts),
		"verification":       v.ID,
		"proposal":           proposalID(v.Incident.ID, v.Playbook),
		"incident_alertname": cut(v.Incident.Name(), shownLabel),
	}
	for name, text := range texts {
		most := shownText
		if name == "description" {
			most = shownDescription
		}
		texts[name] = cut(w.redact(text), most)
	}
	texts["evidence"] = w.evidence(v.ID)
	return withoutEmpty(texts)
}

// evidence is the address of a verification's page, or empty.
func (w writer) evidence(id string) string {
	if w.externalURL == "" {
		return ""
	}
	return strings.TrimSuffix(w.externalURL, "/") + "/verifications/" + url.PathEscape(id)
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

// checks lists what to look at: the parts of the score that are not as wanted,
// and those of which nothing is known. The root cause and regressions have
// annotations of their own.
func checks(parts []aftercheck.Part) string {
	var shown []string
	for _, p := range parts {
		name := strings.ReplaceAll(p.Name, "_", " ")
		switch {
		case len(shown) == shownChecks, p.Name == aftercheck.PartRootCause, p.Name == aftercheck.PartRegressions:
		case !p.Measured:
			shown = append(shown, name+": nothing is known")
		case p.Score < 1:
			shown = append(shown, fmt.Sprintf("%s: %s, wanted %s", name, p.Value, p.Wanted))
		}
	}
	return strings.Join(shown, "; ")
}

// outcomeReplaced is the outcome of an alert whose labels are not the proposal's
// any more.
const outcomeReplaced = "A later verification gave another verdict, and another proposal has taken its place."

// outcome says in a sentence how a proposal has ended; empty while it is open.
func outcome(p aftercheck.Proposal) string {
	switch p.State {
	case aftercheck.ProposalResolved:
		return "A later verification of the incident succeeded."
	case aftercheck.ProposalExpired:
		return "Nobody acted on it in its lifetime."
	case aftercheck.ProposalAcknowledged:
		text := "It was acknowledged"
		if p.Acknowledgement == nil {
			return text + "."
		}
		if p.Acknowledgement.By != "" {
			text += " by " + p.Acknowledgement.By
		}
		if p.Acknowledgement.Comment != "" {
			return cut(text+": "+p.Acknowledgement.Comment, shownText)
		}
		return text + "."
	}
	return ""
}

// cut shortens a text to so many characters, the sign of the cut included.
func cut(text string, characters int) string {
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	if len(runes) <= characters {
		return string(runes)
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

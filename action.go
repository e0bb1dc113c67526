package aftercheck

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Action is what the executor did about an incident.
type Action struct {
	Text       string    `json:"text" maxLength:"4096" doc:"The action as the executor would print it: restart_service:api, kubectl rollout undo deployment/api, auto_repair_playbook:pb-42:restart."`
	StartedAt  time.Time `json:"started_at,omitzero" format:"date-time" doc:"When the action began. Absent: taken as finished_at."`
	FinishedAt time.Time `json:"finished_at,omitzero" format:"date-time" doc:"When the action ended; only what is seen after it counts. Absent: the moment the verification was accepted."`
}

// ActionKind is what sort of change an action makes, read from its text.
type ActionKind string

// The kinds of action that the judge tells apart.
const (
	// ActionObserve changes nothing: a diagnosis. It is never a success.
	ActionObserve ActionKind = "observe"
	// ActionRestart replaces processes or pods and keeps what they run.
	ActionRestart ActionKind = "restart"
	// ActionDelete removes an object, which its owner may recreate.
	ActionDelete ActionKind = "delete"
	// ActionScale changes a replica count.
	ActionScale ActionKind = "scale"
	// ActionRollback returns to an earlier revision.
	ActionRollback ActionKind = "rollback"
	// ActionPause suspends, cordons or drains.
	ActionPause ActionKind = "pause"
	// ActionChange is any other change.
	ActionChange ActionKind = "change"
)

// observeOnly holds the marks of a diagnosis, and changes the words by which a
// text that carries such a mark turns out to change something after all. The
// replaced verifier's marks and words, measured in testdata/observe_only.json,
// are among them.
var (
	observeOnly = regexp.MustCompile(`(?i)\bssh_diagnose\b|\bdocker\s+stats\b|\bps\s+aux\b|\bfree\s+-|\bdf\s+-|\buptime\b|\btop\s+-|` +
		`\bkubectl\s+(?:-\S+\s+(?:\S+\s+)?)?(?:logs|describe|top|events)\b|\bdocker\s+(?:logs|inspect|top)\b|\bjournalctl\b|\bsystemctl\s+status\b`)
	changes = regexp.MustCompile(`(?i)\b(?:restart|start|stop|kill|delete|remove|rm|apply|scale|patch|rollout|undo|reboot|prune|truncate|drain|cordon|create|set|replace|edit)\b`)

	kinds = []struct {
		kind ActionKind
		mark *regexp.Regexp
	}{
		{ActionRollback, regexp.MustCompile(`(?i)\brollout\s+undo\b|\broll[ _-]?back\b|\brevert\b|\bundo\b`)},
		{ActionRestart, regexp.MustCompile(`(?i)(?:\b|_)(?:restart|reboot|recreate|bounce)(?:\b|_)`)},
		{ActionScale, regexp.MustCompile(`(?i)(?:\b|_)(?:auto)?scale(?:\b|_)|\breplicas\b`)},
		{ActionPause, regexp.MustCompile(`(?i)(?:\b|_)(?:pause|suspend|cordon|drain|quiesce)(?:\b|_)`)},
		{ActionDelete, regexp.MustCompile(`(?i)(?:\b|_)(?:delete|remove|rm|evict|kill|destroy|uninstall|decommission)(?:\b|_)`)},
	}
)

// Kind reads the kind of the action from its text. A text that says nothing
// known is ActionChange.
func (a Action) Kind() ActionKind {
	if a.ObserveOnly() {
		return ActionObserve
	}
	for _, k := range kinds {
		if k.mark.MatchString(a.Text) {
			return k.kind
		}
	}
	return ActionChange
}

// ObserveOnly reports whether the action is a diagnosis that changes nothing.
// A text that is not known to be one, the empty text among them, is not.
func (a Action) ObserveOnly() bool {
	return observeOnly.MatchString(a.Text) && !changes.MatchString(a.Text)
}

// Playbook returns the playbook that the text names in one of the forms
// auto_repair:ID and auto_repair_playbook:ID:STEP, or the empty string.
func (a Action) Playbook() string {
	parts := strings.Split(a.Text, ":")
	if len(parts) < 2 || !slices.Contains([]string{"auto_repair", "auto_repair_playbook"}, parts[0]) {
		return ""
	}
	return strings.TrimSpace(parts[1])
}

// Began returns StartedAt, or FinishedAt where the start is unknown.
func (a Action) Began() time.Time {
	if a.StartedAt.IsZero() {
		return a.FinishedAt
	}
	return a.StartedAt
}

package prom

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// subject is the alert that opened an incident.
type subject struct {
	name     string
	labels   map[string]string
	unstable map[string]bool
	after    time.Time
	known    aftercheck.Target
}

func subjectOf(a *alerts, q collect.Question) subject {
	return subject{name: q.Incident.Name(), labels: q.Incident.Labels, unstable: a.unstable, after: q.After, known: q.Known}
}

// relation says what an active alert of the same name is to the incident.
type relation int

const (
	// another: a label tells the two apart.
	another relation = iota
	// same: every label that both have agrees, and at least one tells alerts of
	// the rule apart, or the rule's alerts have no such label.
	same
	// successor: the two differ only in labels of the pod, and both pods belong
	// to the same workload.
	successor
	// unclear: the incident has none of the labels that tell the alerts apart.
	unclear
)

// podLabels change when a workload's pod is replaced by another.
var podLabels = []string{"pod", "pod_name", "pod_ip", "uid", "pod_uid", "instance", "container_id", "id"}

// relate compares by the labels that tell the rule's alerts apart: all but the
// name, what is constant by the rule, and what relabelling may change. Labels
// that only the incident has were added on the way and tell nothing.
func (s subject) relate(r rule, a alert) relation {
	telling, shared, moved := 0, 0, false
	for name, value := range a.Labels {
		_, constant := r.Labels[name]
		if name == "alertname" || constant || s.unstable[name] || value == "" {
			continue
		}
		telling++
		own := s.labels[name]
		switch {
		case own == "":
			continue
		case own == value:
			shared++
		case slices.Contains(podLabels, name):
			moved = true
		default:
			return another
		}
	}
	switch {
	case moved && s.sameWorkload(a):
		return successor
	case moved:
		return another
	case shared == 0 && telling > 0:
		return unclear
	}
	return same
}

// replicaName takes the name of a Deployment's, a ReplicaSet's or a DaemonSet's
// pod apart. The letters are those that Kubernetes makes suffixes of.
var replicaName = regexp.MustCompile(`^(.+?)(-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$`)

// sameWorkload reports whether the alert's pod belongs to the incident's
// workload: the target as it was resolved, or else by the pods' names.
func (s subject) sameWorkload(a alert) bool {
	pod, own := podOf(a.Labels), podOf(s.labels)
	switch {
	case pod == "" || own == "":
		return false
	case pod == own: // replaced under the same name, as a StatefulSet's is
		return true
	}
	workload := workloadOf(pod)
	if s.known.Name != "" && s.known.Kind != "Pod" && s.known.Kind != "Node" {
		return workload == s.known.Name
	}
	return workload != "" && workload == workloadOf(own)
}

func podOf(labels map[string]string) string { return firstOf(labels["pod"], labels["pod_name"]) }

// workloadOf returns the part of a pod's name that outlives it, or nothing.
func workloadOf(pod string) string {
	parts := replicaName.FindStringSubmatch(pod)
	if parts == nil {
		return ""
	}
	return parts[1]
}

// relevant returns the rules that agree with the incident in their own labels,
// as where one name has a rule for each severity; or else all.
func (s subject) relevant(rules []rule) []rule {
	var relevant []rule
	for _, i := range s.relevantOf(rules) {
		relevant = append(relevant, rules[i])
	}
	return relevant
}

// relevantOf returns which of the rules are relevant.
func (s subject) relevantOf(rules []rule) []int {
	var agreeing, every []int
	for i, r := range rules {
		every = append(every, i)
		if s.agrees(r) {
			agreeing = append(agreeing, i)
		}
	}
	if len(agreeing) == 0 {
		return every
	}
	return agreeing
}

func (s subject) agrees(r rule) bool {
	for name, value := range r.Labels {
		if own := s.labels[name]; own != "" && own != value && !strings.Contains(value, "{{") {
			return false
		}
	}
	return true
}

// finding says how the incident's alert stands: the worst of the rules that it
// may come from.
func (s subject) finding(rules []rule, at time.Time) aftercheck.Finding {
	base := aftercheck.Finding{
		Subject: aftercheck.Subject{Kind: "Alert", Namespace: s.labels["namespace"], Name: s.name},
		Check:   aftercheck.CheckAlert, Scope: aftercheck.ScopeTarget, Signal: true, Wanted: "inactive", At: at,
	}
	base.State, base.Reason, base.Message = aftercheck.StateUnknown, ReasonNoSuchRule, "the server has no alerting rule of this name"
	for i, r := range s.relevant(rules) {
		if f := s.standing(r, base); i == 0 || severity(f) > severity(base) {
			base = f
		}
	}
	return base
}

// severity orders findings by what must not be hidden by another.
func severity(f aftercheck.Finding) int {
	return slices.Index([]aftercheck.State{aftercheck.StateHealthy, aftercheck.StateUnknown, aftercheck.StateProgressing, aftercheck.StateUnhealthy}, f.State)
}

// standing says how the incident's alert stands by one rule: by its expression
// or, where that could not be evaluated, by the state of its alerts.
func (s subject) standing(r rule, f aftercheck.Finding) aftercheck.Finding {
	if r.evaluated != nil && !r.evaluated.failed {
		return s.condition(r, *r.evaluated, f)
	}
	f.Query, f.At, f.Since = r.Query, r.LastEvaluation, time.Time{}
	set := func(state aftercheck.State, reason, message string) aftercheck.Finding {
		f.State, f.Reason, f.Message = state, reason, message
		return f
	}
	switch {
	case r.LastEvaluation.IsZero():
		return set(aftercheck.StateUnknown, ReasonNotYetEvaluated, "the rule was never evaluated")
	case r.Health != "ok":
		return set(aftercheck.StateUnknown, ReasonRuleFailing, "the rule's evaluation fails: "+firstOf(r.LastError, "health "+r.Health))
	case !s.after.IsZero() && !r.LastEvaluation.After(s.after):
		return set(aftercheck.StateUnknown, ReasonNotYetEvaluated, "the rule was not evaluated since the action's end")
	}
	worst, found := s.worst(r)
	if !found {
		return set(aftercheck.StateHealthy, ReasonInactive, "")
	}
	f.Since = worst.ActiveAt
	return s.active(r, worst, set)
}

// active says how an active alert is to be read.
func (s subject) active(r rule, a alert, set func(aftercheck.State, string, string) aftercheck.Finding) aftercheck.Finding {
	of := ""
	relation := s.relate(r, a)
	if relation == successor {
		of = "for " + podOf(a.Labels) + ", of the same workload"
	}
	switch {
	case relation == unclear:
		return set(aftercheck.StateUnknown, ReasonAmbiguous, "active for "+identity(a.Labels)+"; the incident has none of these labels")
	case a.State == "pending":
		return set(aftercheck.StateProgressing, ReasonPending, of)
	case !a.KeepFiringSince.IsZero():
		return set(aftercheck.StateProgressing, ReasonKeptFiring, "the expression cleared; the rule keeps the alert firing for a time")
	case s.reachesBack(r):
		return set(aftercheck.StateUnknown, ReasonWindowReachesBack, "firing, over a window that still holds time before the action's end")
	}
	return set(aftercheck.StateUnhealthy, ReasonFiring, of)
}

// reachesBack reports whether the rule's last evaluation read time before the
// action's end. An expression that this parser does not know has no window.
func (s subject) reachesBack(r rule) bool {
	expr, err := promQL.ParseExpr(r.Query)
	if s.after.IsZero() || err != nil {
		return false
	}
	window := Window(expr)
	return window > 0 && r.LastEvaluation.Add(-window).Before(s.after)
}

// worst returns the active alert of the rule that says most about the incident:
// one that is certainly its own before one that may be, firing before pending,
// the older before the younger.
func (s subject) worst(r rule) (alert, bool) {
	var candidates []alert
	for _, a := range r.Alerts {
		if s.relate(r, a) != another && (a.State == "firing" || a.State == "pending") {
			candidates = append(candidates, a)
		}
	}
	if len(candidates) == 0 {
		return alert{}, false
	}
	rank := func(a alert) int {
		rank := 0
		if s.relate(r, a) == unclear {
			rank += 2
		}
		if a.State != "firing" {
			rank++
		}
		return rank
	}
	return slices.MinFunc(candidates, func(a, b alert) int {
		if byRank := rank(a) - rank(b); byRank != 0 {
			return byRank
		}
		return a.ActiveAt.Compare(b.ActiveAt)
	}), true
}

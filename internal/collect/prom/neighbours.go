package prom

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/aftercheck/aftercheck"
)

// others returns a finding for each other alert that fires in the
// neighbourhood, the newest first, and how many were left out.
func (a *alerts) others(s subject, rules []rule, active []alert, label, value string, at time.Time) (findings []aftercheck.Finding, left int) {
	var firing []alert
	for _, other := range active {
		if other.State == "firing" && other.Labels[label] == value && !a.ignored(other) && !s.own(rules, other) {
			firing = append(firing, other)
		}
	}
	slices.SortFunc(firing, func(a, b alert) int {
		if newest := b.ActiveAt.Compare(a.ActiveAt); newest != 0 {
			return newest
		}
		return strings.Compare(nameOf(a.Labels), nameOf(b.Labels))
	})
	if len(firing) > a.maxNeighbours {
		left = len(firing) - a.maxNeighbours
		firing = firing[:a.maxNeighbours]
	}
	for _, other := range firing {
		findings = append(findings, aftercheck.Finding{
			Subject: aftercheck.Subject{Kind: "Alert", Namespace: other.Labels["namespace"], Name: nameOf(other.Labels), Owner: podOwner(other.Labels)},
			Check:   aftercheck.CheckAlert, Scope: aftercheck.ScopeNeighbour,
			State: aftercheck.StateUnhealthy, Reason: ReasonFiring, Wanted: "inactive",
			At: at, Since: other.ActiveAt,
		})
	}
	return findings, left
}

// podOwner names the pod that an alert is about as the owner of its finding, so
// that the alert of a pod which is gone can be told; nothing if it names none.
func podOwner(values map[string]string) string {
	if pod := podOf(values); pod != "" {
		return "Pod/" + pod
	}
	return ""
}

func (a *alerts) ignored(other alert) bool {
	return other.Labels["severity"] == "none" || a.ignore.MatchString(other.Labels["alertname"])
}

// own reports whether the alert is one that the incident's own finding tells of.
// The same name with another severity is another rule's alert, unless the
// incident's rule itself has it.
func (s subject) own(rules []rule, a alert) bool {
	if s.name == "" || a.Labels["alertname"] != s.name {
		return false
	}
	for _, r := range s.relevant(rules) {
		for _, known := range r.Alerts {
			if maps.Equal(known.Labels, a.Labels) {
				return s.relate(r, known) != another
			}
		}
	}
	level, own := a.Labels["severity"], s.labels["severity"]
	return (own == "" || level == own) && s.relate(rule{}, a) != another
}

// maxName bounds the name of a finding's subject, in bytes.
const maxName = 256

// nameOf names an alert by its name and the labels that tell it apart, always in
// the same way: PodDown{container="app", pod="api-0"}.
func nameOf(values map[string]string) string {
	name := values["alertname"] + identity(values)
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.ToValidUTF8(name[:maxName-17], "") + "~" + hex.EncodeToString(sum[:8])
}

// identity prints the labels of an alert besides its name and its namespace;
// nothing if there are no others.
func identity(values map[string]string) string {
	kept := map[string]string{}
	for name, value := range values {
		if name != "alertname" && name != "namespace" {
			kept[name] = value
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return labels.FromMap(kept).String()
}

package kube

import (
	"fmt"
	"time"

	quantities "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// statusesOf returns the statuses of a pod's containers, the init containers'
// first.
func statusesOf(pod *unstructured.Unstructured) []fields {
	f := content(pod)
	return append(f.subs("status", "initContainerStatuses"), f.subs("status", "containerStatuses")...)
}

// endsOf returns how a container ended that is known of: its present end, and
// its last one.
func endsOf(status fields) []fields {
	var ends []fields
	for _, end := range []fields{status.sub("state", "terminated"), status.sub("lastState", "terminated")} {
		if end != nil {
			ends = append(ends, end)
		}
	}
	return ends
}

// previousLife reports how long the containers of a pod lived before their last
// crash, the longest of them that the kubelet would remember. What replaces them
// is cured only once it has lived as long.
func (r *report) previousLife(subject aftercheck.Subject, pod *unstructured.Unstructured) {
	longest := time.Duration(0)
	for _, status := range statusesOf(pod) {
		for _, end := range endsOf(status) {
			started, ended := end.time("startedAt"), end.time("finishedAt")
			if end.num(0, "exitCode") == 0 && !badEnd(end.str("reason")) || started.IsZero() {
				continue
			}
			longest = max(longest, ended.Sub(started))
		}
	}
	if longest > 0 && longest <= backOffReset { // a longer life is no crash loop
		r.add(fact(subject, aftercheck.CheckPreviousLife, aftercheck.ScopeTarget, longest.Seconds(), "seconds"))
	}
}

// oomKills reports how many containers of the pods were last ended by the
// out-of-memory killer, and when that last happened. Without any it says nothing.
func (r *report) oomKills(subject aftercheck.Subject, scope aftercheck.Scope, pods []*unstructured.Unstructured) {
	kills := 0.0
	var newest time.Time
	for _, pod := range pods {
		for _, status := range statusesOf(pod) {
			for _, end := range endsOf(status) {
				if end.str("reason") == "OOMKilled" {
					kills++
					newest = later(newest, end.time("finishedAt"))
				}
			}
		}
	}
	if kills == 0 {
		return
	}
	f := fact(subject, aftercheck.CheckOOMKills, scope, kills, "kills")
	f.Since = newest
	r.add(f)
}

// limits reports what one replica of a workload may use of CPU and of memory:
// the sum over its containers, of those that are limited.
func (r *report) limits(o *unstructured.Unstructured, scope aftercheck.Scope) {
	specs := content(o).subs("spec", "template", "spec", "containers")
	for _, kind := range []struct{ name, unit string }{{"cpu", "cores"}, {"memory", "bytes"}} {
		sum, limited := 0.0, false
		for _, spec := range specs {
			written := spec.get("resources", "limits", kind.name) // a string, or a number
			if quantity, err := quantities.ParseQuantity(fmt.Sprint(written)); written != nil && err == nil {
				sum, limited = sum+quantity.AsApproximateFloat64(), true
			}
		}
		if limited {
			f := fact(subjectOf(o), aftercheck.CheckLimits, scope, sum, kind.unit)
			f.Query = "resources.limits." + kind.name
			r.add(f)
		}
	}
}

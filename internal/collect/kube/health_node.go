package kube

import (
	"slices"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// nodeHealth judges a node: ready, without any problem condition, and open for
// pods. A cordoned node that is well otherwise is paused, not healed.
func nodeHealth(s subject) Health {
	ready, reported := s.condition("Ready")
	switch {
	case !reported && len(s.sub("status")) == 0:
		return s.withoutStatus()
	case !reported:
		return progressing(reasonNotReady, "the kubelet has not reported yet")
	case !ready.True():
		return unhealthy(first(ready.Reason, reasonNotReady), "%s", first(ready.Message, "the node is not ready"))
	}
	if h, trouble := nodeConditions(s); trouble {
		return h
	}
	if h, trouble := nodeTaints(s); trouble {
		return h
	}
	if s.flag("spec", "unschedulable") {
		return unknown(aftercheck.ReasonPaused, "the node is ready and cordoned: no pod is scheduled on it")
	}
	return healthy("", "the node is ready")
}

// nodeConditions returns the first condition besides Ready that names a
// problem and holds: pressures, and what a problem detector adds.
func nodeConditions(s subject) (Health, bool) {
	for _, c := range s.conditions() {
		if c.Type != "Ready" && c.True() && polarity(c.Type) == negative {
			return unhealthy(c.Type, "%s", first(c.Message, first(c.Reason, c.Type+" holds"))), true
		}
	}
	return Health{}, false
}

// nodeTaints judges by the taints that controllers set.
func nodeTaints(s subject) (Health, bool) {
	broken := []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/out-of-service", "node.cloudprovider.kubernetes.io/shutdown"}
	for _, taint := range s.subs("spec", "taints") {
		key := taint.str("key")
		switch {
		case slices.Contains(broken, key):
			return unhealthy(key[strings.LastIndex(key, "/")+1:], "the node carries the taint %s", key), true
		case key == "node.cloudprovider.kubernetes.io/uninitialized" || key == "ToBeDeletedByClusterAutoscaler":
			return progressing(key[strings.LastIndex(key, "/")+1:], "the node carries the taint %s", key), true
		}
	}
	return Health{}, false
}

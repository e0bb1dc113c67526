package kube

import (
	"regexp"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/aftercheck/aftercheck"
)

// customHealth judges an object of a kind that has no rule of its own, by the
// conventions of controllers: observedGeneration, conditions, phase, flags and
// counts. It takes the worst of what they say, and says unknown where they say
// nothing: an object that merely exists is no evidence.
func customHealth(s subject) Health {
	if h, ok := namedHealth(s); ok {
		return h
	}
	if len(s.sub("status")) == 0 {
		return unknown(reasonNoHealth, "objects of this kind, or this object, report no health")
	}
	if s.stale() {
		return progressing(reasonStale, "the controller has not seen generation %d yet", s.num(0, "metadata", "generation"))
	}
	if wanted, counts := wantedReplicas(s); counts && wanted == 0 {
		return scaledDown("replicas is 0")
	}
	h, told := combine(conditionsHealth(s), routesHealth(s), phaseHealth(s), errorHealth(s))
	if !told {
		h, told = combine(flagHealth(s), countHealth(s))
	} else if counts, counted := countHealth(s)(); counted && h.good() {
		h = worst(h, counts)
	}
	if !told {
		h = convergence(s)
	}
	if pausedBySpec(s) && !h.bad() {
		h.Reason, h.Message = aftercheck.ReasonPaused, "reconciliation is suspended"+colon(h.Message)
	}
	return h
}

// opinion is a health that a part of the status tells, or none.
type opinion func() (Health, bool)

func told(h Health) opinion { return func() (Health, bool) { return h, true } }

func silent() (Health, bool) { return Health{}, false }

// combine returns the worst of what the opinions tell.
func combine(opinions ...opinion) (Health, bool) {
	var sum Health
	known := false
	for _, ask := range opinions {
		h, ok := ask()
		switch {
		case ok && !known:
			sum, known = h, true
		case ok:
			sum = worst(sum, h)
		}
	}
	return sum, known
}

// namedHealth reads the two well-known forms of a status that names the health
// in one word: status.health.status, and the phase of an Argo Rollout.
func namedHealth(s subject) (Health, bool) {
	word := s.str("status", "health", "status")
	message := s.str("status", "health", "message")
	if word == "" && s.str("kind") == "Rollout" && !s.stale() {
		word, message = s.str("status", "phase"), s.str("status", "message")
		if wanted, _ := wantedReplicas(s); wanted == 0 && s.has("spec", "replicas") {
			return scaledDown("replicas is 0"), true
		}
	}
	switch word {
	case "Healthy":
		return healthy(word, "%s", message), true
	case "Degraded", "Missing":
		return unhealthy(word, "%s", first(message, "the controller calls it "+word)), true
	case "Progressing":
		return progressing(word, "%s", message), true
	case "Unknown":
		return unknown(word, "%s", first(message, "the controller cannot tell")), s.has("status", "health")
	case "Suspended", "Paused":
		return progressing(aftercheck.ReasonPaused, "%s", first(message, "waits to be resumed")), true
	}
	return Health{}, false
}

// pausedBySpec reports whether a person has suspended the object's controller.
func pausedBySpec(s subject) bool {
	if s.flag("spec", "suspend") || s.flag("spec", "paused") || s.flag("spec", "suspended") || s.flag("spec", "pause") {
		return true
	}
	for key, value := range s.strings("metadata", "annotations") {
		if pausedAnnotations[key] && value != "false" {
			return true
		}
	}
	return false
}

var pausedAnnotations = set(`cluster.x-k8s.io/paused crossplane.io/paused autoscaling.keda.sh/paused strimzi.io/pause-reconciliation
	autoscaling.keda.sh/paused-replicas`)

// tasks are kinds whose objects run to an end: running is not done.
var tasks = regexp.MustCompile(`(Job|Run|Workflow|Backup|Restore|Build|Task|Test|Migration|Upgrade|Import|Export|Copy|Execution|Experiment|Order|Challenge|Scan|Plan|Canary|PodGroup|Request)$`)

// phaseFields are where controllers write their state in words.
var phaseFields = [][]string{
	{"phase"}, {"state"}, {"status"}, {"health"}, {"healthStatus"}, {"currentState"}, {"printableStatus"}, {"robustness"},
	{"lifecycleState"}, {"jobStatus", "state"}, {"applicationState", "state"}, {"cluster", "status"}, {"ceph", "health"},
	{"connectorStatus", "connector", "state"}, {"overallStatus"}, {"jobDeploymentStatus"}, {"clusterStatus"}, {"deploymentState"},
	{"PostgresClusterStatus"}, {"currentPhase"}, {"deploymentStatus"}, {"stageStatus"},
	{"state", "phase"}, {"jobStatus"}, {"serviceStatus"}, {"jobManagerDeploymentStatus"},
}

// phaseHealth reads the phase and its like; the worst of several.
func phaseHealth(s subject) opinion {
	var sum Health
	known := false
	for _, path := range phaseFields {
		text := s.str(append([]string{"status"}, path...)...)
		h, ok := wordHealth(s, text)
		if !ok {
			continue
		}
		if !known || severity(h.State) > severity(sum.State) {
			sum, known = h, true
		}
	}
	if !known {
		return silent
	}
	return told(sum)
}

// wordHealth judges one state in words.
func wordHealth(s subject, text string) (Health, bool) {
	const longest = 200 // bytes; more is no state but a report
	if text == "" || len(text) > longest {
		return Health{}, false
	}
	message := first(s.str("status", "message"), first(s.str("status", "reason"), "the controller says: "+text))
	said := toneOf(text)
	if said == toneGood && tasks.MatchString(s.str("kind")) && containsWord(text, "running", "active") {
		said = toneBusy
	}
	switch said {
	case toneGood:
		return healthy(oneWord(text), "%s", message), true
	case toneBusy:
		return progressing(oneWord(text), "%s", message), true
	case toneBad:
		return unhealthy(oneWord(text), "%s", message), true
	case tonePaused:
		return unknown(aftercheck.ReasonPaused, "%s", message), true
	}
	return Health{}, false
}

func containsWord(text string, wanted ...string) bool {
	for _, word := range wordsOf(text) {
		for _, w := range wanted {
			if word == w {
				return true
			}
		}
	}
	return false
}

// oneWord makes a reason of a state in words: "Cluster in healthy state" is
// ClusterInHealthyState.
func oneWord(text string) string {
	const longest = 64
	out := make([]rune, 0, len(text))
	upper := true
	for _, r := range text {
		switch {
		case r == ' ' || r == '\t' || r == '\n':
			upper = true
			continue
		case upper && r >= 'a' && r <= 'z':
			r += 'A' - 'a'
		}
		upper = false
		if len(out) < longest {
			out = append(out, r)
		}
	}
	return string(out)
}

// convergence asks kstatus, which knows whether a controller has converged:
// that it has not counts, that it has does not prove health.
func convergence(s subject) Health {
	result, err := status.Compute(&unstructured.Unstructured{Object: s.fields})
	switch {
	case err != nil:
		return unknown(reasonNoHealth, "the status does not have the usual form")
	case result.Status == status.FailedStatus:
		return unhealthy("Failed", "%s", result.Message)
	case result.Status == status.InProgressStatus:
		return progressing("InProgress", "%s", result.Message)
	}
	return unknown(reasonNoHealth, "the status says nothing of health")
}

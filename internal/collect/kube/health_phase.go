package kube

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// tasks are kinds whose objects run to an end: running is not done.
var tasks = regexp.MustCompile(`(Job|Run|Workflow|Backup|Restore|Build|Task|Test|Migration|Upgrade|Import|Export|Copy|Execution|Experiment|Order|Challenge|Scan|Plan|Canary|PodGroup|Request|Promotion|Upload|Download|JobSet|Session|Maintenance)$`)

// isTask reports whether the objects of a kind run to an end. A session job
// processes a stream until it is stopped.
func isTask(kind string) bool { return tasks.MatchString(kind) && kind != "FlinkSessionJob" }

// nestedPhases are where controllers write their state in words below the first
// level of the status.
var nestedPhases = [][]string{
	{"jobStatus", "state"}, {"applicationState", "state"}, {"cluster", "status"}, {"ceph", "health"},
	{"connectorStatus", "connector", "state"}, {"state", "phase"}, {"reconciliationStatus", "state"},
	{"modelStatus", "transitionStatus"}, {"connectionState", "lastObservedState"}, {"provisioning", "state"},
	{"runStatus", "status"},
}

// phaseName and otherPhase tell the fields of a status that hold the state in
// words, such as phase, printableStatus and lifecycleState, and those of them
// that are about another time: lastBackupStatus, desiredState.
var (
	phaseName  = regexp.MustCompile(`(^[ps]|P|S)(hase|tate|tatus)$|(^h|H)ealth$|^(robustness|compliant|validation|verdict|result)$`)
	otherPhase = regexp.MustCompile(`^(last|previous|prior|old|next|desired|target|wanted|requested|expected)[A-Z]`)
)

// phaseHealth reads the phase and its like; the worst of several. Where a stage
// is named beside, a good state is only that stage's until the last one.
func phaseHealth(s subject) opinion {
	status := s.sub("status")
	var opinions []opinion
	halted := toneOf(status.str("lifecycleState")) == tonePaused
	for _, name := range slices.Sorted(maps.Keys(status)) {
		text := status.str(name)
		if halted && containsWord(text, "missing") {
			continue // it is missing because it is not wanted to run
		}
		if phaseName.MatchString(name) && !otherPhase.MatchString(name) {
			opinions = append(opinions, wordHealth(s, text))
		}
	}
	for _, path := range nestedPhases {
		opinions = append(opinions, wordHealth(s, status.str(path...)))
	}
	if isTask(s.str("kind")) {
		opinions = append(opinions, wordHealth(s, status.str("stage")))
	}
	h, ok := combine(opinions...)
	if !ok {
		return silent
	}
	if stage := status.str("stage"); stage != "" && h.good() && toneOf(stage) != toneGood {
		h = progressing(oneWord(stage), "the stage %s is done, others are to follow", stage)
	}
	return told(h)
}

// lastName tells the fields that say how the last attempt ended.
var lastName = regexp.MustCompile(`^last(Operation|Reconcile|Sync|Update|Run|Attempt)?(Status|State|Phase|Result)$`)

// lastHealth judges by how the last attempt ended; it is asked where the status
// says nothing of now.
func lastHealth(s subject) opinion {
	status := s.sub("status")
	for _, name := range slices.Sorted(maps.Keys(status)) {
		if lastName.MatchString(name) {
			return wordHealth(s, status.str(name))
		}
	}
	return silent
}

// wordHealth judges one state in words.
func wordHealth(s subject, text string) opinion {
	const longest = 200 // bytes; more is no state but a report
	if text == "" || len(text) > longest {
		return silent
	}
	message := first(s.str("status", "message"), first(s.str("status", "reason"), "the controller says: "+text))
	said := phaseTone(text, s.str("kind"))
	switch {
	case said != toneBad && containsWord(text, "unknown"):
		return told(unknown("Unknown", "%s", message))
	case said == toneGood:
		return told(healthy(oneWord(text), "%s", message))
	case said == toneBusy:
		return told(progressing(oneWord(text), "%s", message))
	case said == toneBad:
		return told(unhealthy(oneWord(text), "%s", message))
	case said == tonePaused:
		return told(unknown(aftercheck.ReasonPaused, "%s", message))
	}
	return silent
}

// phaseTone is the tone of a state of an object of this kind: where the words
// are in no list, by their form.
func phaseTone(text, kind string) tone {
	said, words := toneOf(text), wordsOf(text)
	switch {
	case said == toneGood && isTask(kind) && containsWord(text, "running", "active"), said == toneGood && (readyTo(words) || runsTask(words)):
		return toneBusy
	case said != toneNone:
		return said
	case refuses(words):
		return toneBad
	case slices.ContainsFunc(words, namesWork):
		return toneBusy
	case tasks.MatchString(kind) && containsWord(text, "created", "started"):
		return toneBusy
	}
	return toneNone
}

// readyTo reports whether words say that something may begin now, or that a
// part has come that others wait for: InstallReady, TargetReady.
func readyTo(words []string) bool {
	steps := []string{"install", "upgrade", "target", "proposal", "plan"}
	return len(words) == 2 && words[1] == "ready" && slices.Contains(steps, words[0])
}

// runsTask reports whether words say that something runs that is to end:
// running a workflow.
func runsTask(words []string) bool {
	return len(words) > 1 && words[0] == "running" && endsByItself[words[1]]
}

var endsByItself = set(`check checks hook hooks job jobs migration migrations playbook script scripts test tests workflow workflows`)

// refuses reports whether words that no list knows tell of an obstacle by their
// form: not controlled by, already exists. What has not started, or need not, is
// none.
func refuses(words []string) bool {
	for i, word := range words {
		denied := i > 0 && negations[words[i-1]]
		if denied && !harmless[word] || word == "exists" && i > 0 && words[i-1] == "already" || word == "different" {
			return true
		}
	}
	return false
}

var harmless = set(`started needed required applicable used set selected evaluated requested`)

// namesWork reports whether a word that no list knows names an activity by its
// form: savepointing.
func namesWork(word string) bool {
	const shortest = 6 // letters; king and ring are no activities
	return len(word) >= shortest && strings.HasSuffix(word, "ing")
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
		if len(out) < maxReason {
			out = append(out, r)
		}
	}
	return string(out)
}

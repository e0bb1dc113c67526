package kube

import (
	"slices"
	"strings"
	"unicode"
)

// The words by which controllers name states, phases, condition types and
// reasons. Each list is read as whole words: ReplicaFailure is replica, failure.
var (
	badWords = set(`abnormal aborted backoff blocked broken cannot cancelled canceled conflict conflicted conflicts corrupt
		corrupted crash crashed crashing crashloop crashlooping crashloopbackoff dangling dead deadlock degraded denied
		duplicate err error errored errors evicted exceeded exhausted expired fail failed failing fails failure failures fault
		faulted faulty forbidden frequent illegal inaccessible inadmissible incompatible inconsistent inoperable insufficient irreconcilable invalid killed
		lost malformed misconfigured mismatch missing notfound offline oom oomkilled outage overloaded overlapping partial partially pressure
		problem readonly recoverable refused rejected stale stalled stuck terminal terminalerror timeout timedout unable unauthorized
		unavailable unexpected unhealthy unreachable unrecoverable unresolvable unresponsive unschedulable unsupported
		unusable violated violation vulnerable warn warning wrong critical`)
	busyWords = set(`adding adopting allocating applying assigning attaching awaiting backing binding bootstrapping
		building cleaning cloning committing configuring connecting converging copying creating decommissioning deleting dependencies
		dependency deploying deprovisioning detaching detecting disrupting downloading draining enabling executing exporting expanding finalizing
		finishing forming importing initialization initializing initialising installing instantiating issuing joining launching loading
		migrating modifying opening ordering patching pending planning preparing processing progress progressing promoting
		provisioning pulling queued reconciling reconfiguring recovering recreating registering relocating replacing
		repairing resizing restarting restoring resuming retrying rolling rollingupdate running scaling scheduling
		setting shrinking shutting spinning starting stopping submitted submitting switching switchover syncing terminating transitioning
		triggered unbound uninstalling unpacking updating upgrading uploading validating verifying wait waiting warming
		inprogress unready unknown deferred`)
	goodWords = set(`accepted active admitted allocated applied assigned attached atlatestknown available bound built complete compliant
		completed configured connected current deployed enabled established finished functional healthy
		imported initialised initialized installed integrated issued joined latest live loaded normal ok online open operational
		passed paired programmed promoted provisioned reachable ready reconciled replicated resolved running
		served serving stable succeed succeeded success successful successfully synced synchronized synchronised
		up updated uptodate valid validated verified working done implemented`)
	pausedWords = set(`paused suspended stopped halted hibernated hibernating disabled inactive sleeping scaleddown quiesced
		shutoff stop pause suspend maintenance`)
	negations = set(`not no non never without isnt un`)

	// soleWords count only where they are all that is said: ScalingDown is no
	// outage, and NewReplicaSetAvailable nothing new.
	soleWords = map[string]tone{
		"down": toneBad, "red": toneBad, "new": toneBusy, "bootstrap": toneBusy, "yellow": toneBusy,
		"green": toneGood, "on": toneGood, "exists": toneGood, "off": tonePaused,
	}
)

// set returns the words of a text.
func set(text string) map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(text) {
		words[word] = true
	}
	return words
}

// tone is what a text says of a state.
type tone int

const (
	toneNone tone = iota
	toneGood
	toneBusy
	tonePaused
	toneBad
)

// toneOf reads a state, a phase or a reason: one bad word outweighs the rest,
// then one of a pause, then one of an activity; a good word that is denied is
// bad, a bad one that is denied says nothing.
func toneOf(text string) tone {
	said := toneNone
	words := wordsOf(text)
	if len(words) == 1 && soleWords[words[0]] != toneNone {
		return soleWords[words[0]]
	}
	for i, word := range words {
		denied := i > 0 && negations[words[i-1]]
		switch {
		case failsOver(words, i):
			said = max(said, toneBusy)
		case badAt(words, i):
			return toneBad
		case goodWords[word] && denied:
			said = max(said, toneNot(words, i))
		case pausedWords[word] && !denied:
			said = max(said, tonePaused)
		case busyWords[word] && !goodWords[word]:
			said = max(said, toneBusy)
		case goodWords[word]:
			said = max(said, toneGood)
		}
	}
	return said
}

// badAt reports whether the word at a place is one of failure that is not
// denied, or half of one: not found, rolled back.
func badAt(words []string, at int) bool {
	before := ""
	if at > 0 {
		before = words[at-1]
	}
	switch words[at] {
	case "found":
		return negations[before]
	case "back":
		return before == "rolled"
	}
	return badWords[words[at]] && !negations[before]
}

// failsOver reports whether a word of failure is half of the name of a repair:
// failing over.
func failsOver(words []string, at int) bool {
	return words[at] == "failing" && at+1 < len(words) && words[at+1] == "over"
}

// undone are good words for what a controller does once; that it has not is
// work before it, and no illness.
var undone = set(`reconciled initialised initialized provisioned installed configured implemented enabled`)

// toneNot is the tone of a denied good word: of activity where the text says
// that it is only a matter of time: not ready yet, deployed not ready, not
// reconciled.
func toneNot(words []string, at int) tone {
	partly := at >= 2 && goodWords[words[at-2]] && words[at-2] != words[at]
	if partly || undone[words[at]] || slices.Contains(words, "yet") || slices.Contains(words[:at], "dependency") || slices.Contains(words[:at], "until") {
		return toneBusy
	}
	return toneBad
}

// fails reports whether a text has a word of failure that it does not deny;
// that a good word is denied is no failure yet.
func fails(text string) bool {
	words := wordsOf(text)
	for i, word := range words {
		if badWords[word] && (i == 0 || !negations[words[i-1]]) && !failsOver(words, i) {
			return true
		}
	}
	return false
}

// wordsOf splits CamelCase, snake_case and sentences into words in lower case.
// A run of capitals is one word: HTTPRoute is http, route.
func wordsOf(text string) []string {
	const most = 64 // words; a state is said in fewer
	var words []string
	var word []rune
	runes := []rune(text)
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	for i, r := range runes {
		if len(words) >= most {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if unicode.IsUpper(r) && i > 0 && startsWord(runes, i) {
			flush()
		}
		word = append(word, r)
	}
	flush()
	return words
}

// startsWord reports whether the capital at i begins a new word.
func startsWord(runes []rune, i int) bool {
	before := runes[i-1]
	return unicode.IsLower(before) || unicode.IsDigit(before) ||
		unicode.IsUpper(before) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

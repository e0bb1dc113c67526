package text

import (
	"strings"
	"unicode"
)

// tones are the words by which tools name states, in lower case. What names a
// clean stop is busy: it is neither at work nor broken, and only the reader
// knows whether it was meant to end.
var tones = merged(map[tone]string{
	good: `running ready healthy up ok okay available succeeded success successful successfully active online alive
		complete completed deployed bound serving responding responsive reachable operational passing passed green
		recovered restored live stable started listening accepting inservice steady connected functional normal fine passes synced pong pass`,
	busy: `pending creating containercreating podinitializing initializing initialising starting waiting progressing
		terminating notready unready scheduling pulling activating deactivating reloading restarting provisioning updating
		deploying deploy removing draining drained paused suspended stopped stopping inactive created booting bootstrapping warming
		recovering rolling queued launching schedulinggated schedulingdisabled cordoned degraded partial partially uninstalling
		pending-install pending-upgrade pending-rollback not-ready migrating preparing allocating deleting incomplete
		connecting reconnecting stop-sigterm final-sigterm start-pre start-post shutdown unbound yellow amber retrying disabled warning terminated outofsync`,
	bad: `failed failing fails failure fatal crashed crashing crash-looping crashlooping crashloop dead down unhealthy
		unreachable unresponsive unavailable broken evicted oomkilled oom-killed lost nodelost offline aborted panicked
		corrupted stuck hung outofmemory outofcpu outofpods nodeaffinity errored error err backoff dying zombie
		deadlineexceeded containercannotrun auto-restart start-limit-hit oom-kill core-dump nodeshutdown
		impaired refuses red critical exception crash imagepullbackoff crashloopbackoff misconfigured outofservice containerstatusunknown
		preempted preempting unsuccessful unsuccessfully rejecting rejected refusing fail`,
	unsure: `unknown undefined`,
})

func merged(lists map[tone]string) map[string]tone {
	out := map[string]tone{}
	for t, list := range lists {
		for word := range strings.FieldsSeq(list) {
			out[word] = t
		}
	}
	return out
}

func set(list string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		out[word] = true
	}
	return out
}

// toneOf is the tone of one word. Beside the list it knows reasons by their
// form, as a kubelet builds them: ErrImagePull, RunContainerError.
func toneOf(word string) tone {
	if len(word) > maxWord {
		return silent
	}
	lower := strings.ToLower(word)
	if t, ok := tones[lower]; ok {
		return t
	}
	if isReason(word) {
		return reasonTone(word)
	}
	return silent
}

// maxWord bounds a word that can name a state, in bytes.
const maxWord = 64

// isReason reports whether a word has the form of a Kubernetes reason: letters
// alone, in CamelCase, two words at the least.
func isReason(word string) bool {
	humps := 0
	for i, r := range word {
		switch {
		case unicode.IsUpper(r):
			if i == 0 || word[i-1] < 'A' || word[i-1] > 'Z' {
				humps++
			}
		case !unicode.IsLower(r), i == 0:
			return false
		}
	}
	return humps >= 2
}

// reasonTone judges a reason by the words that kubelets and controllers begin
// and end them with.
func reasonTone(reason string) tone {
	for _, prefix := range []string{"Err", "Invalid", "Failed"} {
		if strings.HasPrefix(reason, prefix) {
			return bad
		}
	}
	for _, suffix := range []string{"Error", "BackOff", "Failed", "Killed", "CannotRun", "Failure", "Exceeded", "Lost", "Unhealthy", "Unavailable", "Errored"} {
		if strings.HasSuffix(reason, suffix) {
			return bad
		}
	}
	for _, suffix := range []string{"NotReady", "Initializing", "Creating", "Pending", "Pulling", "Progressing", "Waiting"} {
		if strings.HasSuffix(reason, suffix) {
			return busy
		}
	}
	return silent
}

// strong reports whether a word names a fault that stands for itself wherever
// it is written, because no other thing is called so: CrashLoopBackOff. What
// ends in Error is mostly an exception of some program; a kubelet's own name
// what could not be made.
func strong(word string) bool {
	lower := strings.ToLower(word)
	if strongWords[lower] {
		return true
	}
	if strings.HasSuffix(lower, "error") {
		for _, part := range []string{"container", "image", "hook", "admission", "sandbox"} {
			if strings.Contains(lower, part) {
				return true
			}
		}
		return false
	}
	return isReason(word) && toneOf(word) == bad
}

var strongWords = set("oomkilled crashloopbackoff imagepullbackoff errimagepull evicted nodelost crashlooping crash-looping")

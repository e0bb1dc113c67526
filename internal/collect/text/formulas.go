package text

import "strings"

// troubles are what a tool says, in small letters, when it could not look. They
// tell of the way to the target, never of the target.
var troubles = []string{
	"unable to connect to the server", "the connection to the server", "cannot connect to the docker daemon", "error from server",
	"permission denied", "command not found", "no such file or directory", "ssh: ", "could not resolve host", "unauthorized",
	"forbidden", "you must be logged in", "tls handshake timeout", "i/o timeout", "context deadline exceeded", "unknown tool",
	"tool not found", "rate limit", "too many requests", "is not recognized", "unknown command", "unknown flag", "no route to host",
	"connection reset by peer", "x509:", "error response from daemon", "host key verification failed", "dial unix",
	"failed to connect to bus", "the server doesn't have a resource type", "etcdserver: ", "invalid argument", "usage:",
}

// formula reads the sentences that tools always write the same: of rollouts, of
// what is not there, and of why they could not look.
func (r *reader) formula(content string, _ int) bool {
	if r.log || len(content) > 1<<10 {
		return false
	}
	lower := strings.ToLower(content)
	return r.rollout(content, lower) || r.absent(content, lower) || r.refused(content, lower) || r.trouble(lower)
}

// rollout reads what kubectl rollout status and kubectl wait print. Of several
// lines about one object the last is what is.
func (r *reader) rollout(content, lower string) bool {
	var s said
	switch {
	case strings.Contains(lower, "not successfully rolled out"):
		s = said{bad, "RolloutFailed"}
	case strings.Contains(lower, "successfully rolled out"), strings.Contains(lower, "rolling update complete"), strings.Contains(lower, "roll out complete"):
		s = said{good, "RolledOut"}
	case strings.HasSuffix(lower, " condition met"):
		s = said{good, "ConditionMet"}
	case strings.Contains(lower, "timed out waiting for") && strings.Contains(lower, " failed: "), helmFailed(lower):
		s = said{bad, "RolloutFailed"}
	case strings.Contains(lower, "exceeded its progress deadline"):
		s = said{bad, "ProgressDeadlineExceeded"}
	case strings.Contains(lower, "timed out waiting for"):
		s = said{busy, "TimedOutWaiting"}
	case strings.HasPrefix(lower, "waiting for ") && (strings.Contains(lower, "to finish") || strings.Contains(lower, "rollout") || strings.Contains(lower, "to be ready")):
		s = said{busy, "RollingOut"}
	default:
		return false
	}
	about := subjectOf(tokens(content))
	r.add(sighting{kind: about.kindOr(), name: about.name, said: s, strength: shown, latest: true, message: content})
	return true
}

// helmFailed reports whether helm says that a release did not come up: Error:
// UPGRADE FAILED: and why.
func helmFailed(lower string) bool {
	for _, deed := range []string{"upgrade", "installation", "rollback"} {
		if strings.HasPrefix(lower, "error: "+deed+" failed: ") {
			return true
		}
	}
	return false
}

// absent reads that there is no such object. A pod that is not there may have
// been replaced, which tells nothing.
func (r *reader) absent(content, lower string) bool {
	switch {
	case strings.HasPrefix(lower, "no resources found"):
		r.add(sighting{kind: kindObject, gone: true, strength: shown, message: content})
		return true
	case strings.Contains(lower, "(notfound)") && strings.HasSuffix(lower, "not found"), strings.Contains(lower, "no such container"), strings.Contains(lower, "no such object"),
		strings.HasPrefix(lower, "unit ") && strings.Contains(lower, "could not be found"), strings.HasSuffix(lower, "release: not found"):
	default:
		return false
	}
	about := lastSubject(content)
	s := sighting{kind: about.kindOr(), name: about.name, strength: shown, message: content, gone: true}
	if s.kind == "Pod" || s.kind == "Namespace" {
		s.gone, s.said = false, said{unsure, "NotFound"}
	}
	r.add(s)
	return true
}

// lastSubject names what a sentence says is not there: the word in quotes, the
// one behind the last colon, or the second.
func lastSubject(content string) section {
	words := tokens(content)
	about := section{}
	for _, word := range words {
		if kind := kindOf(word.text); kind != "" && !word.quote {
			about.kind = kind // the last is the nearest to the name
		}
		if word.quote {
			about.name = word.text
		}
	}
	if about.name != "" || len(words) < 2 {
		return about
	}
	if strings.HasPrefix(content, "Unit ") {
		about.kind, about.name = reference(words[1].text)
		return about
	}
	about.kind, about.name = kindContainer, words[len(words)-1].text
	if strings.HasSuffix(content, "not found") {
		about.kind, about.name = "Release", ""
	}
	return about
}

// refused reads that nothing listens at an address that was asked for its
// health: the target's own, not the way to it.
func (r *reader) refused(content, lower string) bool {
	broken := strings.Contains(lower, "connection refused") || strings.Contains(lower, "empty reply from server") ||
		strings.Contains(lower, "failed to connect to") && !strings.Contains(lower, "bus") || strings.Contains(lower, "certificate has expired")
	asked := strings.HasPrefix(lower, "curl:") || strings.HasPrefix(lower, "wget:") || strings.Contains(lower, "http://") || strings.Contains(lower, "https://") ||
		strings.Contains(lower, "health") || strings.Contains(lower, "probe")
	if !broken || !asked || strings.Contains(lower, "connection to the server") || strings.Contains(lower, ":6443") || strings.Contains(lower, "/api/v1") {
		return false
	}
	r.add(sighting{kind: kindEndpoint, said: said{bad, "ConnectionRefused"}, strength: shown, message: content})
	return true
}

// trouble reads that the tool could not look.
func (r *reader) trouble(lower string) bool {
	for _, phrase := range troubles {
		if strings.Contains(lower, phrase) {
			r.add(sighting{kind: "Tool", said: said{unsure, "ToolFailed"}, strength: shown})
			return true
		}
	}
	return false
}

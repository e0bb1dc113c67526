package text

import (
	"strings"

	"github.com/aftercheck/aftercheck"
)

// ReasonTruncated is why an unknown finding stands for what was not read.
const ReasonTruncated = "Truncated"

// maxMessage bounds a finding's message, in bytes.
const maxMessage = 512

// findings makes findings of what the answer shows.
func (r *reader) findings(s scope) []aftercheck.Finding {
	var out []aftercheck.Finding
	for _, o := range r.all {
		if !s.passed(o) {
			out = append(out, r.about(o, &s)...)
		}
	}
	if r.over {
		out = append(out, aftercheck.Finding{
			Subject: aftercheck.Subject{Kind: "Answer"}, Check: aftercheck.CheckHealth, Scope: aftercheck.ScopeTarget,
			State: aftercheck.StateUnknown, Reason: ReasonTruncated, Message: "the answer is longer than what was read of it", At: r.at,
		})
	}
	return out
}

// about makes the findings about one object: that it is there, its restarts,
// its wanted replicas, and its health.
func (r *reader) about(o *sighting, s *scope) []aftercheck.Finding {
	subject := aftercheck.Subject{Kind: o.kind, Namespace: o.namespace, Name: o.name, Owner: s.owner(o)}
	if o.part != "" {
		subject.Name = strings.TrimSpace(o.name + " " + o.part)
	}
	base := aftercheck.Finding{Subject: subject, Scope: s.scopeOf(o), At: r.at, Since: o.since}
	var out []aftercheck.Finding
	fact := func(check aftercheck.Check, value *aftercheck.Value) {
		f := base
		f.Check, f.Value = check, value
		out = append(out, f)
	}
	if o.gone {
		f := base
		f.Check, f.State, f.Reason, f.Message = aftercheck.CheckPresence, aftercheck.StateUnhealthy, aftercheck.ReasonNotFound, short(o.message)
		return append(out, f)
	}
	if (o.kind == "Pod" || o.kind == kindContainer) && o.name != "" && o.part == "" {
		fact(aftercheck.CheckPresence, nil)
		out[0].Subject.UID = o.life
	}
	if o.counted {
		fact(aftercheck.CheckRestarts, &aftercheck.Value{Number: o.restarts, Unit: "restarts"})
	}
	if o.scaled {
		fact(aftercheck.CheckReplicas, &aftercheck.Value{Number: o.replicas, Unit: "replicas"})
	}
	if o.tone == silent {
		return out
	}
	f := base
	f.Check, f.State, f.Reason, f.Message = aftercheck.CheckHealth, o.tone.state(), short(o.reason), short(o.message)
	if o.none && o.tone == busy && f.Scope == aftercheck.ScopeNeighbour {
		f.State = aftercheck.StateUnhealthy // nobody acted on it: it is not on its way, it fell
	}
	if o.alert {
		f.Check, f.Signal = aftercheck.CheckAlert, f.Scope == aftercheck.ScopeTarget
	}
	out = append(out, f)
	if s.counts(o) {
		f.Scope, f.Subject.Kind = aftercheck.ScopeTarget, kindSibling
		out = append(out, f)
	}
	return out
}

// counts reports whether a neighbour that is well counts for the target too,
// as a sibling. Where only the action's text names the target and that is ill,
// what works beside it shows how much of the whole is ill.
func (s *scope) counts(o *sighting) bool {
	return s.byAction && s.ill && o.tone == good && s.scopeOf(o) == aftercheck.ScopeNeighbour
}

func short(text string) string {
	if len(text) > maxMessage {
		text = text[:maxMessage]
	}
	return text
}

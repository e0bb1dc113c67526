package text

import (
	"slices"
	"strconv"
)

// The keys that count what there is and what is wanted, without separators and
// in the order in which they are believed.
var (
	haveKeys = []string{
		"readyreplicas", "availablereplicas", "updatedreplicas", "numberready", "numberavailable", "readycount", "runningcount", "healthycount",
		"availablecount", "readypods", "runningpods", "healthypods", "readycontainers", "runningtasks", "ready", "available", "running", "healthy", "up", "readynodes",
	}
	wantKeys = []string{
		"replicas", "desiredreplicas", "specreplicas", "desirednumberscheduled", "desiredcount", "desired", "total", "expected", "wanted", "totalcount",
		"totalpods", "totalreplicas", "totalcontainers", "replicacount", "desiredpods", "expectedreplicas", "pods", "totalnodes", "desiredtasks",
	}
)

// replicas reads how many there are of those that are wanted.
func (o *objectState) replicas() {
	want, ok := wanted(o.fields)
	if !ok {
		return
	}
	if !o.about.inside && isWorkload(o.about.kind) {
		o.want, o.scaled = want, o.about.kind == "Deployment" || o.about.kind == "StatefulSet"
		if want == 0 {
			o.say(said{unsure, "ScaledDown"})
			return
		}
	}
	found := false
	for _, key := range sorted(o.fields) {
		have, ok := number(o.fields[key])
		if !ok || !slices.Contains(haveKeys, normal(key)) {
			continue
		}
		found = true
		if have < want {
			o.say(said{busy, strconv.Itoa(have) + "/" + strconv.Itoa(want)})
		}
	}
	if found && want > 0 {
		o.say(said{good, strconv.Itoa(want) + "/" + strconv.Itoa(want)})
	}
}

// wanted is how many replicas an object wants, from its spec or else from its
// own keys.
func wanted(fields map[string]any) (int, bool) {
	if spec, ok := fields["spec"].(map[string]any); ok {
		if n, ok := number(spec["replicas"]); ok {
			return n, true
		}
	}
	for _, wanted := range wantKeys {
		for _, key := range sorted(fields) {
			if n, ok := number(fields[key]); ok && normal(key) == wanted {
				return n, true
			}
		}
	}
	return 0, false
}

// job reads how many pods of a job are at work, have done it, and failed: one
// that is retried is on its way.
func (o *objectState) job() {
	active, isActive := number(o.fields["active"])
	succeeded, isSucceeded := number(o.fields["succeeded"])
	failed, isFailed := number(o.fields["failed"])
	if !isSucceeded && (!isActive || !isFailed) {
		return
	}
	switch {
	case active > 0:
		o.say(said{busy, "Active"})
	case succeeded > 0:
		o.say(said{good, "Succeeded"})
	case failed > 0:
		o.say(said{bad, "Failed"})
	}
	delete(o.fields, "failed")
}

// tallies reads an object that counts how many are in which state. It reports
// whether some are well and some are not, which is all that there is to say.
func (o *objectState) tallies() bool {
	counts, kinds := map[tone]int{}, map[tone]bool{}
	for key, value := range o.fields {
		n, ok := number(value)
		if t := toneOf(normal(key)); ok && n >= 0 && t > unsure && roleOf(key) != roleRestarts {
			counts[t], kinds[t] = max(counts[t], n), true
		}
	}
	if !kinds[good] || len(kinds) < 2 || o.about.name != "" || o.fields["succeeded"] != nil {
		return false
	}
	if counts[good] == 0 || counts[bad] == 0 {
		o.say(statement{counts: counts, none: true}.counted())
		return false
	}
	o.spread(o.about.section, counts, shown, "")
	o.spoken = true
	return true
}

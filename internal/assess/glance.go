package assess

import (
	"math"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
)

// glance is what all sensors together say at one moment.
type glance struct {
	at         time.Time
	stale      bool // taken before the action's end
	state      aftercheck.State
	units      []*aftercheck.Finding // judged findings of the target, but for the pods of an owner
	pods       []*aftercheck.Finding // health of an owner's pods
	signals    []*aftercheck.Finding // the signals that opened the incident
	numbers    []*aftercheck.Finding // metrics without a criterion, which are only compared
	lives      lives                 // the target's pods
	crashed    time.Duration         // how long the target's pods lived before they crashed; 0: none did
	replicas   map[string]float64    // wanted, by the target's objects
	generation map[string]float64    // by the target's objects
	neighbours map[string]neighbour
	facts      map[string]*aftercheck.Finding // what is compared of the target and of neighbours, by key
	nearby     []*aftercheck.Finding          // metrics of neighbours without a criterion
	target     aftercheck.Target
	gone       bool
	coverage   float64
	answered   map[string]bool // sensors that did, by name
	silent     []string        // sensors that did not answer, with their outcome
	blind      []string        // sensors that answered and could not tell
	asked      int
}

// neighbour is a finding about a neighbour, and the sensor that made it.
type neighbour struct {
	*aftercheck.Finding
	sensor string
}

// known reports whether the glance tells anything of the target.
func (g glance) known() bool {
	return g.gone || g.scaledDown() || g.state == aftercheck.StateHealthy ||
		g.state == aftercheck.StateProgressing || g.state == aftercheck.StateUnhealthy
}

// scaledDown reports whether every object of the target wants zero replicas.
func (g glance) scaledDown() bool {
	for _, wanted := range g.replicas {
		if wanted > 0 {
			return false
		}
	}
	return len(g.replicas) > 0
}

// final reports whether what is broken of the target stays so by itself.
func (g *glance) final() bool {
	found := false
	for _, f := range g.units {
		switch {
		case isBad(f) && !f.Final:
			return false
		case isBad(f):
			found = true
		}
	}
	return found
}

// look reads the readings of one moment. What was true before notBefore says
// nothing; a zero notBefore takes everything. What was the target's before, by
// the keys of its findings, is the target's still: a Service whose selector no
// longer finds the target's pods is no neighbour.
func look(readings []aftercheck.Reading, notBefore time.Time, own map[string]*aftercheck.Finding) glance {
	g := glance{
		replicas:   map[string]float64{},
		generation: map[string]float64{},
		neighbours: map[string]neighbour{},
		facts:      map[string]*aftercheck.Finding{},
		answered:   map[string]bool{},
		asked:      len(readings),
		stale:      len(readings) > 0,
	}
	g.expect(readings)
	var covered, counted float64
	for _, r := range readings {
		if r.At.Before(notBefore) {
			continue
		}
		g.stale = false
		share, counts := g.take(r, notBefore, own)
		if counts {
			covered += share
			counted++
		}
	}
	if counted > 0 {
		g.coverage = covered / counted
	}
	g.state = merge(g.units, g.pods, g.signals)
	return g
}

// expect makes room for what a large target brings: about one finding of its
// health and one fact for each pod.
func (g *glance) expect(readings []aftercheck.Reading) {
	const large = 64
	findings := 0
	for _, r := range readings {
		findings += len(r.Findings)
	}
	if findings > large {
		g.pods, g.lives = make([]*aftercheck.Finding, 0, findings/2), make(lives, 0, findings/2)
	}
}

// take adds one reading and returns which share of what it was to tell of the
// target it told; false if it has nothing to do with the target.
func (g *glance) take(r aftercheck.Reading, notBefore time.Time, own map[string]*aftercheck.Finding) (share float64, counts bool) {
	if r.Outcome != "" && r.Outcome != aftercheck.ReadingOK {
		g.silent = append(g.silent, r.Sensor+" ("+string(r.Outcome)+")")
		return 0, true
	}
	g.answered[r.Sensor] = true
	if g.target.IsZero() {
		g.target = r.Target
	}
	var told, untold float64
	for i := range r.Findings {
		f := undated(&r.Findings[i], notBefore)
		if f.Scope == aftercheck.ScopeNeighbour && !g.takeNeighbour(f, r.Sensor, own) {
			continue
		}
		g.takeTarget(f)
		switch {
		case f.State == aftercheck.StateUnknown && f.Reason != aftercheck.ReasonScaledDown:
			untold++
		case f.State != "":
			told++
		}
	}
	if told+untold == 0 {
		return 0, false
	}
	if told == 0 {
		g.blind = append(g.blind, r.Sensor)
	}
	return told / (told + untold), true
}

// undated makes a finding unknown that was true only before the action's end.
func undated(f *aftercheck.Finding, notBefore time.Time) *aftercheck.Finding {
	if f.State == "" || f.At.IsZero() || !f.At.Before(notBefore) {
		return f
	}
	old := *f
	old.State, old.Reason = aftercheck.StateUnknown, "Stale"
	return &old
}

func (g *glance) takeTarget(f *aftercheck.Finding) {
	if f.State == "" {
		g.takeFact(f)
		return
	}
	g.gone = g.gone || f.Check == aftercheck.CheckPresence && f.State == aftercheck.StateUnhealthy
	f = unpaused(f)
	switch {
	case f.Signal:
		g.signals = append(g.signals, f)
	case f.Subject.Owner != "":
		g.pods = append(g.pods, f)
	default:
		g.units = append(g.units, f)
	}
}

// takeFact takes what is compared and not judged by itself.
func (g *glance) takeFact(f *aftercheck.Finding) {
	switch {
	case f.Check == aftercheck.CheckPresence && mortal(f.Subject.Kind):
		g.lives = append(g.lives, lifeOf(f, math.NaN()))
	case f.Value == nil:
	case f.Check == aftercheck.CheckReplicas:
		g.replicas[f.Subject.String()] = f.Value.Number
	case f.Check == aftercheck.CheckGeneration:
		g.generation[f.Subject.String()] = f.Value.Number
	case f.Check == aftercheck.CheckRestarts:
		g.lives = append(g.lives, lifeOf(f, f.Value.Number))
	case f.Check == aftercheck.CheckPreviousLife:
		g.crashed = max(g.crashed, seconds(f.Value.Number))
	case f.Check == aftercheck.CheckMetric:
		g.numbers = append(g.numbers, f)
	default:
		g.facts[f.Key()] = f
	}
}

// mortal reports whether an object of this kind is one life: it is replaced by
// another, not restarted.
func mortal(kind string) bool { return kind == "Pod" || kind == "Container" }

// seconds makes a duration of a number of them, at most a day.
func seconds(n float64) time.Duration {
	return time.Duration(min(max(n, 0), 24*3600) * float64(time.Second))
}

// unpaused makes a healthy target that is paused one that has not arrived:
// what does not run its course is not healed.
func unpaused(f *aftercheck.Finding) *aftercheck.Finding {
	if f.State != aftercheck.StateHealthy || f.Reason != aftercheck.ReasonPaused {
		return f
	}
	paused := *f
	paused.State = aftercheck.StateProgressing
	return &paused
}

// takeNeighbour takes a finding about a neighbour, unless it is the target's own.
func (g *glance) takeNeighbour(f *aftercheck.Finding, sensor string, own map[string]*aftercheck.Finding) (isOwn bool) {
	key := f.Key()
	switch {
	case own[key] != nil && f.State != "":
		return true
	case f.State != "":
		g.neighbours[key] = neighbour{f, sensor}
	case f.Value == nil:
	case f.Check == aftercheck.CheckMetric:
		g.nearby = append(g.nearby, f)
	default:
		g.facts[key] = f
	}
	return false
}

// waits reports whether something of the target cannot tell yet but will.
func (g *glance) waits() bool {
	for _, f := range slices.Concat(g.signals, g.units) {
		if f.State == aftercheck.StateUnknown && notYet[f.Reason] {
			return true
		}
	}
	return false
}

// merge is the one function that makes one state of many findings: bad before
// converging before good before unknown. An owner speaks for its pods, whose
// remains (evicted, failed and retried) are no illness of an owner that is
// well; the pods are asked only if no owner could tell. A signal that is not
// yet able to tell says nothing.
func merge(units, pods, signals []*aftercheck.Finding) aftercheck.State {
	if !anyTells(units, aftercheck.CheckHealth) {
		units = slices.Concat(units, pods)
	}
	var bad, moving, good bool
	for _, f := range units {
		bad = bad || f.State == aftercheck.StateUnhealthy
		moving = moving || f.State == aftercheck.StateProgressing
		good = good || f.State == aftercheck.StateHealthy && f.Check != aftercheck.CheckPresence
	}
	for _, f := range signals {
		bad = bad || f.State == aftercheck.StateUnhealthy
		moving = moving || pending(f)
		good = good || f.State == aftercheck.StateHealthy
	}
	switch {
	case bad:
		return aftercheck.StateUnhealthy
	case moving:
		return aftercheck.StateProgressing
	case good:
		return aftercheck.StateHealthy
	}
	return aftercheck.StateUnknown
}

func anyTells(findings []*aftercheck.Finding, check aftercheck.Check) bool {
	for _, f := range findings {
		if f.Check == check && f.State != aftercheck.StateUnknown {
			return true
		}
	}
	return false
}

// pending is an alert whose expression holds again, or still, but not yet for
// as long as its rule wants.
func pending(f *aftercheck.Finding) bool {
	return f.State == aftercheck.StateProgressing && f.Reason == "Pending"
}

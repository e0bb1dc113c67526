package docker

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
)

// observation is what one call read of a host.
type observation struct {
	host      string
	wanted    wanted
	asked     time.Time     // by our own clock
	skew      time.Duration // how far our clock is ahead of the engine's
	own, near []container
	events    []event
	eventsErr error
	missed    int // containers beyond the bounds
	ambiguous bool
}

// report collects the findings of one observation for one question.
type report struct {
	observation
	action   aftercheck.Action
	incident aftercheck.Incident
	findings []aftercheck.Finding
}

// findings says what an observation tells of the target and its neighbours. It is
// pure, and the same whatever the order of the containers.
func (o observation) findings(i aftercheck.Incident, a aftercheck.Action) (aftercheck.Target, []aftercheck.Finding) {
	r := report{observation: o, action: a, incident: i}
	byName := func(a, b container) int { return cmp.Compare(a.name(), b.name()) }
	slices.SortFunc(r.own, byName)
	slices.SortFunc(r.near, byName)
	target := o.wanted.target(o.host)
	switch {
	case o.ambiguous:
		r.unknown(target, reasonAmbiguous, "several Compose projects have a service of this name; want the label compose_project too")
		return target, r.findings
	case len(r.own) == 0 && !o.wanted.sure:
		return aftercheck.Target{}, nil
	case len(r.own) == 0:
		r.add(aftercheck.Finding{
			Subject: subjectOf(target), Check: aftercheck.CheckPresence, Scope: aftercheck.ScopeTarget, State: aftercheck.StateUnhealthy,
			Reason: aftercheck.ReasonNotFound, Message: fmt.Sprintf("%s does not exist", target),
		})
		return target, r.findings
	}
	if target.Kind == kindContainer && r.own[0].name() == target.Name {
		target.UID = r.own[0].ID
	} else {
		service := r.own[0].Config.Labels
		target.Kind, target.Name = kindService, serviceName(service.Project, service.Service)
		r.fact(subjectOf(target), aftercheck.CheckReplicas, aftercheck.ScopeTarget, float64(len(r.own)), "replicas")
	}
	for _, c := range r.own {
		r.target(c)
	}
	for _, c := range r.near {
		r.neighbour(c)
	}
	if o.missed > 0 {
		r.unknown(target, reasonTooMany, fmt.Sprintf("%d further containers were not looked at", o.missed))
	}
	if o.eventsErr != nil {
		r.unknown(target, reasonEventsUnread, "whether it crashed is not known: "+o.eventsErr.Error())
	}
	return target, r.findings
}

func subjectOf(t aftercheck.Target) aftercheck.Subject {
	return aftercheck.Subject{Kind: t.Kind, Namespace: t.Namespace, Name: t.Name, UID: t.UID}
}

// now is the engine's time when it was asked.
func (o observation) now() time.Time { return o.asked.Add(-o.skew) }

// ours is one of the engine's times by our clock, which the action's are told by.
func (o observation) ours(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(o.skew)
}

// skewOf is how far our clock is ahead of one that tells seconds; zero if that
// may as well be the way between them.
func skewOf(asked, engine time.Time) time.Duration {
	const alike = 3 * time.Second
	if skew := asked.Sub(engine); skew.Abs() > alike {
		return skew
	}
	return 0
}

func (r *report) add(f aftercheck.Finding) {
	f.At, f.Since = r.asked, r.ours(f.Since)
	r.findings = append(r.findings, f)
}

func (r *report) fact(s aftercheck.Subject, check aftercheck.Check, scope aftercheck.Scope, number float64, unit string) *aftercheck.Finding {
	r.add(aftercheck.Finding{Subject: s, Check: check, Scope: scope, Value: &aftercheck.Value{Number: number, Unit: unit}})
	return &r.findings[len(r.findings)-1]
}

func (r *report) unknown(t aftercheck.Target, reason, message string) {
	r.add(aftercheck.Finding{
		Subject: subjectOf(t), Check: aftercheck.CheckEvents, Scope: aftercheck.ScopeTarget,
		State: aftercheck.StateUnknown, Reason: reason, Message: message,
	})
}

func (r *report) subject(c container) aftercheck.Subject {
	return aftercheck.Subject{Kind: kindContainer, Namespace: r.host, Name: c.name(), UID: c.ID}
}

func (r *report) health(c container, scope aftercheck.Scope, past lives) {
	v := judge(c, past, r.now())
	r.add(aftercheck.Finding{
		Subject: r.subject(c), Check: aftercheck.CheckHealth, Scope: scope, State: v.state, Reason: v.reason,
		Message: v.message, Since: v.since, Final: v.final && v.state == aftercheck.StateUnhealthy,
	})
}

// target reports one container of the target: its health, its restarts, how long
// it lived before it crashed, and what happened to it since the action.
func (r *report) target(c container) {
	s := r.subject(c)
	since := r.lives(c, r.since())
	r.health(c, aftercheck.ScopeTarget, r.lives(c, r.action.FinishedAt))
	r.restarts(c, aftercheck.ScopeTarget)
	if life := r.lives(c, time.Time{}).withLastLife(c).longest; life > 0 {
		r.fact(s, aftercheck.CheckPreviousLife, aftercheck.ScopeTarget, life.Seconds(), "seconds")
	}
	for _, happened := range []struct {
		reason, action string
		times          int
		last           time.Time
	}{
		{reasonError, "die", since.crashes, since.lastCrash},
		{reasonOOMKilled, "oom", since.kills, since.lastKill},
		{reasonUnhealthy, "health_status: unhealthy", since.sick, since.lastSick},
	} {
		if happened.times > 0 {
			f := r.fact(s, aftercheck.CheckEvents, aftercheck.ScopeTarget, float64(happened.times), "events")
			f.Reason, f.Query, f.Since = happened.reason, "event="+happened.action, r.ours(happened.last)
		}
	}
}

// neighbour reports another container of the target's Compose project. Of its
// past its own state is asked alone.
func (r *report) neighbour(c container) {
	r.health(c, aftercheck.ScopeNeighbour, lives{})
	r.restarts(c, aftercheck.ScopeNeighbour)
}

// restarts reports how often the engine started the container again, since when
// it runs, what it may use, and whether it was killed for want of memory.
func (r *report) restarts(c container, scope aftercheck.Scope) {
	s := r.subject(c)
	f := r.fact(s, aftercheck.CheckRestarts, scope, float64(c.RestartCount), "restarts")
	f.Message = fmt.Sprintf("image %s, %s", c.Config.Image, c.Image)
	if c.State.Status == "running" {
		f.Since = r.ours(c.State.StartedAt)
	}
	for _, limit := range []struct {
		query, unit string
		number      float64
	}{
		{"HostConfig.NanoCpus", "cores", float64(c.Host.NanoCPUs) / 1e9},
		{"HostConfig.Memory", "bytes", float64(c.Host.Memory)},
	} {
		if limit.number > 0 {
			r.fact(s, aftercheck.CheckLimits, scope, limit.number, limit.unit).Query = limit.query
		}
	}
	past := r.lives(c, time.Time{})
	if c.State.OOMKilled && past.kills == 0 {
		past.kills, past.lastKill = 1, c.State.FinishedAt
	}
	if past.kills > 0 {
		r.fact(s, aftercheck.CheckOOMKills, scope, float64(past.kills), "kills").Since = r.ours(past.lastKill)
	}
}

// lives is the past of a container's name, with what counts from a time of our
// clock on.
func (r *report) lives(c container, from time.Time) lives {
	if !from.IsZero() {
		from = from.Add(-r.skew)
	}
	return livesOf(r.events, c.name(), from)
}

// since is from when on events count: the end of the action, or before it the
// beginning of the incident.
func (r *report) since() time.Time {
	if !r.action.FinishedAt.IsZero() {
		return r.action.FinishedAt
	}
	return r.incident.StartsAt
}

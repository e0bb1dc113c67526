package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/collect/kube"
	"github.com/aftercheck/aftercheck/internal/collect/prom"
	"github.com/aftercheck/aftercheck/internal/verify"
)

// maxOfflineBytes bounds a file that is judged offline.
const maxOfflineBytes = 256 << 20

// oldPicture is how long ago the newest time in a file of objects must be for
// the file to be judged as of that time, and not as of now.
const oldPicture = 15 * time.Minute

// offlineOptions are the flags of the subcommand assess.
type offlineOptions struct {
	Post, Pre         string // file names; "-" is the standard input, Pre may be empty
	Action, Alertname string
	Labels            map[string]string
	Now               time.Time // zero: now, or the objects' newest time if that is long ago
	// Numbers say how recorded numbers are read.
	Numbers prom.RecordedOptions
	// Policies choose the policy for the incident; nil: the one that an exported
	// verification carries, else the default.
	Policies verify.Policies
}

// picture is what one file shows.
type picture struct {
	incident aftercheck.Incident
	action   aftercheck.Action
	policy   *aftercheck.Policy
	readings []aftercheck.Reading
	evidence *aftercheck.Evidence // set if the file is a whole verification
	away     bool                 // the sidecar was away when that was due
	objects  *kube.Objects        // set if the file holds Kubernetes objects
	numbers  []byte               // set if the file holds recorded numbers
}

// offlineCase reads the files into the case that is judged: what they show is
// taken as seen after the action and as held. Errors name the file.
func offlineCase(o offlineOptions, stdin io.Reader) (assess.Case, error) {
	if o.Post == "-" && o.Pre == "-" {
		return assess.Case{}, errors.New("--pre and --post cannot both be the standard input")
	}
	post, err := readPicture(o.Post, stdin)
	if err != nil {
		return assess.Case{}, fmt.Errorf("reading --post %s: %w", o.Post, err)
	}
	var pre *picture
	if o.Pre != "" {
		if pre, err = readPicture(o.Pre, stdin); err != nil {
			return assess.Case{}, fmt.Errorf("reading --pre %s: %w", o.Pre, err)
		}
	}
	if err := o.recordedReadings(pre, post); err != nil {
		return assess.Case{}, err
	}
	c := o.caseOf(pre, post)
	if o.Policies != nil {
		if c.Policy, err = o.Policies("", c.Incident); err != nil {
			return assess.Case{}, fmt.Errorf("choosing a policy: %w", err)
		}
	}
	return c, nil
}

// caseOf puts the case together: what the flags say comes before what an
// exported verification says.
func (o offlineOptions) caseOf(pre, post *picture) assess.Case {
	c := assess.Case{Incident: post.incident, Action: post.action, Policy: aftercheck.DefaultPolicy()}
	if post.policy != nil {
		c.Policy = *post.policy
	}
	c.Incident.Alertname = cmp.Or(o.Alertname, c.Incident.Alertname)
	c.Action.Text = cmp.Or(o.Action, c.Action.Text)
	if len(o.Labels) > 0 {
		c.Incident.Labels = o.Labels
	}
	if post.evidence != nil {
		c.Evidence, c.Away = *post.evidence, post.away
	}
	var known aftercheck.Target
	if pre != nil {
		readings := pre.look(c, o.Now, aftercheck.Target{})
		known = targetOf(readings)
		c.Evidence.PreState = &aftercheck.Snapshot{Incident: c.Incident, Action: c.Action, Readings: readings}
	}
	if post.evidence == nil {
		readings := post.look(c, o.Now, known)
		c.Evidence.Rounds = []aftercheck.Round{{At: o.Now, EndedAt: o.Now, Readings: readings}}
		c.Evidence.Held = true
		c.Action.FinishedAt = time.Time{} // what the file shows is taken as seen after the action
	}
	return c
}

func targetOf(readings []aftercheck.Reading) aftercheck.Target {
	for _, r := range readings {
		if !r.Target.IsZero() {
			return r.Target
		}
	}
	return aftercheck.Target{}
}

// look gives the picture's readings: those it holds, with what their words tell,
// or one of its objects.
func (p *picture) look(c assess.Case, now time.Time, known aftercheck.Target) []aftercheck.Reading {
	if p.objects == nil {
		return p.inWords(c, now, known)
	}
	objects := *p.objects
	objects.Known = known
	if now.IsZero() {
		now = time.Now()
		if newest := objects.Newest(); !newest.IsZero() && now.Sub(newest) > oldPicture {
			now = newest
		}
	}
	target, findings := kube.Findings(objects, c.Incident, c.Action, now)
	return []aftercheck.Reading{{
		Sensor: "kubernetes", At: now, Outcome: aftercheck.ReadingOK, Target: target, Findings: findings,
	}}
}

// inWords reads what of the picture's readings is in words. A file has no time
// of its own: it shows what is now.
func (p *picture) inWords(c assess.Case, now time.Time, known aftercheck.Target) []aftercheck.Reading {
	if now.IsZero() {
		now = time.Now()
	}
	q := aftercheck.Question{Incident: c.Incident, Action: c.Action, Known: known}
	readings := slices.Clone(p.readings)
	for i := range readings {
		if readings[i].At.IsZero() {
			readings[i].At = now
		}
	}
	return readWords(readings, q, now)
}

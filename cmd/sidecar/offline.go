package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"sigs.k8s.io/yaml"

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

// look gives the picture's readings: those it holds, or one of its objects.
func (p *picture) look(c assess.Case, now time.Time, known aftercheck.Target) []aftercheck.Reading {
	if p.objects == nil {
		return p.readings
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

func readPicture(name string, stdin io.Reader) (*picture, error) {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxOfflineBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxOfflineBytes {
		return nil, fmt.Errorf("more than %d MiB; want fewer objects", maxOfflineBytes>>20)
	}
	if prom.IsRecorded(data) {
		return &picture{numbers: data}, nil
	}
	if p, err := exported(data); p != nil || err != nil {
		return p, err
	}
	objects, err := kube.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return &picture{objects: &objects}, nil
}

// export is every form in which the API returns readings, in one: a
// verification, a snapshot, a round, or the body of an assessment.
type export struct {
	Kind      string                `json:"kind"`
	Incident  aftercheck.Incident   `json:"incident"`
	Action    aftercheck.Action     `json:"action"`
	Policy    json.RawMessage       `json:"policy"`
	Reason    aftercheck.Reason     `json:"reason"`
	Evidence  *aftercheck.Evidence  `json:"evidence"`
	Readings  *[]aftercheck.Reading `json:"readings"`
	PostState *[]aftercheck.Reading `json:"post_state"`
	PreState  []aftercheck.Reading  `json:"pre_state"`
}

// exported reads a file as what the API returns. It returns nil if the file is
// nothing of the sort, and is then to be read as Kubernetes objects.
func exported(data []byte) (*picture, error) {
	asJSON := oneDocument(data)
	switch {
	case isReadings(asJSON):
		p := &picture{}
		if err := json.Unmarshal(asJSON, &p.readings); err != nil {
			return nil, fmt.Errorf("reading it as a list of readings: %w", err)
		}
		return p, nil
	case isExport(asJSON):
		var e export
		if err := json.Unmarshal(asJSON, &e); err != nil {
			return nil, fmt.Errorf("reading it as exported evidence: %w", err)
		}
		return e.picture()
	}
	return nil, nil
}

// oneDocument is a file of one YAML or JSON document as JSON, else nil.
func oneDocument(data []byte) []byte {
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil
	}
	return asJSON
}

func isReadings(asJSON []byte) bool {
	var list []struct {
		Sensor string `json:"sensor"`
	}
	if !bytes.HasPrefix(asJSON, []byte("[")) || json.Unmarshal(asJSON, &list) != nil {
		return false
	}
	return len(list) == 0 || list[0].Sensor != ""
}

func isExport(asJSON []byte) bool {
	var keys map[string]json.RawMessage
	if json.Unmarshal(asJSON, &keys) != nil || keys["apiVersion"] != nil {
		return false
	}
	return keys["evidence"] != nil || keys["readings"] != nil || keys["post_state"] != nil
}

func (e export) picture() (*picture, error) {
	p := &picture{incident: e.Incident, action: e.Action, evidence: e.Evidence, away: e.Reason == aftercheck.ReasonSidecarAway}
	switch {
	case e.Evidence != nil && len(e.Policy) > 0:
		p.policy = &aftercheck.Policy{}
		if err := json.Unmarshal(e.Policy, p.policy); err != nil {
			return nil, fmt.Errorf("reading its policy: %w", err)
		}
	case e.PostState != nil:
		p.readings = *e.PostState
	case e.Readings != nil:
		p.readings = *e.Readings
	}
	return p, nil
}

// printAssessment writes the assessment as JSON in which every field that a
// script asks for is present, or as text for people.
func printAssessment(w io.Writer, a aftercheck.Assessment, output string) error {
	if output == "json" {
		if a.Regressions == nil {
			a.Regressions = []aftercheck.Regression{}
		}
		if a.Findings == nil {
			a.Findings = []aftercheck.Finding{}
		}
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(struct {
			aftercheck.Assessment
			Score       *float64                `json:"score"`
			Regressions []aftercheck.Regression `json:"regressions"`
			Findings    []aftercheck.Finding    `json:"findings"`
		}{a, a.Score, a.Regressions, a.Findings})
	}
	score := "none"
	if a.Score != nil {
		score = fmt.Sprintf("%.2f", *a.Score)
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s (%s): %s\nscore %s, root cause cleared: %s\n", a.Verdict, a.Reason, line(a.Explanation), score, a.RootCauseCleared)
	for _, p := range a.Parts {
		if p.Measured {
			fmt.Fprintf(&text, "  %-14s %.2f of %.2f  %s; wanted %s\n", p.Name, p.Weight*p.Score, p.Weight, line(p.Value), line(p.Wanted))
		}
	}
	for _, r := range a.Regressions {
		fmt.Fprintf(&text, "regression: %s %s was %s, is %s\n", line(r.Subject.String()), r.Check, line(r.Before), line(r.After))
	}
	for _, f := range a.Findings {
		fmt.Fprintf(&text, "finding: %s %s %s %s %s\n", line(f.Subject.String()), f.Check, f.State, line(f.Reason), line(f.Message))
	}
	for _, n := range a.Notes {
		fmt.Fprintf(&text, "note: %s\n", line(n))
	}
	_, err := w.Write(text.Bytes())
	return err
}

package pages

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
)

// idForm is what an ID looks like, as the API has it.
var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

// The bounds of a page's lists.
const (
	maxLabels      = 40
	maxNotes       = 40
	maxRegressions = 100
)

// pollSeconds is how often the page of what is not sealed is asked for again.
const pollSeconds = 2

// jsonSuffix is what the address of the JSON form ends with.
const jsonSuffix = ".json"

// verification answers with the page of a verification, or its JSON form. An
// ID may itself end with .json: then its page is found under it unless there is
// a verification without that ending.
func (s *server) verification(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !idForm.MatchString(id) && !idForm.MatchString(strings.TrimSuffix(id, jsonSuffix)) {
		s.fail(w, r, aftercheck.ErrNotFound)
		return
	}
	if plain, asJSON := strings.CutSuffix(id, jsonSuffix); asJSON && idForm.MatchString(plain) {
		if v, err := s.Reader.Wait(r.Context(), plain, 0); err == nil {
			s.export(w, r, v)
			return
		}
	}
	v, err := s.Reader.Wait(r.Context(), id, 0)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	proposal := s.proposal(r, v)
	tag := s.tag(v, "page", proposal.String())
	if v.Sealed() {
		// How the proposal stands may change, and the program: ask, and be told
		// in a few bytes that nothing did.
		w.Header().Set("Cache-Control", "private, no-cache")
	}
	if unchanged(w, r, tag) {
		return
	}
	s.render(w, r, http.StatusOK, "verification", s.view(r, v, proposal))
}

// proposal is the verification's, the zero Proposal if there is none or if that
// cannot be told just now.
func (s *server) proposal(r *http.Request, v aftercheck.Verification) Proposal {
	if s.Proposal == nil || !v.Sealed() {
		return Proposal{}
	}
	p, found, err := s.Proposal(r.Context(), v)
	if err != nil {
		s.Logger.WarnContext(r.Context(), "asking for a proposal", "id", v.ID, "err", err)
	}
	if err != nil || !found {
		return Proposal{}
	}
	return p
}

// String is empty for the zero Proposal.
func (p Proposal) String() string {
	if p.State == "" || p.Since.IsZero() {
		return p.State
	}
	return p.State + " since " + stamp{p.Since}.Full()
}

// export answers with the verification as `aftercheck assess --post` takes it.
// Once it is sealed it never changes.
func (s *server) export(w http.ResponseWriter, r *http.Request, v aftercheck.Verification) {
	if v.Sealed() {
		w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
	}
	if unchanged(w, r, s.tag(v, "json", "")) {
		return
	}
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		s.fail(w, r, fmt.Errorf("writing a verification as JSON: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="aftercheck-`+strings.ReplaceAll(v.ID, ":", "_")+`.json"`)
	_, _ = w.Write(append(body, '\n')) // who hung up does not read it
}

// verificationView is the page of one verification, in its order.
type verificationView struct {
	frame
	ID, JSON, Permalink string
	ByIncident          string
	Incident            string
	Live                bool
	Now                 stamp
	Badge               badge
	Reason              string
	Sentence            string
	SoFar               string // the provisional verdict; empty: none
	Next                *due   // nil once sealed
	Facts               []fact
	Chips               []chip
	Notes               []string
	MoreNotes           int
	Regressions         []regressionView
	MoreRegressions     int
	Score               scoreView
	Compare             compareView
	Time                timeView
	Charts              []chart
	MoreCharts          int
	Steps               []assess.Step
	Differs             string // what the judge of this program says, where that is something else
	Sensors             []sensorView
	MoreSensors         int
	Raw                 []rawView
	Wait                waitView
	Labels              []fact
	MoreLabels          int
	Policy              []fact
}

// due is what a verification waits for.
type due struct {
	What     string
	At       stamp
	Deadline stamp
}

// fact is a name with its value, and perhaps an address of this site.
type fact struct{ Name, Value, Link string }

// chip is a small statement with a colour.
type chip struct{ Class, Text string }

// regressionView is one regression.
type regressionView struct {
	Subject, Check, Before, After string
	Critical, Neighbour           bool
}

func (s *server) view(r *http.Request, v aftercheck.Verification, p Proposal) verificationView {
	now := s.clock()
	view := verificationView{
		frame: s.frame(r, titleOf(v)), ID: v.ID, Incident: short(v.Incident.ID), JSON: "./" + url.PathEscape(v.ID) + jsonSuffix,
		Now: stamp{now}, Badge: badgeOf(v), Facts: factsOf(v), Chips: chipsOf(v, p),
	}
	view.Revision = v.Revision
	view.ByIncident = view.Up + "verifications?" + url.Values{"incident": {v.Incident.ID}}.Encode()
	view.Permalink = s.permalink(v.ID)
	if !v.Sealed() {
		view.Live, view.Refresh, view.Next = true, pollSeconds, dueOf(v)
		view.Script = view.Up + strings.TrimPrefix(assetPath, "/") + s.assets.name("live.js")
	}
	judged := judge(v)
	view.Reason, view.Sentence, view.SoFar = wordsOf(v, judged)
	view.Steps, view.Differs = judged.steps, judged.differs
	if a := v.Assessment; a != nil {
		view.addAssessment(*a, v)
	}
	view.addEvidence(v, judged.rounds)
	view.addRequest(v)
	return view
}

func (s *server) permalink(id string) string {
	if s.ExternalURL == nil {
		return "./" + url.PathEscape(id)
	}
	return s.ExternalURL.String() + "/verifications/" + url.PathEscape(id)
}

func titleOf(v aftercheck.Verification) string {
	return badgeOf(v).Word + ": " + short(cmp.Or(v.Incident.Name(), v.Incident.ID))
}

// addAssessment adds what only a sealed verification has.
func (view *verificationView) addAssessment(a aftercheck.Assessment, v aftercheck.Verification) {
	notes, more := first(a.Notes, maxNotes)
	for _, note := range notes {
		view.Notes = append(view.Notes, long(note))
	}
	view.MoreNotes = more
	regressions, more := first(a.Regressions, maxRegressions)
	for _, r := range regressions {
		view.Regressions = append(view.Regressions, regressionView{
			Subject: long(r.Subject.String()), Check: short(string(r.Check)), Before: long(r.Before), After: long(r.After),
			Critical: r.Critical, Neighbour: r.Scope == aftercheck.ScopeNeighbour,
		})
	}
	view.MoreRegressions = more
	view.Score = scoreOf(a, v)
}

func (view *verificationView) addEvidence(v aftercheck.Verification, rounds []assess.View) {
	view.Time = timeOf(v, rounds, view.Now.Time)
	if v.Evidence == nil {
		return
	}
	view.Compare = compare(v)
	view.Charts, view.MoreCharts = charts(v)
	view.Sensors, view.MoreSensors = sensors(*v.Evidence)
	view.Raw = raws(*v.Evidence)
}

func (view *verificationView) addRequest(v aftercheck.Verification) {
	view.Wait = waitOf(v)
	for _, name := range sortedKeys(v.Incident.Labels) {
		if len(view.Labels) == maxLabels {
			view.MoreLabels = len(v.Incident.Labels) - maxLabels
			break
		}
		view.Labels = append(view.Labels, fact{Name: short(name), Value: long(v.Incident.Labels[name])})
	}
	p := v.Policy
	view.Policy = []fact{
		{Name: "policy", Value: short(p.Name)},
		{Name: "warm-up", Value: span(time.Duration(p.Warmup))},
		{Name: "interval between rounds", Value: span(p.RoundInterval())},
		{Name: "good rounds in a row that are wanted", Value: number(float64(p.Rounds))},
		{Name: "settle time", Value: span(time.Duration(p.SettleTime))},
		{Name: "deadline after the warm-up", Value: span(time.Duration(p.Deadline))},
		{Name: "longest wait", Value: span(time.Duration(p.MaxWait))},
		{Name: "time-out of a sensor", Value: span(time.Duration(p.SensorTimeout))},
		{Name: "least coverage", Value: two(p.MinCoverage)},
		{Name: "rollback is proposed under", Value: two(p.ProposalThreshold)},
	}
}

func sortedKeys(labels map[string]string) []string {
	keys := make([]string, 0, len(labels))
	for key := range labels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// judgedView is what the judge says of the evidence as it stands.
type judgedView struct {
	steps   []assess.Step
	rounds  []assess.View
	differs string
}

// judge asks the judge of this program for its way. Of a verification that is
// not sealed that is provisional, and nothing before the first round.
func judge(v aftercheck.Verification) (j judgedView) {
	defer func() {
		if recover() != nil { // odd evidence has its verdict; only the way is not shown
			j = judgedView{differs: "cannot read this evidence"}
		}
	}()
	if v.Evidence == nil || !v.Sealed() && len(v.Evidence.Rounds) == 0 {
		return judgedView{}
	}
	c := assess.Case{
		Incident: v.Incident, Action: v.Action, Policy: v.Policy, DeadlineAt: v.DeadlineAt, Evidence: *v.Evidence,
		Away: v.Assessment != nil && v.Reason == aftercheck.ReasonSidecarAway,
	}
	j.rounds = assess.Views(c)
	j.steps = assess.Explain(c)
	if n := len(j.steps); n > 0 && v.Assessment != nil {
		stands := fmt.Sprintf("%s (%s): ", v.Verdict, v.Reason)
		if decided := j.steps[n-1].Answer; !strings.HasPrefix(decided, stands) {
			j.differs = "would say " + long(decided)
		}
	}
	for i := range j.steps {
		j.steps[i].Answer = long(j.steps[i].Answer)
	}
	return j
}

// wordsOf are the reason and the sentence of the verdict; or what is waited
// for, and what the judge would say so far.
func wordsOf(v aftercheck.Verification, j judgedView) (reason, said, soFar string) {
	if a := v.Assessment; a != nil && v.Sealed() {
		return short(string(a.Reason)), sentence(a.Explanation), ""
	}
	if n := len(j.steps); n > 0 {
		soFar = j.steps[n-1].Answer
	}
	if rounds := len(j.rounds); rounds > 0 {
		return "", fmt.Sprintf("Looked %s. The verdict is given as soon as no later round could change it.", times(rounds)), soFar
	}
	return "", "The action is done; the first look comes when the warm-up is over.", ""
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func dueOf(v aftercheck.Verification) *due {
	d := &due{What: "Next look", At: stamp{v.NextRoundAt}, Deadline: stamp{v.DeadlineAt}}
	if v.NextRoundAt.IsZero() || v.DeadlineAt.Before(v.NextRoundAt) {
		d.What, d.At = "Verdict", stamp{v.DeadlineAt}
	} else if v.State == aftercheck.StateWaiting {
		d.What = "First look"
	}
	return d
}

// factsOf is what was asked, by whom and when.
func factsOf(v aftercheck.Verification) []fact {
	facts := []fact{{Name: "Action", Value: long(v.Action.Text)}}
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{Name: name, Value: value})
		}
	}
	add("Playbook", short(v.Playbook))
	add("Alert", short(v.Incident.Name()))
	add("Target", short(targetOf(v)))
	add("Requested by", short(v.RequestedBy.String()))
	add("Accepted", stamp{v.AcceptedAt}.Full())
	if v.Sealed() {
		add("Verdict after", span(v.SealedAt.Sub(v.AcceptedAt)))
	}
	return facts
}

// targetOf is the target as it was resolved last.
func targetOf(v aftercheck.Verification) string {
	if v.Evidence == nil {
		return ""
	}
	for _, readings := range [][]aftercheck.Reading{lastReadings(*v.Evidence), before(*v.Evidence)} {
		for _, r := range readings {
			if !r.Target.IsZero() {
				return r.Target.String()
			}
		}
	}
	return ""
}

// before and lastReadings are the readings on the two sides of the action.
func before(e aftercheck.Evidence) []aftercheck.Reading {
	if e.PreState == nil {
		return nil
	}
	return e.PreState.Readings
}

func lastReadings(e aftercheck.Evidence) []aftercheck.Reading {
	if n := len(e.Rounds); n > 0 {
		return e.Rounds[n-1].Readings
	}
	return nil
}

// chipsOf are the answers beside the verdict.
func chipsOf(v aftercheck.Verification, p Proposal) []chip {
	var chips []chip
	if a := v.Assessment; a != nil {
		class := map[aftercheck.Answer]string{aftercheck.AnswerYes: "good", aftercheck.AnswerNo: "bad"}[a.RootCauseCleared]
		chips = append(chips, chip{cmp.Or(class, "unknown"), "root cause cleared: " + short(cmp.Or(string(a.RootCauseCleared), "unknown"))})
		critical := slices.ContainsFunc(a.Regressions, func(r aftercheck.Regression) bool { return r.Critical })
		compared := slices.ContainsFunc(a.Parts, func(p aftercheck.Part) bool { return p.Name == aftercheck.PartRegressions && p.Measured })
		switch {
		case len(a.Regressions) == 0 && !compared:
			chips = append(chips, chip{"unknown", "regressions: not known"})
		case len(a.Regressions) == 0:
			chips = append(chips, chip{"good", "no regressions"})
		case critical:
			chips = append(chips, chip{"bad", plural(len(a.Regressions), "regression") + ", critical"})
		default:
			chips = append(chips, chip{"warn", plural(len(a.Regressions), "regression")})
		}
		if a.Coverage != nil {
			chips = append(chips, chip{"plain", fmt.Sprintf("coverage %.0f %%", 100**a.Coverage)})
		}
	}
	if v.Evidence != nil && v.Evidence.PreState == nil {
		chips = append(chips, chip{"warn", "no pre-state"})
	}
	if p.State != "" {
		class := "plain"
		if p.State == "open" {
			class = "bad"
		}
		chips = append(chips, chip{class, "rollback proposal " + short(p.String())})
	}
	return chips
}

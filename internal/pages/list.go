package pages

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/aftercheck/aftercheck"
)

// The most characters of a filter, as the API has them.
const (
	maxIncident = 256
	maxPlaybook = 4096
)

// choice is one option of a filter.
type choice struct {
	Value, Text string
	Chosen      bool
}

// listView is the page of many verifications.
type listView struct {
	frame
	Incident, Playbook string
	Verdicts, Sinces   []choice
	Filtered           bool
	Later              bool // this is not the first page
	Rows               []row
	Older              string // address of the next page; empty on the last
	Newest             string // address of the first page
	Wrong              string // why nothing was looked for
}

// row is one verification of the list.
type row struct {
	Badge     badge
	Reason    string
	Score     string // empty: none
	Share     string // the score as a length
	Link      string
	ID        string
	Incident  string
	ByThis    string // address of the incident's verifications
	Alertname string
	Action    string
	Playbook  string
	Accepted  stamp
	Took      string
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	filter, err := filterOf(query, s.clock())
	view := newList(s.frame(r, "Verifications"), query)
	if err == nil {
		var page aftercheck.Page
		if page, err = s.Reader.List(r.Context(), filter); err == nil {
			view.fill(page, query)
			s.render(w, r, http.StatusOK, "list", view)
			return
		}
	}
	if f := failed(err); f.Status == http.StatusBadRequest {
		view.Wrong = f.Sentence
		s.render(w, r, f.Status, "list", view)
		return
	}
	s.fail(w, r, err)
}

// periods are the choices of the filter by time.
var periods = []struct {
	value, text string
	before      time.Duration
}{
	{"1h", "last hour", time.Hour},
	{"24h", "last 24 hours", 24 * time.Hour},
	{"7d", "last 7 days", 7 * 24 * time.Hour},
	{"30d", "last 30 days", 30 * 24 * time.Hour},
}

// filterOf reads a query. Errors are *aftercheck.FieldError.
func filterOf(q url.Values, now time.Time) (aftercheck.Filter, error) {
	f := aftercheck.Filter{
		IncidentID: q.Get("incident"), Verdict: aftercheck.Verdict(q.Get("verdict")), Playbook: q.Get("playbook"), Cursor: q.Get("cursor"),
	}
	if len(f.IncidentID) > maxIncident {
		return f, &aftercheck.FieldError{Field: "incident", Want: "an incident's ID of at most 256 characters"}
	}
	if len(f.Playbook) > maxPlaybook || len(f.Cursor) > maxPlaybook {
		return f, &aftercheck.FieldError{Field: "playbook and cursor", Want: "at most 4096 characters"}
	}
	since := q.Get("since")
	if since == "" {
		return f, nil
	}
	for _, p := range periods {
		if p.value == since {
			f.Since = now.Add(-p.before)
			return f, nil
		}
	}
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return f, &aftercheck.FieldError{Field: "since", Want: "1h, 24h, 7d, 30d, or a time such as 2026-01-02T15:04:05Z"}
	}
	f.Since = at
	return f, nil
}

func newList(f frame, q url.Values) listView {
	v := listView{frame: f, Incident: q.Get("incident"), Playbook: q.Get("playbook"), Later: q.Get("cursor") != ""}
	verdict, since := q.Get("verdict"), q.Get("since")
	v.Filtered = v.Incident != "" || v.Playbook != "" || verdict != "" || since != ""
	v.Verdicts = []choice{{"", "any", verdict == ""}}
	for _, one := range []aftercheck.Verdict{aftercheck.Success, aftercheck.Degraded, aftercheck.Failed, aftercheck.Timeout} {
		v.Verdicts = append(v.Verdicts, choice{string(one), string(one), verdict == string(one)})
	}
	v.Sinces = []choice{{"", "any time", since == ""}}
	for _, p := range periods {
		v.Sinces = append(v.Sinces, choice{p.value, p.text, since == p.value})
	}
	if !slices.ContainsFunc(v.Sinces, func(c choice) bool { return c.Chosen }) {
		v.Sinces = append(v.Sinces, choice{since, "since " + short(since), true})
	}
	v.Newest = address(q, "")
	return v
}

func (v *listView) fill(p aftercheck.Page, q url.Values) {
	for _, verification := range p.Verifications {
		v.Rows = append(v.Rows, rowOf(verification))
	}
	if p.NextCursor != "" {
		v.Older = address(q, p.NextCursor)
	}
}

// address is the list's own address with a cursor, relative to it.
func address(q url.Values, cursor string) string {
	kept := url.Values{}
	for _, name := range []string{"incident", "verdict", "playbook", "since"} {
		if value := q.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	if cursor != "" {
		kept.Set("cursor", cursor)
	}
	if len(kept) == 0 {
		return "./verifications"
	}
	return "./verifications?" + kept.Encode()
}

func rowOf(v aftercheck.Verification) row {
	r := row{
		Badge: badgeOf(v), ID: v.ID, Link: "./verifications/" + url.PathEscape(v.ID),
		Incident: short(v.Incident.ID), ByThis: "./verifications?" + url.Values{"incident": {v.Incident.ID}}.Encode(),
		Alertname: short(v.Incident.Name()), Action: short(v.Action.Text), Playbook: short(v.Playbook),
		Accepted: stamp{v.AcceptedAt},
	}
	if v.Sealed() {
		r.Took = span(v.SealedAt.Sub(v.AcceptedAt))
	}
	if a := v.Assessment; a != nil {
		r.Reason = short(string(a.Reason))
		if a.Score != nil {
			r.Score, r.Share = two(*a.Score), percent(*a.Score)
		}
	}
	return r
}

// badge is how a verification stands, as a word with a colour and a shape.
type badge struct{ Class, Word string }

func badgeOf(v aftercheck.Verification) badge {
	if v.Sealed() && v.Assessment != nil {
		return verdictBadge(v.Verdict)
	}
	if v.State == aftercheck.StateObserving {
		return badge{"pending", "observing"}
	}
	return badge{"pending", "waiting"}
}

func verdictBadge(v aftercheck.Verdict) badge {
	switch v {
	case aftercheck.Success:
		return badge{"good", "success"}
	case aftercheck.Degraded:
		return badge{"warn", "degraded"}
	case aftercheck.Failed:
		return badge{"bad", "failed"}
	case aftercheck.Timeout:
		return badge{"unknown", "timeout"}
	}
	return badge{"unknown", short(string(v))}
}

// stateBadge is how a finding or a round stands.
func stateBadge(s aftercheck.State) badge {
	switch s {
	case aftercheck.StateHealthy:
		return badge{"good", "healthy"}
	case aftercheck.StateProgressing:
		return badge{"warn", "progressing"}
	case aftercheck.StateUnhealthy:
		return badge{"bad", "unhealthy"}
	case "":
		return badge{"", ""}
	}
	return badge{"unknown", "unknown"}
}

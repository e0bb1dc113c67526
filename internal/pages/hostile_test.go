package pages_test

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/pages"
	"github.com/aftercheck/aftercheck/internal/testbed/browser"
)

// attacks are texts that would run, lead elsewhere or look like something else
// if a page took them for more than text.
var attacks = []string{
	`<script>window.ran='script'</script>`,
	`"><img src=x onerror="window.ran='img'">`,
	`'><svg onload=window.ran='svg'>`,
	`</title></style></textarea></noscript><script>window.ran='closing'</script>`,
	`javascript:window.ran='link'`,
	`{{.Frame}} ${window.ran='template'}`,
	`<meta http-equiv=refresh content="0;url=https://evil.example/">`,
	`<base href="https://evil.example/"><link rel=stylesheet href=//evil.example/x.css>`,
	`<form action=https://evil.example/><button id=main autofocus>`,
	"\u202eevil\u202c \u2066hidden\u2069 \x1b[2J\x00 nul",
	`url(https://evil.example/x) expression(window.ran='css')`,
	"<details open ontoggle=window.ran='toggle'>",
	"Z" + strings.Repeat("\u0336\u0489", 200),
	"data:text/html,<script>window.ran='data'</script>",
}

// hostile is a verification in which every text is an attack.
func hostile(attack string) aftercheck.Verification {
	v := theRegression().tell()
	v.ID = "hostile"
	v.Incident = aftercheck.Incident{ID: attack, Alertname: attack, Labels: map[string]string{attack: attack, "namespace": attack}}
	v.Action.Text, v.Playbook, v.Policy.Name = attack, attack, attack
	v.RequestedBy = &aftercheck.Requester{Token: attack, Address: attack}
	v.Wait.Delays = []aftercheck.Delay{{Of: attack, Parts: []aftercheck.DelayPart{{Name: attack, Duration: 1}}}}
	a := *v.Assessment
	a.Reason, a.Explanation, a.Notes, a.RootCauseCleared = aftercheck.Reason(attack), attack, []string{attack}, aftercheck.Answer(attack)
	a.Regressions = []aftercheck.Regression{{Subject: aftercheck.Subject{Kind: attack, Name: attack}, Check: aftercheck.Check(attack), Before: attack, After: attack}}
	a.Parts = []aftercheck.Part{{Name: attack, Measured: true, Weight: math.Inf(1), Score: math.NaN(), Value: attack, Wanted: attack, Explanation: attack}}
	v.Assessment = &a
	poisoned := func(readings []aftercheck.Reading) []aftercheck.Reading {
		var out []aftercheck.Reading
		for _, r := range readings {
			r.Sensor, r.Raw, r.Error = attack, attack, attack
			r.Target = aftercheck.Target{Kind: attack, Name: attack}
			r.Findings = append([]aftercheck.Finding(nil), r.Findings...)
			for i := range r.Findings {
				f := &r.Findings[i]
				f.Subject = aftercheck.Subject{Kind: attack, Namespace: attack, Name: fmt.Sprint(attack, i), Owner: attack}
				f.Reason, f.Message, f.Wanted, f.Query, f.Check = attack, attack, attack, attack, aftercheck.CheckMetric
				f.Value = &aftercheck.Value{Number: float64(i), Unit: attack}
			}
			out = append(out, r)
		}
		return append(out, aftercheck.Reading{Sensor: attack + "2", Outcome: aftercheck.ReadingOutcome(attack), Error: attack, DurationSeconds: math.Inf(-1)})
	}
	v.Evidence.PreState.Readings = poisoned(v.Evidence.PreState.Readings)
	for i := range v.Evidence.Rounds {
		v.Evidence.Rounds[i].Readings = poisoned(v.Evidence.Rounds[i].Readings)
	}
	return v
}

// TestHostileTextsStayTexts opens pages full of attacks in a real browser:
// nothing runs, nothing is loaded, nothing is a link.
func TestHostileTextsStayTexts(t *testing.T) {
	p := browser.Start(t).Open(t, "about:blank", browser.Look{})
	var all strings.Builder
	for _, attack := range attacks {
		all.WriteString(attack)
	}
	for i, attack := range append(attacks, all.String()) {
		v := hostile(attack)
		waiting := v
		waiting.State, waiting.Assessment = aftercheck.StateObserving, nil
		for name, address := range map[string]string{
			"sealed": serve(t, pages.Options{Reader: kept{v}}) + "/verifications/hostile", "list": serve(t, pages.Options{Reader: kept{v}}) + "/verifications",
			"waiting": serve(t, pages.Options{Reader: kept{waiting}}) + "/verifications/hostile",
			"filter":  serve(t, pages.Options{Reader: kept{v}}) + "/verifications?playbook=" + strings.ReplaceAll(url.QueryEscape(attack), "+", "%20") + "&since=2026-01-02T15:04:05Z",
		} {
			if i > 0 && i < len(attacks) && name != "sealed" {
				continue // the first and the sum of all are enough there
			}
			p.Go(address)
			if got := browser.Eval[string](p, `String(window.ran)`); got != "undefined" {
				t.Errorf("%s with %.60q: a script ran: %s", name, attack, got)
			}
			harmless(t, p, fmt.Sprintf("%s with %.60q", name, attack))
		}
	}
}

// harmless holds a page in the browser against what no evidence may bring.
func harmless(t *testing.T, p *browser.Page, what string) {
	t.Helper()
	const strangers = `[...document.querySelectorAll('a[href], img, link, script, form, iframe, base, object, embed')]
		.map(e => e.href?.baseVal ?? e.href ?? e.src ?? e.action ?? '').filter(u => u && !u.startsWith(location.origin + '/'))
		.concat([...document.querySelectorAll('*')].flatMap(e => [...e.attributes].filter(a => /^on|^style$/.test(a.name)).map(a => e.tagName + ' ' + a.name)))
		.concat([...document.querySelectorAll('script:not([src]), style, iframe, base, object, embed')].map(e => e.tagName))`
	if got := browser.Eval[[]string](p, strangers); len(got) > 0 {
		t.Errorf("%s: the page has %q", what, got)
	}
	if got := browser.Eval[int](p, `document.querySelectorAll('main').length`); got != 1 {
		t.Errorf("%s: %d main elements", what, got)
	}
	if got := p.Complaints(); len(got) > 0 {
		t.Errorf("%s: the browser complains: %q", what, got)
	}
}

// TestHostileTextsWithoutTheEscape checks the test above: that the browser would
// have run what the pages escape.
func TestHostileTextsWithoutTheEscape(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html>", attacks[0], attacks[1], attacks[2])
	}))
	defer server.Close()
	p := browser.Start(t).Open(t, server.URL, browser.Look{})
	if got := browser.Eval[string](p, `String(window.ran)`); got == "undefined" {
		t.Error("no attack ran where nothing is escaped")
	}
}

// vast is a verification as large as can be stored: as many rounds as a policy
// allows, thousands of findings, texts of a megabyte.
func vast() aftercheck.Verification {
	v := theRegression().tell()
	v.ID = "vast"
	findings := make([]aftercheck.Finding, 10_000)
	for i := range findings {
		findings[i] = aftercheck.Finding{
			Subject: aftercheck.Subject{Kind: "Pod", Namespace: "shop", Name: fmt.Sprintf("pod-%d", i)}, Check: aftercheck.CheckHealth,
			Scope: aftercheck.ScopeTarget, State: aftercheck.StateUnhealthy, At: night.Add(time.Minute), Message: "back-off",
		}
		if i%10 == 0 {
			findings[i].Check, findings[i].Samples = aftercheck.CheckMetric, make([]float64, aftercheck.MaxSamples)
		}
	}
	large := strings.Repeat("<&>\"", 1<<18)
	many := func(state aftercheck.State) []aftercheck.Reading {
		own := append([]aftercheck.Finding(nil), findings...)
		for i := range own {
			own[i].State = state
		}
		readings := []aftercheck.Reading{{Sensor: "kubernetes", At: night.Add(time.Minute), Outcome: aftercheck.ReadingOK, Findings: own, Raw: large}}
		for i := range 200 {
			readings = append(readings, aftercheck.Reading{Sensor: fmt.Sprintf("%d %s", i, large[:1000]), Outcome: aftercheck.ReadingError, Error: large, Raw: large})
		}
		return readings
	}
	v.Evidence.PreState.Readings = many(aftercheck.StateHealthy)
	round, last := many(aftercheck.StateProgressing)[:1], many(aftercheck.StateUnhealthy)
	v.Evidence.Rounds = nil
	for i := range aftercheck.MaxRounds {
		at := v.ObserveFrom.Add(time.Duration(i) * 5 * time.Second)
		v.Evidence.Rounds = append(v.Evidence.Rounds, aftercheck.Round{At: at, EndedAt: at, Readings: round})
	}
	v.Evidence.Rounds[aftercheck.MaxRounds-1].Readings = last
	v.Incident.Labels = map[string]string{}
	for i := range 5000 {
		v.Incident.Labels[fmt.Sprint("label", i)] = large
	}
	a := *v.Assessment
	for range 5000 {
		a.Regressions = append(a.Regressions, aftercheck.Regression{Subject: aftercheck.Subject{Name: large}, Before: large, After: large})
		a.Notes = append(a.Notes, large)
		a.Parts = append(a.Parts, aftercheck.Part{Name: large, Explanation: large})
	}
	v.Assessment = &a
	return v
}

// maxPage is how large a page may become, whatever the evidence holds.
const maxPage = 6 << 20

func TestPagesAreBounded(t *testing.T) {
	base := serve(t, pages.Options{Reader: kept{vast()}}) + "/verifications/vast"
	page := want(t, base, 200, "and 9850 more, in the JSON.", "4901 more", "4960 more", "more bytes)", "and 141 more")
	if len(page) > maxPage {
		t.Errorf("the page has %d bytes, want at most %d", len(page), maxPage)
	}
	if n := strings.Count(page, "<li class=\"chart\">"); n != 24 {
		t.Errorf("%d charts", n)
	}
	t.Logf("a page of %d bytes", len(page))
}

func BenchmarkVastPage(b *testing.B) {
	v := vast()
	handler := pages.New(pages.Options{Reader: kept{v}})
	size := 0
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/verifications/vast", http.NoBody))
		if w.Code != http.StatusOK {
			b.Fatalf("status %d", w.Code)
		}
		size = w.Body.Len()
	}
	b.ReportMetric(float64(size), "page-bytes")
}

func BenchmarkPage(b *testing.B) {
	v := theRecovery().tell()
	handler := pages.New(pages.Options{Reader: kept{v}})
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/verifications/"+v.ID, http.NoBody))
		if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("success")) {
			b.Fatalf("status %d", w.Code)
		}
	}
}

package pages_test

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/evidence"
	"github.com/aftercheck/aftercheck/internal/pages"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/testbed/browser"
	"github.com/aftercheck/aftercheck/internal/verify"
)

//go:embed testdata/axe.min.js.gz
var axeCompressed []byte

func axe(t *testing.T) string {
	t.Helper()
	unzip, err := gzip.NewReader(bytes.NewReader(axeCompressed))
	if err != nil {
		t.Fatal(err)
	}
	script, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// looks are how people look at the pages.
var looks = map[string]browser.Look{
	"light": {}, "dark": {Dark: true}, "narrow": {Width: 390, Height: 844}, "narrow dark": {Width: 390, Height: 844, Dark: true}, "print": {Width: 794, Height: 1123, Print: true},
}

// TestAccessibleAndWithoutComplaint holds every kind of page, in every look,
// against axe-core's rules (WCAG 2.2 AA and good practice: names, roles, order of
// headings, contrast, landmarks), and nothing sticks out of a narrow screen.
func TestAccessibleAndWithoutComplaint(t *testing.T) {
	s := newShelf(t, theTimeout().tell(), theOutage().tell(), theFailure().tell(), theRegression().tell(), theRecovery().tell(), theWait().tell())
	base := serve(t, pages.Options{Reader: s}) + "/verifications"
	away := serve(t, pages.Options{Reader: lost{aftercheck.ErrUnavailable}}) + "/verifications"
	addresses := map[string]string{
		"list": base, "empty list": base + "?incident=none", "recovered": base + "/" + theRecovery().id, "regressed": base + "/" + theRegression().id,
		"failed": base + "/" + theFailure().id, "outage": base + "/" + theOutage().id, "timeout": base + "/" + theTimeout().id, "waiting": base + "/" + theWait().id,
		"wrong filter": base + "?since=x", "absent": base + "/absent", "away": away,
	}
	b, script := browser.Start(t), axe(t)
	for look, how := range looks {
		p := b.Open(t, base, how)
		for name, address := range addresses {
			if (look == "narrow dark" || look == "print") && name != "list" && name != "regressed" {
				continue // colours and places were seen by themselves
			}
			p.Go(address)
			sound(t, p, script, name+", "+look)
		}
	}
}

// sound holds one page against the rules.
func sound(t *testing.T, p *browser.Page, axe, what string) {
	t.Helper()
	refused := strings.HasPrefix(what, "absent") || strings.HasPrefix(what, "away") || strings.HasPrefix(what, "wrong")
	for _, complaint := range p.Complaints() {
		if !refused || !strings.Contains(complaint, "the server responded with a status of") {
			t.Errorf("%s: the browser complains: %s", what, complaint)
		}
	}
	if over := browser.Eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("%s: the page is %d px wider than the screen", what, over)
	}
	p.Do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
	p.Do(chromedp.Evaluate[chromedp.Void](axe))
	found := browser.Eval[[]string](p, `axe.run({resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r =>
		r.violations.flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + n.failureSummary + " at " + n.target.join(" ") + " " + n.html.slice(0, 200))))`)
	for _, violation := range found {
		t.Errorf("%s: %s", what, violation)
	}
}

// TestContrastIsMeasured checks the test above: that it sees what cannot be read.
func TestContrastIsMeasured(t *testing.T) {
	v := theRecovery().tell()
	p := browser.Start(t).Open(t, serve(t, pages.Options{Reader: kept{v}})+"/verifications/"+v.ID, browser.Look{})
	p.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".sentence").style.color = "#999"`), chromedp.Evaluate[chromedp.Void](axe(t)))
	if found := browser.Eval[[]string](p, `axe.run({runOnly: ["color-contrast"]}).then(r => r.violations.map(v => v.id))`); len(found) != 1 {
		t.Errorf("pale text on white: %q", found)
	}
}

// TestKeyboard goes through a page by the keyboard alone.
func TestKeyboard(t *testing.T) {
	s := newShelf(t, theRecovery().tell(), theFailure().tell())
	b, base := browser.Start(t), serve(t, pages.Options{Reader: s})+"/verifications"
	p := b.Open(t, base, browser.Look{})
	focused := func() string {
		return browser.Eval[string](p, `(e => e.tagName + " " + (e.getAttribute("aria-label") || e.name || e.textContent.trim()).slice(0, 40))(document.activeElement)`)
	}
	p.Press(kb.Tab)
	if got := focused(); got != "A To the content" {
		t.Fatalf("the first stop is %q", got)
	}
	if top := browser.Eval[float64](p, `document.activeElement.getBoundingClientRect().top`); top < 0 {
		t.Error("the way to the content is not seen when it has the focus")
	}
	p.Press(kb.Enter)
	if got := browser.Eval[string](p, `document.activeElement.id`); got != "main" {
		t.Fatalf("the way to the content leads to %q", got)
	}
	var stops []string
	for range 7 {
		p.Press(kb.Tab)
		stops = append(stops, focused())
		if width := browser.Eval[string](p, `getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth`); width != "solid3px" {
			t.Errorf("the focus on %q is not seen: %s", focused(), width)
		}
	}
	if want := "SELECT verdict,SELECT since,INPUT incident,INPUT playbook,BUTTON Filter,A Evidence of " + theFailure().id[:20]; !strings.HasPrefix(strings.Join(stops, ","), want) {
		t.Errorf("the stops are %q", stops)
	}
	p.Do(chromedp.Focus(chromedp.CSS("tbody tr:first-child .verdict a")))
	p.Press(kb.Enter)
	p.Do(chromedp.WaitVisible(chromedp.CSS("#verdict-word")), chromedp.Focus(chromedp.CSS("#d-rounds summary")))
	p.Press(" ")
	if !browser.Eval[bool](p, `document.getElementById("d-rounds").open`) {
		t.Error("the space bar does not unfold the rounds")
	}
}

// TestFilterForm is filled in and sent without any script.
func TestFilterForm(t *testing.T) {
	s := newShelf(t, theRecovery().tell(), theFailure().tell())
	p := browser.Start(t).Open(t, serve(t, pages.Options{Reader: s})+"/verifications", browser.Look{NoScripts: true})
	p.Do(chromedp.SetValue(chromedp.CSS("select[name=verdict]"), "failed"), chromedp.Click(chromedp.CSS("button[type=submit]")))
	p.Do(chromedp.WaitVisible(chromedp.CSS(".filters a")))
	if text := browser.Get(p, chromedp.Text(chromedp.CSS("tbody"))); strings.Contains(text, "success") || !strings.Contains(text, "still_broken") {
		t.Errorf("filtered by failed: %s", text)
	}
	if got := p.Complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

// running is a real engine at work on a real store.
type running struct {
	*verify.Engine
	patient *patient
}

func runEngine(t *testing.T) running {
	t.Helper()
	store, err := evidence.OpenFile(filepath.Join(t.TempDir(), "store.db"), evidence.FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	policy := aftercheck.DefaultPolicy()
	policy.Warmup, policy.Interval, policy.Rounds = 0, aftercheck.Duration(200*time.Millisecond), 3
	p := &patient{}
	engine := verify.New(verify.Options{Store: store, Sensors: p, Policies: func(string, aftercheck.Incident) (aftercheck.Policy, error) { return policy, nil }})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, store.Close()); err != nil {
			t.Error(err)
		}
	})
	return running{engine, p}
}

// accept captures, and asks for a verification that goes on until the patient
// is healed.
func (r running) accept(t *testing.T, id string) {
	t.Helper()
	ctx := context.Background()
	incident, action := aftercheck.Incident{ID: "inc-live", Alertname: "ApiDown"}, aftercheck.Action{Text: "kubectl rollout undo deployment/api"}
	if _, err := r.Capture(ctx, aftercheck.SnapshotRequest{ID: "snap-" + id, Incident: incident, Action: action}); err != nil {
		t.Fatal(err)
	}
	deadline := aftercheck.Duration(10 * time.Minute)
	if _, _, err := r.Accept(ctx, aftercheck.VerificationRequest{ID: id, Incident: incident, Action: action, SnapshotID: "snap-" + id, Deadline: &deadline}); err != nil {
		t.Fatal(err)
	}
}

func (r running) observed(t *testing.T, id string) {
	t.Helper()
	testbed.Eventually(t, browser.Within, func() error {
		v, err := r.Wait(context.Background(), id, 0)
		if err == nil && len(v.Evidence.Rounds) == 0 {
			err = errors.New("no round yet")
		}
		return err
	})
}

func awaitText(t *testing.T, p *browser.Page, selector, text string) {
	t.Helper()
	testbed.Eventually(t, browser.Within, func() error {
		if got := browser.Eval[string](p, `document.querySelector("`+selector+`")?.textContent ?? ""`); !strings.Contains(got, text) {
			return fmt.Errorf("%s says %q, want %q", selector, got, text)
		}
		return nil
	})
}

// TestLiveUntilSealed watches a real verification from its first rounds to its
// verdict. The page is not loaded again: what is unfolded and focused stays, the
// verdict is announced, and then it asks no more.
func TestLiveUntilSealed(t *testing.T) {
	engine := runEngine(t)
	engine.accept(t, "live:1")
	engine.observed(t, "live:1")
	p := browser.Start(t).Open(t, serve(t, pages.Options{Reader: engine})+"/verifications/live:1", browser.Look{})
	p.Do(chromedp.Evaluate[chromedp.Void](`window.asked = window.planned = 0;
		const open = XMLHttpRequest.prototype.open, plan = window.setTimeout;
		XMLHttpRequest.prototype.open = function (...a) { asked++; return open.apply(this, a); };
		window.setTimeout = (...a) => { planned++; return plan(...a); };
		window.sameDocument = true; document.querySelector("#d-policy").open = true; document.querySelector("#d-rounds summary").click(); document.querySelector("#d-rounds summary").focus()`))
	first := browser.Eval[int](p, `document.querySelectorAll("#d-rounds tbody tr").length`)
	testbed.Eventually(t, browser.Within, func() error {
		if got := browser.Eval[int](p, `document.querySelectorAll("#d-rounds tbody tr").length`); got <= first {
			return fmt.Errorf("%d rounds are shown, at first %d", got, first)
		}
		return nil
	})
	stays := func(when string) {
		t.Helper()
		if got := browser.Eval[string](p, `[window.sameDocument, document.querySelector("#d-policy").open, document.querySelector("#d-rounds").open, document.activeElement.textContent].join()`); got != "true,true,true,The rounds in words" {
			t.Errorf("%s: the document, what is unfolded and focused is %q", when, got)
		}
	}
	stays("after a round")
	engine.patient.healed.Store(true)
	awaitText(t, p, "#status", "Verdict: success")
	stays("after the verdict")
	awaitText(t, p, "#verdict .reason", "recovered")
	if got := browser.Eval[string](p, `[document.title, document.getElementById("main").dataset.live, !!document.getElementById("score")].join()`); got != "success: ApiDown · Aftercheck,,true" {
		t.Errorf("after the verdict: %q", got)
	}
	// Each time that it asked had been planned, the first one before this counts;
	// so none is planned any more.
	if got := browser.Eval[string](p, `document.dispatchEvent(new Event("visibilitychange")), [asked > 0, asked - planned].join()`); got != "true,1" {
		t.Errorf("after the verdict it asks on: %s", got)
	}
	harmless(t, p, "live")
}

// TestLiveWithoutScripts: the browser itself asks again, until the verdict.
func TestLiveWithoutScripts(t *testing.T) {
	engine := runEngine(t)
	engine.accept(t, "live-2")
	engine.observed(t, "live-2")
	p := browser.Start(t).Open(t, serve(t, pages.Options{Reader: engine})+"/verifications/live-2", browser.Look{NoScripts: true})
	if got := browser.Get(p, chromedp.Text(chromedp.CSS("#verdict-word"))); got != "observing" {
		t.Errorf("at first it says %q", got)
	}
	engine.patient.healed.Store(true)
	testbed.Eventually(t, browser.Within, func() error {
		if got := browser.Get(p, chromedp.Title()); !strings.HasPrefix(got, "success") {
			return fmt.Errorf("the page is %q", got)
		}
		return nil
	})
	if got := browser.Get(p, chromedp.OuterHTML(chromedp.CSS("head"))); strings.Contains(got, "http-equiv") {
		t.Errorf("the page of a verdict asks again: %s", got)
	}
	if got := p.Complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

// TestLiveThroughAnOutage: the page stays as it is while nobody answers, says
// so, and goes on.
func TestLiveThroughAnOutage(t *testing.T) {
	s := newShelf(t, theWait().tell())
	broken := &switching{Reader: s}
	p := browser.Start(t).Open(t, serve(t, pages.Options{Reader: broken})+"/verifications/"+theWait().id, browser.Look{})
	broken.away.Store(true)
	awaitText(t, p, "#status", "does not answer")
	awaitText(t, p, "#verdict-word", "observing")
	broken.away.Store(false)
	awaitText(t, p, "#status", "answers again")
}

package pages_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/evidence/evidencetest"
	"github.com/aftercheck/aftercheck/internal/pages"
)

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// want asks for a page and holds it against a status and texts.
func want(t *testing.T, address string, status int, texts ...string) string {
	t.Helper()
	response := get(t, address)
	page := body(t, response)
	if response.StatusCode != status {
		t.Fatalf("%s: status %d, want %d\n%.2000s", address, response.StatusCode, status, page)
	}
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%s: no %q in\n%.6000s", address, text, page)
		}
	}
	return page
}

func TestVerdictAndWhatItRestsOn(t *testing.T) {
	base := serve(t, pages.Options{Reader: newShelf(t, theRegression().tell(), theFailure().tell(), theOutage().tell(), theWait().tell(), theTimeout().tell()), Version: "v9"}) + "/verifications/"
	page := want(t, base+theRegression().id, 200,
		"<title>degraded: ApiErrorsHigh · Aftercheck</title>", "Deployment/shop/api is healthy, but Endpoint/shop/cart was healthy and is unhealthy (status 503).",
		"0.49", "The parts alone would give 0.85.", "root cause cleared: yes", "1 regression, critical", "uid 1000 gid 1000 pid 4711",
		"auto_repair_playbook:api-scale-up:step-2", "api-scale-up", "Did anything else break?", "Of what was looked at: 1 worse, 4 better, 2 new, 2 gone, 1 same.",
		"http_requests_total{namespace=&#34;shop&#34;,code=~&#34;5..&#34;}", "0.42 → <strong>0.004</strong> ratio", "alert ApiErrorsHigh", "2026-11-24 02:14:11 UTC",
		"DB_PASSWORD", "1 secret removed", "5 of 5", "18.4 ms")
	if strings.Contains(page, "data-live") || strings.Contains(page, "<script") || strings.Contains(page, "http-equiv") {
		t.Error("the page of a sealed verification asks again")
	}
	want(t, base+theOutage().id, 200, "insufficient_evidence", "its sensor did not answer", "breaker open since 02:13:31 UTC", "The evidence does not carry a score", "regressions: not known", "0 of 3")
	want(t, base+theFailure().id, 200, "Of what was looked at: 6 still bad, 2 same.")
	want(t, base+theTimeout().id, 200, "deadline_exceeded", "no pre-state", "No sensor told anything")
	page = want(t, base+theWait().id, 200, "observing", "Looked twice.", "<strong>So far:</strong> failed (still_broken)", "data-live=", `<noscript><meta http-equiv="refresh"`, "live.")
	if strings.Contains(page, "How the score is made") {
		t.Error("what has no verdict has a score")
	}
}

// TestWhatIsNotReadIsNotGone: a silent sensor says neither that something is
// gone nor that it is there.
func TestWhatIsNotReadIsNotGone(t *testing.T) {
	base := serve(t, pages.Options{Reader: newShelf(t, theOutage().tell())}) + "/verifications/"
	page := want(t, base+theOutage().id, 200, "Of what was looked at: 8 not known.")
	if strings.Contains(page, ">gone<") || strings.Contains(page, ">not there<") {
		t.Error("what could not be read is shown as gone")
	}
}

func TestListFiltersAndPages(t *testing.T) {
	s := newShelf(t)
	for i := range 120 {
		v := theFailure().tell()
		if i%2 == 0 {
			v = theRecovery().tell()
		}
		v.ID, v.AcceptedAt = fmt.Sprintf("v:%03d", i), night.Add(time.Duration(i)*time.Second)
		v.Incident.ID = fmt.Sprintf("inc & %d", i%3)
		s.put(t, v)
	}
	server := httptest.NewServer(pages.NewAt(pages.Options{Reader: s}, night.Add(time.Hour)))
	defer server.Close()
	base := server.URL + "/verifications"
	rows := func(page string) int { return strings.Count(page, `<td role="cell" class="verdict">`) }
	if n := rows(want(t, base, 200, `href="./verifications/v:119"`, "Older", "still_broken", "api-restart", "0.15", "inc &amp; 2")); n != 50 {
		t.Errorf("the first page has %d rows", n)
	}
	for query, n := range map[string]int{
		"?verdict=failed": 50, "?verdict=success&since=24h": 50, "?incident=inc+%26+1": 40, "?playbook=api-restart&incident=inc+%26+0": 20, "?playbook=absent": 0,
		"?since=2026-11-24T02:15:57Z": 10, "?verdict=timeout": 0, "?since=1h": 50,
	} {
		if got := rows(want(t, base+query, 200)); got != n {
			t.Errorf("%s has %d rows, want %d", query, got, n)
		}
	}
	seen, next := 0, base+"?verdict=failed&since=7d"
	for range 5 {
		page := want(t, next, 200)
		seen += rows(page)
		_, after, found := strings.Cut(page, `<a rel="next" href=".`)
		if !found {
			break
		}
		address, _, _ := strings.Cut(after, `"`)
		next = server.URL + strings.ReplaceAll(address, "&amp;", "&")
	}
	if seen != 60 {
		t.Errorf("paging through gives %d of 60 verifications", seen)
	}
	want(t, base+"?playbook=absent", 200, "Nothing fits")
	want(t, base+"?since=yesterday", 400, "The filter is not right. For since want 1h, 24h, 7d, 30d")
	want(t, base+"?verdict=%3Cscript%3E", 400, "For verdict want one of success")
	want(t, base+"?cursor=broken", 400, "For cursor want")
	want(t, base+"?incident="+strings.Repeat("x", 300), 400, "For incident want")
}

func TestEmptyListSaysWhatToDo(t *testing.T) {
	want(t, serve(t, pages.Options{Reader: newShelf(t)})+"/verifications", 200, "Nothing was verified yet", "aftercheck run --incident=inc-1")
}

// lost is a Reader in trouble.
type lost struct{ err error }

func (l lost) Wait(context.Context, string, time.Duration) (aftercheck.Verification, error) {
	return aftercheck.Verification{}, l.err
}

func (l lost) List(context.Context, aftercheck.Filter) (aftercheck.Page, error) {
	return aftercheck.Page{}, l.err
}

func TestStoreAway(t *testing.T) {
	s := newShelf(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	base := serve(t, pages.Options{Reader: s})
	for _, path := range []string{"/verifications", "/verifications/abc", "/verifications/abc.json"} {
		want(t, base+path, 503, "The store does not answer", "go on and get their verdicts")
		if got := get(t, base+path).Header; got.Get("Retry-After") == "" || got.Get("Refresh") == "" || got.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, got)
		}
	}
	want(t, serve(t, pages.Options{Reader: lost{errors.New("secret detail")}})+"/verifications", 500, "The sidecar failed")
	page := want(t, serve(t, pages.Options{Reader: lost{errors.New("secret detail")}})+"/verifications/abc", 500)
	if strings.Contains(page, "secret detail") {
		t.Error("a page repeats an error of the inside")
	}
}

func TestAddressesAreChecked(t *testing.T) {
	v := theRecovery().tell()
	dotted := v
	dotted.ID = "odd.json"
	base := serve(t, pages.Options{Reader: newShelf(t, v, dotted)})
	for _, path := range []string{
		"/verifications/absent", "/verifications/..%2f..%2fetc", "/verifications/%3Cscript%3E", "/verifications/a%00b", "/verifications/" + strings.Repeat("a", 200),
		"/verifications/-", "/verifications/a/b", "/verifications/absent.json", "/verifications/.json", "/verifications/javascript:alert(1)",
	} {
		page := want(t, base+path, 404)
		if strings.Contains(page, "<script>") || strings.Contains(page, "alert(1)") {
			t.Errorf("%s is repeated in its answer: %s", path, page)
		}
	}
	want(t, base+"/verifications/odd.json", 200, "<title>success")
	want(t, base+"/verifications/-/absent.js", 404)
	if r := get(t, base+"/verifications/"); r.StatusCode != 301 || r.Header.Get("Location") != "../verifications" {
		t.Errorf("with a slash at its end: %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		for _, path := range []string{"/verifications", "/verifications/" + v.ID, "/verifications/" + v.ID + ".json"} {
			if r := do(t, method, base+path); r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, allowed %q", method, path, r.StatusCode, r.Header.Get("Allow"))
			}
		}
	}
	if r := do(t, "HEAD", base+"/verifications/"+v.ID); r.StatusCode != 200 || body(t, r) != "" {
		t.Errorf("HEAD: %d", r.StatusCode)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	v := theRecovery().tell()
	base := serve(t, pages.Options{Reader: newShelf(t, v)})
	page := want(t, base+"/verifications/"+v.ID, 200)
	_, style, _ := strings.Cut(page, `<link rel="stylesheet" href="../verifications/`)
	style, _, _ = strings.Cut(style, `"`)
	for _, path := range []string{"", "/" + v.ID, "/" + v.ID + ".json", "/absent", "/" + style, "?since=x"} {
		h := get(t, base+"/verifications"+path).Header
		policy := h.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
		} {
			if h.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), value)
			}
		}
	}
	if got := get(t, base+"/verifications/"+style).Header; !strings.Contains(got.Get("Cache-Control"), "immutable") || got.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("the style comes with %v", got)
	}
}

func TestCaching(t *testing.T) {
	sealed, pending := theRecovery().tell(), theWait().tell()
	state := pages.Proposal{}
	base := serve(t, pages.Options{Reader: newShelf(t, sealed, pending), Proposal: func(_ context.Context, v aftercheck.Verification) (pages.Proposal, bool, error) {
		return state, v.ID == sealed.ID && state.State != "", nil
	}}) + "/verifications/"
	for path, control := range map[string]string{
		sealed.ID: "private, no-cache", sealed.ID + ".json": "private, max-age=86400, immutable", pending.ID: "no-store", pending.ID + ".json": "no-store",
	} {
		first := get(t, base+path)
		tag := first.Header.Get("ETag")
		if got := first.Header.Get("Cache-Control"); got != control || tag == "" {
			t.Errorf("%s: Cache-Control %q with ETag %s, want %q", path, got, tag, control)
		}
		again := get(t, base+path, "If-None-Match", `"other", W/`+tag)
		if again.StatusCode != 304 || body(t, again) != "" {
			t.Errorf("%s: asked again: %d", path, again.StatusCode)
		}
		if r := get(t, base+path, "If-None-Match", `"other"`); r.StatusCode != 200 {
			t.Errorf("%s: with another tag: %d", path, r.StatusCode)
		}
	}
	before := get(t, base+sealed.ID).Header.Get("ETag")
	state = pages.Proposal{State: "open", Since: night}
	want(t, base+sealed.ID, 200, "rollback proposal open since 2026-11-24 02:14:07 UTC")
	if after := get(t, base+sealed.ID).Header.Get("ETag"); after == before {
		t.Error("the page has the same tag after a proposal was opened")
	}
}

func TestProposalThatCannotBeTold(t *testing.T) {
	v := theFailure().tell()
	page := want(t, serve(t, pages.Options{Reader: newShelf(t, v), Proposal: func(context.Context, aftercheck.Verification) (pages.Proposal, bool, error) {
		return pages.Proposal{State: "open"}, true, errors.New("away")
	}})+"/verifications/"+v.ID, 200, "still_broken")
	if strings.Contains(page, "rollback proposal open") {
		t.Error("a proposal that cannot be told is shown as open")
	}
}

// TestDownloadIsJudgedAlike: the download holds everything, and the judge says
// of it what it said before.
func TestDownloadIsJudgedAlike(t *testing.T) {
	v := theRegression().tell()
	s := newShelf(t, v)
	response := get(t, serve(t, pages.Options{Reader: s})+"/verifications/"+v.ID+".json")
	if got := response.Header.Get("Content-Disposition"); got != `attachment; filename="aftercheck-`+v.ID+`.json"` {
		t.Errorf("Content-Disposition %q", got)
	}
	var got aftercheck.Verification
	if err := json.Unmarshal([]byte(body(t, response)), &got); err != nil {
		t.Fatal(err)
	}
	stored, err := s.store.Verification(context.Background(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stored, got); diff != "" {
		t.Errorf("the download differs from the record:\n%s", diff)
	}
	judged := assess.Judge(assess.Case{Incident: got.Incident, Action: got.Action, Policy: got.Policy, DeadlineAt: got.DeadlineAt, Evidence: *got.Evidence}, got.DeadlineAt)
	if judged.Verdict != v.Verdict || judged.Reason != v.Reason {
		t.Errorf("judged again as %s (%s)", judged.Verdict, judged.Reason)
	}
}

// TestStrangeNamesCannotReachALoopbackAddress: a page whose name points to this
// machine cannot read the evidence.
func TestStrangeNamesCannotReachALoopbackAddress(t *testing.T) {
	external := &url.URL{Scheme: "https", Host: "aftercheck.example.com", Path: "/tools"}
	v := theRecovery().tell()
	base := serve(t, pages.Options{Reader: newShelf(t, v), ExternalURL: external})
	for host, status := range map[string]int{
		"evil.example": 403, "localhost:19746": 200, "127.0.0.1": 200, "[::1]:80": 200, "aftercheck.example.com": 200, "AFTERCHECK.example.com:443": 200, "127.0.0.1.evil.example": 403,
	} {
		if r := get(t, base+"/verifications", "Host", host); r.StatusCode != status {
			t.Errorf("as %s: %d, want %d", host, r.StatusCode, status)
		}
	}
	want(t, base+"/verifications/"+v.ID, 200, `href="https://aftercheck.example.com/tools/verifications/`+v.ID+`" rel="bookmark"`)
}

// TestJudgeThatChanged says so, where the judge of this program would not give
// the verdict that stands.
func TestJudgeThatChanged(t *testing.T) {
	v := theRecovery().tell()
	v.Verdict, v.Reason = aftercheck.Failed, aftercheck.ReasonWorse
	base := serve(t, pages.Options{Reader: newShelf(t, v)}) + "/verifications/"
	want(t, base+v.ID, 200, "The judge of this version would say success (recovered): Deployment/shop/api was", "The verdict stands as it was given.", `<span id="verdict-word">failed</span>`)
}

// TestEverythingFilledIsShown renders records in which every field holds
// something odd.
func TestEverythingFilledIsShown(t *testing.T) {
	var v aftercheck.Verification
	evidencetest.Fill(&v)
	v.ID = "filled"
	for _, state := range []aftercheck.VerificationState{aftercheck.StateSealed, aftercheck.StateWaiting, "unheard of"} {
		v.State = state
		base := serve(t, pages.Options{Reader: kept{v}})
		page := want(t, base+"/verifications/filled", 200, "&lt;markup&gt;", `\u0000`)
		if strings.Contains(page, "<markup>") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "%!") {
			t.Errorf("%s: not escaped as text:\n%s", state, page)
		}
		want(t, base+"/verifications", 200, "&lt;markup&gt;")
	}
	for _, empty := range []aftercheck.Verification{{ID: "e"}, {ID: "e", State: aftercheck.StateSealed}, {ID: "e", Evidence: &aftercheck.Evidence{PreState: &aftercheck.Snapshot{}, Rounds: make([]aftercheck.Round, 2)}}} {
		want(t, serve(t, pages.Options{Reader: kept{empty}})+"/verifications/e", 200)
	}
}

// kept is a Reader of one verification, for records that no store gives.
type kept struct{ v aftercheck.Verification }

func (k kept) Wait(context.Context, string, time.Duration) (aftercheck.Verification, error) {
	return k.v, nil
}

func (k kept) List(context.Context, aftercheck.Filter) (aftercheck.Page, error) {
	return aftercheck.Page{Verifications: []aftercheck.Verification{k.v}}, nil
}

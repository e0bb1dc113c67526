package api_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

func TestProposals(t *testing.T) {
	engine := &apitest.Engine{}
	c := serve(t, engine)
	for id, state := range map[string]aftercheck.ProposalState{"p-1": aftercheck.ProposalOpen, "p-2": aftercheck.ProposalExpired} {
		engine.Propose(aftercheck.Proposal{ID: id, State: state, IncidentID: "inc-" + id})
	}
	ids := func(query string) string {
		t.Helper()
		var page aftercheck.ProposalPage
		c.want(http.StatusOK, &page, "GET", "/v1/proposals"+query, "")
		var found []string
		for _, p := range page.Proposals {
			found = append(found, p.ID)
		}
		return strings.Join(found, " ")
	}
	for query, want := range map[string]string{"?state=open": "p-1", "?state=expired": "p-2", "?state=resolved": "", "?incident=inc-p-2": "p-2"} {
		if got := ids(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"?state=closed", "?limit=501", "?cursor=x", "?verdict=failed"} {
		if got := c.do("GET", "/v1/proposals"+query, ""); got.problem(t).Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	var p aftercheck.Proposal
	c.want(http.StatusOK, &p, "GET", "/v1/proposals/p-1", "")
	if p.ID != "p-1" || p.State != aftercheck.ProposalOpen {
		t.Errorf("read %+v", p)
	}
}

// TestAcknowledge: the body may be absent, who asked is kept, and what is closed
// otherwise stays as it is.
func TestAcknowledge(t *testing.T) {
	engine := &apitest.Engine{}
	c := serveWith(t, api.Options{Engine: engine, Redact: func(text string) string { return strings.ReplaceAll(text, "hunter2", "*") }})
	for _, id := range []string{"p-1", "p-2"} {
		engine.Propose(aftercheck.Proposal{ID: id, State: aftercheck.ProposalOpen})
	}
	engine.Propose(aftercheck.Proposal{ID: "p-3", State: aftercheck.ProposalResolved})
	for _, body := range []string{`{"by":"kim","comment":"p=hunter2"}`, `{"by":"another"}`} { // the first stands
		var p aftercheck.Proposal
		c.want(http.StatusOK, &p, "POST", "/v1/proposals/p-1/acknowledge", body)
		a := p.Acknowledgement
		if p.State != aftercheck.ProposalAcknowledged || a == nil || a.By != "kim" || a.Comment != "p=*" {
			t.Fatalf("acknowledged: %+v, %+v", p, a)
		}
		if by := a.RequestedBy; by == nil || by.UID == nil || int(*by.UID) != os.Geteuid() || int(*by.PID) != os.Getpid() {
			t.Errorf("asked by %s", by)
		}
	}
	var p aftercheck.Proposal
	c.want(http.StatusOK, &p, "POST", "/v1/proposals/p-2/acknowledge", "")
	if p.State != aftercheck.ProposalAcknowledged {
		t.Errorf("without a body: %+v", p)
	}
	for path, want := range map[string]int{"p-3": http.StatusConflict, "p-4": http.StatusNotFound} {
		if got := c.do("POST", "/v1/proposals/"+path+"/acknowledge", "{}"); got.problem(t).Status != want {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	for _, body := range []string{`{"by":1}`, `{"requested_by":{"uid":0}}`, `{"by":"` + strings.Repeat("x", 257) + `"}`} {
		if got := c.do("POST", "/v1/proposals/p-2/acknowledge", body); got.problem(t).Status != http.StatusUnprocessableEntity {
			t.Errorf("%.40s: %s", body, got.body)
		}
	}
	engine.Fail = func(string) error { return errors.Join(aftercheck.ErrUnavailable) }
	for path, method := range map[string]string{"/v1/proposals": "GET", "/v1/proposals/p-1": "GET", "/v1/proposals/p-1/acknowledge": "POST"} {
		if got := c.do(method, path, ""); got.problem(t).Status != http.StatusServiceUnavailable {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

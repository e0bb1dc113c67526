package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

// TestWhatCallersSayIsRedacted before the engine, and so the store, sees it; the
// same request again is still the same.
func TestWhatCallersSayIsRedacted(t *testing.T) {
	const said = `{"id":%,"incident":{"id":"inc hunter2","alertname":"a hunter2","labels":{"note":"see hunter2"}},"action":{"text":"helm --set p=hunter2"}}`
	c := serveWith(t, api.Options{Engine: &apitest.Engine{}, Redact: func(text string) string { return strings.ReplaceAll(text, "hunter2", "*") }})
	check := func(i aftercheck.Incident, a aftercheck.Action) {
		t.Helper()
		if i.ID != "inc hunter2" || i.Alertname != "a *" || i.Labels["note"] != "see *" || a.Text != "helm --set p=*" {
			t.Errorf("kept %+v, %+v", i, a)
		}
	}
	var s aftercheck.Snapshot
	c.want(http.StatusCreated, &s, "POST", "/v1/snapshots", strings.Replace(said, "%", `"s1"`, 1))
	check(s.Incident, s.Action)
	for range 2 {
		var v aftercheck.Verification
		c.want(http.StatusAccepted, &v, "POST", "/v1/verifications", strings.Replace(said, "%", `"v1"`, 1))
		check(v.Incident, v.Action)
	}
}

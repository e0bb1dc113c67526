package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

// secret stands wherever a value is refused; no problem may repeat it. It could
// be no name of a field, since those are told.
const secret = "Zq7~hunter2"

// refusal is a request that is refused, and the field that its problem names.
type refusal struct {
	name, method, path, body string
	headers                  []string
	status                   int
	location                 string
}

func refusals() []refusal {
	post := func(name, path, body string, status int, location string) refusal {
		return refusal{name: name, method: "POST", path: path, body: body, status: status, location: location}
	}
	get := func(name, path string, status int, location string) refusal {
		return refusal{name: name, method: "GET", path: path, status: status, location: location}
	}
	const (
		snapshots     = "/v1/snapshots"
		verifications = "/v1/verifications"
		assessments   = "/v1/assessments"
	)
	all := []refusal{
		post("no body", snapshots, "", 400, "body"),
		post("no JSON", snapshots, secret, 400, "body"),
		post("cut JSON", snapshots, `{"incident":{"id":"`+secret, 400, "body"),
		post("two documents", snapshots, snapshotBody+`"`+secret+`"`, 400, "body"),
		post("invalid UTF-8", snapshots, `{"incident":{"id":"`+secret+"\xff\"}}", 400, "body"),
		post("a name twice", snapshots, `{"incident":{"id":"a","id":"`+secret+`"},"action":{"text":"x"}}`, 400, "body.incident.id"),
		post("a label twice", snapshots, `{"incident":{"id":"a","labels":{"k8s.io/app":"x","k8s.io/app":"`+secret+`"}}}`, 400, "body.incident.labels.k8s.io/app"),
		post("too deep", snapshots, `{"incident":`+strings.Repeat("[", 100)+`"`+secret+`"`+strings.Repeat("]", 100)+"}", 400, "body.incident"+indices(31)),
		post("deeper than any decoder goes", assessments, strings.Repeat(`{"a":`, 200_000), 400, "body"),
		post("a list", snapshots, `["`+secret+`"]`, 422, "body"),
		post("null", snapshots, `null`, 422, "body"),
		post("a number", snapshots, `17`, 422, "body"),
		post("nothing in it", snapshots, `{}`, 422, "body.incident"),
		post("no incident ID", snapshots, `{"incident":{},"action":{"text":"`+secret+`"}}`, 422, "body.incident.id"),
		post("empty incident ID", snapshots, `{"incident":{"id":""},"action":{"text":"x"}}`, 422, "body.incident.id"),
		post("null incident ID", snapshots, `{"incident":{"id":null},"action":{"text":"x"}}`, 422, "body.incident.id"),
		post("incident ID of another type", snapshots, `{"incident":{"id":{"x":"`+secret+`"}},"action":{"text":"x"}}`, 422, "body.incident.id"),
		post("long incident ID", snapshots, `{"incident":{"id":"`+strings.Repeat(secret, 30)+`"},"action":{"text":"x"}}`, 422, "body.incident.id"),
		post("unknown field", snapshots, `{"incident":{"id":"a"},"action":{"text":"x"},"colour":"`+secret+`"}`, 422, "body.colour"),
		post("name in another case", snapshots, `{"Incident":{"id":"`+secret+`"},"incident":{"id":"a"},"action":{"text":"x"}}`, 422, "body.Incident"),
		post("unknown field that is no name", snapshots, `{"incident":{"id":"a"},"action":{"text":"x"},"`+secret+` !":1}`, 422, "body.*"),
		post("label of another type", snapshots, `{"incident":{"id":"a","labels":{"app.kubernetes.io/name":["`+secret+`"]}},"action":{"text":"x"}}`, 422, "body.incident.labels.app.kubernetes.io/name"),
		post("wrong after labels with dots", snapshots, `{"incident":{"id":"a","labels":{"app.kubernetes.io/name":1},"starts_at":"`+secret+`"},"action":{"text":"x"}}`, 422, "body.incident.starts_at"),
		post("long label", snapshots, `{"incident":{"id":"a","labels":{"a":"`+strings.Repeat(secret, 100)+`"}},"action":{"text":"x"}}`, 422, "body.incident.labels.a"),
		post("many labels", snapshots, `{"incident":{"id":"a","labels":{`+labels(65)+`}},"action":{"text":"x"}}`, 422, "body.incident.labels"),
		post("ID with a slash", verifications, `{"id":"`+secret+`/x","incident":{"id":"a"},"action":{"text":"x"}}`, 422, "body.id"),
		post("no such date", verifications, `{"incident":{"id":"a"},"action":{"text":"x","finished_at":"2026-02-30T00:00:00Z"}}`, 422, "body.action.finished_at"),
		post("date as a number", verifications, `{"incident":{"id":"a"},"action":{"text":"x","finished_at":1767366245}}`, 422, "body.action.finished_at"),
		post("warm-up without a unit", verifications, `{"incident":{"id":"a"},"action":{"text":"x"},"warmup":"10"}`, 422, "body.warmup"),
		post("warm-up as a number", verifications, `{"incident":{"id":"a"},"action":{"text":"x"},"warmup":10}`, 422, "body.warmup"),
		post("warm-up in words", verifications, `{"incident":{"id":"a"},"action":{"text":"x"},"warmup":"`+secret+`"}`, 422, "body.warmup"),
		post("negative deadline", verifications, `{"incident":{"id":"a"},"action":{"text":"x"},"deadline":"-1s"}`, 422, "body.deadline"),
		post("endless deadline", verifications, `{"incident":{"id":"a"},"action":{"text":"x"},"deadline":"99999999999999h"}`, 422, "body.deadline"),
		post("wait in words", verifications+"?wait="+secret, verificationBody, 422, "query.wait"),
		post("wait without a unit", verifications+"?wait=60", verificationBody, 422, "query.wait"),
		post("wait too long", verifications+"?wait=11m", verificationBody, 422, "query.wait"),
		post("negative wait", verifications+"?wait=-1s", verificationBody, 422, "query.wait"),
		post("unknown parameter", verifications+"?colour="+secret, verificationBody, 422, "query.colour"),
		post("unknown parameter that is no name", verifications+"?"+secret+"%20!=1", verificationBody, 422, "query.*"),
		post("parameter where there is none", snapshots+"?wait="+secret, snapshotBody, 422, "query.wait"),
		post("no post-state", assessments, `{"incident":{"id":"a"},"action":{"text":"x"}}`, 422, "body.post_state"),
		post("unknown outcome", assessments, `{"incident":{"id":"a"},"action":{"text":"x"},"post_state":[`+reading(`"outcome":"`+secret+`"`)+`]}`, 422, "body.post_state[0].outcome"),
		post("number that is none", assessments, `{"incident":{"id":"a"},"action":{"text":"x"},"post_state":[`+reading(`"outcome":"ok","duration_seconds":1e999`)+`]}`, 422, "body.post_state[0].duration_seconds"),
		post("part of a secret", assessments, `{"incident":{"id":"a"},"action":{"text":"x"},"post_state":[`+reading(`"outcome":"ok","redactions":{"a":1.5}`)+`]}`, 422, "body.post_state[0].redactions.a"),
		post("whole number with an exponent", assessments, `{"incident":{"id":"a"},"action":{"text":"x"},"post_state":[`+reading(`"outcome":"ok","redactions":{"a":1e2}`)+`]}`, 422, "body.post_state[0].redactions.a"),
		post("truth in words", assessments, `{"incident":{"id":"a"},"action":{"text":"x"},"post_state":[`+reading(`"outcome":"ok","raw_truncated":"`+secret+`"`)+`]}`, 422, "body.post_state[0].raw_truncated"),
		post("too many readings", assessments, `{"incident":{"id":"a"},"action":{"text":"x"},"post_state":[`+strings.Repeat("1,", 256)+`1]}`, 422, "body.post_state"),
		get("unknown verdict", verifications+"?verdict="+secret, 422, "query.verdict"),
		get("since in words", verifications+"?since="+secret, 422, "query.since"),
		get("limit in words", verifications+"?limit="+secret, 422, "query.limit"),
		get("limit too large", verifications+"?limit=501", 422, "query.limit"),
		get("negative limit", verifications+"?limit=-1", 422, "query.limit"),
		get("limit beyond any number", verifications+"?limit=99999999999999999999", 422, "query.limit"),
		get("unknown cursor", verifications+"?cursor="+secret, 422, "query.cursor"),
		get("parameter twice", verifications+"?limit=1&limit=2", 422, "query.limit"),
		get("bad escape", verifications+"?incident=%zz"+secret, 400, "query"),
		get("semicolons", verifications+"?incident=a;verdict="+secret, 400, "query"),
		get("ID that cannot be", verifications+"/"+secret, 422, "path.id"),
		get("ID that is a path", verifications+"/"+secret+"%2Fx", 422, "path.id"),
		get("ID that is not there", verifications+"/nobody", 404, "path.id"),
		get("snapshot that is not there", snapshots+"/nobody", 404, "path.id"),
		get("unknown parameter when reading", verifications+"/x?limit="+secret, 422, "query.limit"),
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/" + secret, "multipart/form-data; boundary=x", ";", "application/problem+json"} {
		all = append(all, refusal{
			name: "content type " + kind, method: "POST", path: snapshots, body: snapshotBody,
			headers: []string{"Content-Type", kind}, status: http.StatusUnsupportedMediaType, location: "header.Content-Type",
		})
	}
	return all
}

func indices(n int) string { return strings.Repeat("[0]", n) }

func labels(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"l%d":"%s"`, i, secret))
	}
	return strings.Join(list, ",")
}

// reading is a reading that is right but for what is added.
func reading(more string) string {
	base := `"sensor":"s","at":"2026-01-02T15:04:05Z",`
	if !strings.Contains(more, "duration_seconds") {
		base += `"duration_seconds":1,`
	}
	return "{" + base + more + "}"
}

func TestRefusalsNameTheFieldAndRepeatNothing(t *testing.T) {
	engine := &apitest.Engine{}
	c := serve(t, engine)
	for _, r := range refusals() {
		t.Run(r.name, func(t *testing.T) {
			got := c.do(r.method, r.path, r.body, r.headers...)
			p := got.problem(t)
			if p.Status != r.status {
				t.Fatalf("status %d, want %d: %s", p.Status, r.status, got.body)
			}
			named := false
			for _, field := range p.Errors {
				named = named || field.Location == r.location
				if !strings.Contains(field.Message, "want") && !strings.Contains(field.Message, "here are") {
					t.Errorf("%s does not say what would be right: %s", field.Location, field.Message)
				}
			}
			if !named {
				t.Errorf("does not name %s: %s", r.location, got.body)
			}
			for name, values := range got.header {
				got.body += name + strings.Join(values, "")
			}
			if strings.Contains(got.body, secret) {
				t.Errorf("repeats what it refused: %s", got.body)
			}
		})
	}
	if n := engine.Calls("Capture") + engine.Calls("Accept") + engine.Calls("Assess"); n != 0 {
		t.Errorf("%d refused requests reached the engine", n)
	}
}

func TestProblemIsBounded(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	var fields []string
	for i := range 5000 {
		fields = append(fields, fmt.Sprintf(`"field%d":1`, i))
	}
	got := c.do("POST", "/v1/snapshots", "{"+strings.Join(fields, ",")+"}")
	if p := got.problem(t); len(p.Errors) != 20 || len(got.body) > 10_000 {
		t.Errorf("%d errors, %d bytes", len(p.Errors), len(got.body))
	}
}

func TestContentTypesThatAreTaken(t *testing.T) {
	c := serve(t, &apitest.Engine{})
	for _, kind := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"} {
		if got := c.do("POST", "/v1/snapshots", snapshotBody, "Content-Type", kind); got.status != http.StatusCreated {
			t.Errorf("%s: %s", kind, got.body)
		}
	}
	for _, accept := range []string{"", "*/*", "text/html", "application/xml;q=0.9"} {
		if got := c.do("POST", "/v1/snapshots", snapshotBody, "Accept", accept); got.status != http.StatusCreated || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("Accept %q: %+v", accept, got)
		}
	}
}

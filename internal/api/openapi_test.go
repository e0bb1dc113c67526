package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/goccy/go-yaml"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/api"
	"github.com/aftercheck/aftercheck/internal/api/apitest"
)

var update = flag.Bool("update", false, "write docs/openapi.yaml anew")

func TestDocumentedAPI(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "openapi.yaml")
	served := serve(t, &apitest.Engine{}).want(http.StatusOK, nil, "GET", "/openapi.yaml", "")
	if *update {
		if err := os.WriteFile(path, []byte(served.body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, []byte(served.body)) {
		t.Error("docs/openapi.yaml is not what is served: run go generate ./internal/api")
	}
}

// document is the served OpenAPI document, read without our own types.
type document struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string `json:"summary"`
	Parameters  []struct {
		Name, In, Description string
		Schema                map[string]any
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]media `json:"content"`
	} `json:"responses"`
}

type media struct {
	Example json.RawMessage `json:"example"`
	Schema  map[string]any  `json:"schema"`
}

func readDocument(t *testing.T) document {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(api.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var d document
	decode(t, string(asJSON), &d)
	return d
}

func TestDocumentNamesWhatGeneratorsNeed(t *testing.T) {
	d := readDocument(t)
	var ids []string
	for path, operations := range d.Paths {
		for method, op := range operations {
			ids = append(ids, op.OperationID)
			if op.Summary == "" || !regexp.MustCompile(`^[a-z][A-Za-z]+$`).MatchString(op.OperationID) {
				t.Errorf("%s %s: operation %q, summary %q", method, path, op.OperationID, op.Summary)
			}
			for _, p := range op.Parameters {
				if p.Description == "" {
					t.Errorf("%s: parameter %s is not described", op.OperationID, p.Name)
				}
			}
		}
	}
	if len(ids) != 12 {
		t.Errorf("operations %v", ids)
	}
	for name, schema := range d.Components.Schemas {
		if schema["description"] == nil {
			t.Errorf("schema %s is not described", name)
		}
		if properties, _ := schema["properties"].(map[string]any); properties["$schema"] != nil {
			t.Errorf("schema %s has a $schema", name)
		}
	}
}

func TestDocumentedTypes(t *testing.T) {
	schemas := readDocument(t).Components.Schemas
	property := func(schema, name string) map[string]any {
		t.Helper()
		found, ok := schemas[schema]["properties"].(map[string]any)[name].(map[string]any)
		if !ok {
			t.Fatalf("schema %s has no %s", schema, name)
		}
		return found
	}
	for _, at := range [][2]string{{"VerificationRequest", "warmup"}, {"Policy", "deadline"}} {
		if p := property(at[0], at[1]); p["type"] != "string" || p["pattern"] == nil {
			t.Errorf("duration %v: %v", at, p)
		}
	}
	for schema, want := range map[string]string{
		"SnapshotRequest":     "incident action",
		"VerificationRequest": "incident action",
		"AssessmentRequest":   "incident action post_state",
		"Incident":            "id",
		"Action":              "text",
		"Assessment":          "",
		"Verification":        "id state incident action policy accepted_at observe_from deadline_at revision request_digest",
	} {
		var required []string
		for _, name := range orNothing(schemas[schema]["required"]) {
			required = append(required, name.(string))
		}
		if got := strings.Join(required, " "); got != want {
			t.Errorf("%s requires %q, want %q", schema, got, want)
		}
	}
	if p := property("Verification", "score"); p["type"] != "number" {
		t.Errorf("score: %v", p)
	}
	for _, s := range []string{"Incident", "Action", "Reading", "VerificationRequest"} {
		if schemas[s]["additionalProperties"] != false {
			t.Errorf("%s is open to unknown fields", s)
		}
	}
	for _, s := range []string{"Verification", "Snapshot", "Assessment", "Problem"} {
		if schemas[s]["additionalProperties"] != nil {
			t.Errorf("%s cannot gain fields", s)
		}
	}
}

func orNothing(list any) []any {
	values, _ := list.([]any)
	return values
}

func TestDocumentedExamplesAreTaken(t *testing.T) {
	made := success()
	engine := &apitest.Engine{SealWith: &made}
	engine.Propose(aftercheck.Proposal{ID: "p-1", State: aftercheck.ProposalOpen})
	c := serve(t, engine)
	sent := 0
	for path, operations := range readDocument(t).Paths {
		for method, op := range operations {
			example := op.RequestBody.Content["application/json"].Example
			if example == nil {
				continue
			}
			sent++
			if got := c.do(strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "p-1"), string(example)); got.status >= 300 {
				t.Errorf("%s: the example is refused: %s", op.OperationID, got.body)
			}
		}
	}
	if sent != 4 {
		t.Errorf("%d operations with an example of a body, want 4", sent)
	}
}

func TestDocumentedExamplesOfAnswersFit(t *testing.T) {
	v := newValidator(t)
	for path, operations := range v.document.Paths {
		for method, op := range operations {
			for status, response := range op.Responses {
				if example := response.Content["application/json"].Example; example != nil {
					v.answer(method, path, status, "application/json", string(example))
				}
			}
		}
	}
}

// TestAnswersAreAsDocumented holds what is really answered, in every state,
// against the document, by the framework's validator and not by our own.
func TestAnswersAreAsDocumented(t *testing.T) {
	engine := &apitest.Engine{Readings: []aftercheck.Reading{{Sensor: "kubernetes", Outcome: aftercheck.ReadingOK}}}
	c := serve(t, engine)
	v := newValidator(t)
	call := func(method, path, documented, body string, status int) {
		t.Helper()
		got := c.want(status, nil, method, path, body)
		v.answer(strings.ToLower(method), documented, strconv.Itoa(status), got.header.Get("Content-Type"), got.body)
	}
	call("POST", "/v1/snapshots", "/v1/snapshots", snapshotBody, 201)
	engine.Readings = nil // no sensor fits
	call("POST", "/v1/snapshots", "/v1/snapshots", snapshotBody, 201)
	call("GET", "/v1/snapshots/snapshot-2", "/v1/snapshots/{id}", "", 200)
	call("POST", "/v1/verifications", "/v1/verifications", verificationBody, 202)
	withSnapshot := `{"id":"v2","snapshot_id":"snapshot-2","incident":{"id":"i","alertname":"A","starts_at":"2026-01-02T15:04:05.5+02:00"},"action":{"text":"x","finished_at":"2026-01-02T15:04:05Z"}}`
	call("POST", "/v1/verifications", "/v1/verifications", withSnapshot, 202)
	call("GET", "/v1/verifications", "/v1/verifications", "", 200)
	call("GET", "/v1/verifications?incident=nobody", "/v1/verifications", "", 200)
	call("GET", "/v1/verifications/v1", "/v1/verifications/{id}", "", 200)
	engine.Seal("v1", success())
	engine.Seal("v2", aftercheck.Assessment{Verdict: aftercheck.Timeout, Reason: aftercheck.ReasonDeadlineExceeded, RootCauseCleared: aftercheck.AnswerUnknown})
	call("GET", "/v1/verifications/v1", "/v1/verifications/{id}", "", 200)
	call("GET", "/v1/verifications/v2", "/v1/verifications/{id}", "", 200)
	call("POST", "/v1/verifications", "/v1/verifications", verificationBody, 202)
	call("GET", "/v1/verifications?limit=1", "/v1/verifications", "", 200)
	call("POST", "/v1/assessments", "/v1/assessments", assessmentBody, 200)
	call("GET", "/v1/proposals", "/v1/proposals", "", 200)
	engine.Propose(aftercheck.Proposal{ID: "p-1", State: aftercheck.ProposalOpen, Verdict: aftercheck.Failed})
	call("GET", "/v1/proposals?state=open", "/v1/proposals", "", 200)
	call("GET", "/v1/proposals/p-1", "/v1/proposals/{id}", "", 200)
	call("POST", "/v1/proposals/p-1/acknowledge", "/v1/proposals/{id}/acknowledge", `{"by":"kim","comment":"by hand"}`, 200)
	call("GET", "/v1/proposals/nobody", "/v1/proposals/{id}", "", 404)
	call("GET", "/v1/verifications/nobody", "/v1/verifications/{id}", "", 404)
	call("GET", "/v1/verifications?limit=-1", "/v1/verifications", "", 422)
	call("POST", "/v1/snapshots", "/v1/snapshots", "{", 400)
}

// validator validates with schemas read back from the document.
type validator struct {
	t        *testing.T
	document document
	registry registry
}

// registry serves the document's own schemas to the framework's validator.
type registry struct {
	huma.Registry
	schemas map[string]*huma.Schema
}

// SchemaFromRef implements huma.Registry.
func (r registry) SchemaFromRef(ref string) *huma.Schema {
	return r.schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
}

func newValidator(t *testing.T) *validator {
	v := &validator{t: t, document: readDocument(t), registry: registry{schemas: map[string]*huma.Schema{}}}
	for name, schema := range v.document.Components.Schemas {
		v.registry.schemas[name] = v.schema(schema)
	}
	return v
}

// schema builds a schema that takes no field which is not described.
func (v *validator) schema(described map[string]any) *huma.Schema {
	v.t.Helper()
	var s huma.Schema
	open, _ := described["additionalProperties"].(map[string]any)
	encoded, err := yaml.Marshal(described)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := yaml.Unmarshal(encoded, &s); err != nil {
		v.t.Fatal(err)
	}
	s.Ref, _ = described["$ref"].(string)
	s.Properties = map[string]*huma.Schema{}
	properties, _ := described["properties"].(map[string]any)
	for name, property := range properties {
		s.Properties[name] = v.schema(property.(map[string]any))
	}
	if items, ok := described["items"].(map[string]any); ok {
		s.Items = v.schema(items)
	}
	s.AdditionalProperties = false
	if open != nil {
		s.AdditionalProperties = v.schema(open)
	}
	s.PrecomputeMessages()
	return &s
}

// answer fails the test if the body is not as the document has it.
func (v *validator) answer(method, path, status, contentType, body string) {
	v.t.Helper()
	for code, response := range v.document.Paths[path][method].Responses {
		described, ok := response.Content[contentType]
		if code != status || !ok {
			continue
		}
		var value any
		decode(v.t, body, &value)
		var result huma.ValidateResult
		huma.Validate(v.registry, v.schema(described.Schema), huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, &result)
		for _, wrong := range result.Errors {
			v.t.Errorf("%s %s: %v\n%s", method, path, wrong, body)
		}
		return
	}
	v.t.Errorf("%s %s: status %s with %s is not described", method, path, status, contentType)
}

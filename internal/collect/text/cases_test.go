package text_test

import (
	"encoding/json"
	"os"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck"
)

// textCase is one pair of answers: a text is one sensor's, a map several's.
type textCase struct {
	Name   string             `json:"name"`
	Labels map[string]string  `json:"labels"`
	Action string             `json:"action"`
	Pre    json.RawMessage    `json:"pre"`
	Post   json.RawMessage    `json:"post"`
	Want   aftercheck.Verdict `json:"want"`
}

func bySensor(t *testing.T, raw json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	if len(raw) == 0 {
		return nil
	}
	var answer string
	if json.Unmarshal(raw, &answer) == nil {
		return map[string]json.RawMessage{"ssh": json.RawMessage(answer)}
	}
	sensors := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &sensors); err != nil {
		t.Fatal(err)
	}
	for name, value := range sensors {
		if json.Unmarshal(value, &answer) == nil {
			sensors[name] = json.RawMessage(answer)
		}
	}
	return sensors
}

func casesIn(t testing.TB, file string) []textCase {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []textCase
	if err := yaml.UnmarshalStrict(data, &cases); err != nil || len(cases) < 25 {
		t.Fatal(file, len(cases), err)
	}
	return cases
}

// pairs are the files of pairs: whole answers by tool, one answer a line, larger
// outputs; then those that were labelled before the reader was seen, of
// Kubernetes, of services, of what delivers and watches, of what looks like
// something else, and of rare tools.
var pairs = []string{
	"cases.yaml", "lines.yaml", "outputs.yaml", "kubernetes.yaml", "services.yaml", "delivery.yaml", "doubts.yaml", "mixed.yaml",
}

func TestPairsOfAnswers(t *testing.T) {
	for _, file := range pairs {
		for _, c := range casesIn(t, file) {
			judged(t, file+": "+c.Name, caseOf(bySensor(t, c.Pre), bySensor(t, c.Post), c.Action, c.Labels), c.Want)
		}
	}
}

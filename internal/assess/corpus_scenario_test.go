package assess_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/aftercheck/aftercheck"
)

// corpusDir holds the scenarios, one YAML document each; its README.md says how
// to read and write them.
const corpusDir = "testdata/corpus"

// The sources of a scenario.
const (
	sourceWritten  = "written"
	sourceCaptured = "captured"
)

// scenario is one incident, what was done about it, what was seen before and
// after, and what its author calls the outcome.
type scenario struct {
	Name     string              `json:"name"`
	Why      string              `json:"why"`      // why the wanted verdict is right, in a sentence
	Source   string              `json:"source"`   // written or captured
	Mistakes []int               `json:"mistakes"` // those of mistakes that it guards against
	Define   any                 `json:"define"`   // parts that the document refers to by YAML anchors
	Incident aftercheck.Incident `json:"incident"`
	Action   aftercheck.Action   `json:"action"`
	Policy   aftercheck.Policy   `json:"policy"` // what differs from the default
	Away     bool                `json:"away"`   // the sidecar was not running when the verification was due
	Before   *moment             `json:"before"` // absent: there is no pre-state
	Rounds   []moment            `json:"rounds"`
	After    *moment             `json:"after"` // instead of rounds: one picture, taken as held
	Want     want                `json:"want"`

	file string
}

// moment is what the sensors showed at one time.
type moment struct {
	At      time.Time         `json:"at"`      // absent: by the policy; see (*scenario).build
	Times   int               `json:"times"`   // in so many rounds, an interval apart; 0 is 1
	Objects []json.RawMessage `json:"objects"` // Kubernetes objects, as kubectl prints them
	// Findings are those of one more reading, by a sensor that is not named.
	Findings []aftercheck.Finding `json:"findings"`
	// Readings are those of other sensors; an absent outcome is ok.
	Readings []aftercheck.Reading `json:"readings"`
}

// want is what the judge is to say.
type want struct {
	Verdict     aftercheck.Verdict `json:"verdict"`
	Reason      aftercheck.Reason  `json:"reason"`
	RootCause   aftercheck.Answer  `json:"root_cause"`
	Regressions []string           `json:"regressions"` // subjects, as Kind/namespace/name
}

// The clock of the scenarios that name no time of their own.
var (
	corpusBegan = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	corpusEnded = corpusBegan.Add(20 * time.Second)
)

// corpus returns all the scenarios, in the order of their files. They are only
// read. It fails the test if one cannot be read or is not complete.
func corpus(t testing.TB) []scenario {
	t.Helper()
	all, err := readCorpus()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// readCorpus reads the files once for all the tests.
var readCorpus = sync.OnceValues(func() ([]scenario, error) {
	var all []scenario
	for _, source := range []string{sourceWritten, sourceCaptured} {
		files, err := filepath.Glob(filepath.Join(corpusDir, source, "*.yaml"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			scenarios, err := readScenarios(file)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", file, err)
			}
			all = append(all, scenarios...)
		}
	}
	return all, nil
})

func readScenarios(file string) ([]scenario, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []scenario
	var parts []byte
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if definesOnly(document) {
			parts = document
			continue
		}
		s, err := decodeScenario(slices.Concat(parts, document))
		if err != nil {
			return nil, fmt.Errorf("scenario %d: %w", len(all)+1, err)
		}
		s.file = file
		all = append(all, s)
	}
}

// definesOnly reports whether a document holds nothing but parts, to which the
// scenarios after it in the file refer by their anchors.
func definesOnly(document []byte) bool {
	var d struct {
		Define any `json:"define"`
	}
	return unmarshalStrict(document, &d) == nil && d.Define != nil
}

// unmarshalStrict decodes YAML by the JSON keys of the value. Unknown and
// duplicate keys are errors.
func unmarshalStrict(document []byte, value any) error {
	var plain any
	if err := yaml.Unmarshal(document, &plain); err != nil {
		return err
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(value)
}

// decodeScenario reads one document, fills in what it may leave out, and checks
// it. Unknown and duplicate keys are errors.
func decodeScenario(document []byte) (scenario, error) {
	s := scenario{Policy: aftercheck.DefaultPolicy()}
	if err := unmarshalStrict(document, &s); err != nil {
		return scenario{}, err
	}
	if s.Incident.ID == "" {
		s.Incident.ID = s.Name
	}
	if s.Action.FinishedAt.IsZero() {
		s.Action.StartedAt, s.Action.FinishedAt = corpusBegan, corpusEnded
	}
	if err := s.check(); err != nil {
		return scenario{}, fmt.Errorf("%s: %w", s.Name, err)
	}
	return s, nil
}

func (s *scenario) check() error {
	given := aftercheck.Outcome{Verdict: s.Want.Verdict, Reason: s.Want.Reason}
	answers := []aftercheck.Answer{aftercheck.AnswerYes, aftercheck.AnswerNo, aftercheck.AnswerUnknown}
	switch {
	case s.Name == "" || strings.Contains(s.Name, "/"):
		return errors.New("want a name without a slash")
	case s.Why == "":
		return errors.New("want a sentence why the verdict is right")
	case s.Source != sourceWritten && s.Source != sourceCaptured:
		return errors.New("want written or captured as source")
	case !slices.Contains(aftercheck.Outcomes(), given):
		return fmt.Errorf("want a verdict with one of its reasons, not %s with %s", given.Verdict, given.Reason)
	case !slices.Contains(answers, s.Want.RootCause):
		return errors.New("want yes, no or unknown as root_cause")
	case s.After != nil && len(s.Rounds) > 0:
		return errors.New("want rounds or after, not both")
	}
	for _, m := range s.Mistakes {
		if m < 1 || m > len(mistakes) {
			return fmt.Errorf("want mistakes from 1 to %d", len(mistakes))
		}
	}
	return nil
}

// mistakes are what other verifiers of changes were caught at, and what the
// corpus therefore holds against the judge.
var mistakes = [15]string{
	"no information counted as success",
	"no information counted as failure",
	"NaN or what cannot be read passes",
	"the wait knows nothing of the signal's delay",
	"the wrong sample or series",
	"a bad baseline",
	"the wrong object",
	"nothing there passes",
	"one healthy glance",
	"a restart of the verifier loses or flips the verdict",
	"the deadline is missing or wrong",
	"arithmetic hides the truth",
	"evidence without bounds",
	"alerts resolved or renewed by plumbing",
	"others' changes and shared dependencies",
}

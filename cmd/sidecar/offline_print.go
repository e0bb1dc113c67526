package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aftercheck/aftercheck"
)

// printAssessment writes the assessment as JSON in which every field that a
// script asks for is present, or as text for people.
func printAssessment(w io.Writer, a aftercheck.Assessment, output string) error {
	if output == "json" {
		if a.Regressions == nil {
			a.Regressions = []aftercheck.Regression{}
		}
		if a.Findings == nil {
			a.Findings = []aftercheck.Finding{}
		}
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(struct {
			aftercheck.Assessment
			Score       *float64                `json:"score"`
			Regressions []aftercheck.Regression `json:"regressions"`
			Findings    []aftercheck.Finding    `json:"findings"`
		}{a, a.Score, a.Regressions, a.Findings})
	}
	score := "none"
	if a.Score != nil {
		score = fmt.Sprintf("%.2f", *a.Score)
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s (%s): %s\nscore %s, root cause cleared: %s\n", a.Verdict, a.Reason, line(a.Explanation), score, a.RootCauseCleared)
	for _, p := range a.Parts {
		if p.Measured {
			fmt.Fprintf(&text, "  %-14s %.2f of %.2f  %s; wanted %s\n", p.Name, p.Weight*p.Score, p.Weight, line(p.Value), line(p.Wanted))
		}
	}
	for _, r := range a.Regressions {
		fmt.Fprintf(&text, "regression: %s %s was %s, is %s\n", line(r.Subject.String()), r.Check, line(r.Before), line(r.After))
	}
	for _, f := range a.Findings {
		fmt.Fprintf(&text, "finding: %s %s %s %s %s\n", line(f.Subject.String()), f.Check, f.State, line(f.Reason), line(f.Message))
	}
	for _, n := range a.Notes {
		fmt.Fprintf(&text, "note: %s\n", line(n))
	}
	_, err := w.Write(text.Bytes())
	return err
}

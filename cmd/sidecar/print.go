package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/aftercheck/aftercheck"
)

// line keeps text that sensors brought on one line, and control characters and
// the like away from the terminal.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if unprintable(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}

// table writes rows of cells in columns.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = line(cell)
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return t.Flush()
}

func printSnapshot(w io.Writer, s aftercheck.Snapshot) error {
	fmt.Fprintf(w, "snapshot %s of incident %s at %s\n", line(s.ID), line(s.Incident.ID), clockText(s.CapturedAt))
	if len(s.Readings) == 0 {
		fmt.Fprintln(w, "no configured sensor fits this incident")
		return nil
	}
	return printReadings(w, s.Readings)
}

func printReadings(w io.Writer, readings []aftercheck.Reading) error {
	rows := [][]string{{"SENSOR", "OUTCOME", "SUBJECT", "CHECK", "STATE", "DETAIL"}}
	for _, r := range readings {
		if len(r.Findings) == 0 {
			rows = append(rows, []string{r.Sensor, string(r.Outcome), "", "", "", r.Error})
		}
		for _, f := range r.Findings {
			rows = append(rows, []string{r.Sensor, string(r.Outcome), f.Subject.String(), string(f.Check), cmp.Or(string(f.State), "-"), detail(f)})
		}
	}
	return table(w, rows)
}

// detail is a finding's reason, value and message in a few words.
func detail(f aftercheck.Finding) string {
	var parts []string
	if f.Reason != "" {
		parts = append(parts, f.Reason)
	}
	if f.Value != nil {
		value := fmt.Sprintf("%.4g %s", f.Value.Number, f.Value.Unit)
		if f.Wanted != "" {
			value = strings.TrimSpace(value) + ", wanted " + f.Wanted
		}
		parts = append(parts, strings.TrimSpace(value))
	}
	if f.Message != "" {
		parts = append(parts, f.Message)
	}
	return strings.Join(parts, "; ")
}

// printVerification prints a verification as it stands.
func (c *console) printVerification(v aftercheck.Verification, output string) error {
	if output == "json" {
		return printJSON(c.out, v)
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "verification %s of incident %s\naction: %s\n", line(v.ID), line(v.Incident.ID), line(v.Action.Text))
	if v.Assessment == nil {
		fmt.Fprintf(&text, "%s; a verdict by %s\n", v.State, clockText(v.DeadlineAt))
	} else if err := printAssessment(&text, *v.Assessment, "text"); err != nil {
		return err
	}
	if v.Evidence != nil {
		if err := printEvidence(&text, *v.Evidence); err != nil {
			return err
		}
	}
	_, err := c.out.Write(text.Bytes())
	return err
}

// printEvidence prints what was seen before the action, and in the last round.
func printEvidence(w io.Writer, e aftercheck.Evidence) error {
	if e.PreState == nil {
		fmt.Fprintln(w, "\nbefore: nothing was captured")
	} else {
		fmt.Fprintf(w, "\nbefore, at %s:\n", clockText(e.PreState.CapturedAt))
		if err := printReadings(w, e.PreState.Readings); err != nil {
			return err
		}
	}
	if len(e.Rounds) == 0 {
		fmt.Fprintln(w, "\nafter: nothing was observed")
		return nil
	}
	last := e.Rounds[len(e.Rounds)-1]
	fmt.Fprintf(w, "\nafter, the last of %d rounds, at %s:\n", len(e.Rounds), clockText(last.At))
	return printReadings(w, last.Readings)
}

func printPage(w io.Writer, p aftercheck.Page) error {
	rows := [][]string{{"ACCEPTED", "ID", "INCIDENT", "STATE", "VERDICT", "REASON", "SCORE", "ACTION"}}
	for _, v := range p.Verifications {
		verdict, reason, score := "", "", ""
		if v.Assessment != nil {
			verdict, reason = string(v.Verdict), string(v.Reason)
			if v.Score != nil {
				score = fmt.Sprintf("%.2f", *v.Score)
			}
		}
		rows = append(rows, []string{clockText(v.AcceptedAt), v.ID, v.Incident.ID, string(v.State), verdict, reason, score, v.Action.Text})
	}
	if err := table(w, rows); err != nil {
		return err
	}
	if p.NextCursor != "" {
		fmt.Fprintf(w, "more: --cursor=%s\n", line(p.NextCursor))
	}
	return nil
}

func clockText(t time.Time) string { return t.Local().Format(time.DateTime) }

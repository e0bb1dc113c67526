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
	if err := printWait(&text, v); err != nil {
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

// printWait prints what the deadline follows from, and each signal's delay on a
// line of its own.
func printWait(w io.Writer, v aftercheck.Verification) error {
	delays := delaysOf(v)
	if v.Wait != nil {
		var sum []string
		for _, part := range v.Wait.Parts {
			sum = append(sum, part.Name+" "+part.Duration.String())
		}
		fmt.Fprintf(w, "\nthe deadline, %s, follows from: %s = %s", clockText(v.Wait.DeadlineAt), strings.Join(sum, " + "), v.Wait.Total)
		if v.Wait.Bounded {
			fmt.Fprintf(w, ", at most %s after the warm-up", v.Policy.MaxWait)
		}
		fmt.Fprintln(w)
	} else if len(delays) > 0 {
		fmt.Fprintln(w, "\nwhat the signals need to show a change:")
	}
	var rows [][]string
	for _, d := range delays {
		var sum []string
		for _, part := range d.Parts {
			sum = append(sum, part.Name+" "+part.Duration.String())
		}
		rows = append(rows, []string{"  " + d.Of, aftercheck.Duration(d.Total()).String(), strings.Join(sum, " + ")})
	}
	return table(w, rows)
}

// delaysOf returns the delays that the deadline follows from or, where it is
// set, those that were told before the action, or else last.
func delaysOf(v aftercheck.Verification) []aftercheck.Delay {
	if v.Wait != nil {
		return v.Wait.Delays
	}
	if v.Evidence == nil {
		return nil
	}
	if before := v.Evidence.PreState; before != nil {
		if delays := aftercheck.LongestDelays(before.Readings); len(delays) > 0 {
			return delays
		}
	}
	if n := len(v.Evidence.Rounds); n > 0 {
		return aftercheck.LongestDelays(v.Evidence.Rounds[n-1].Readings)
	}
	return nil
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

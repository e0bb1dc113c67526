package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Error is one thing that is wrong in a configuration file.
type Error struct {
	File    string // empty where the content came without one
	Line    int    // from 1; 0: the file as a whole
	Column  int    // from 1
	Path    string // keys such as sensors.http[0].url; empty where the YAML itself is wrong
	Problem string // what is wrong and what would be right, without the rejected value
	Excerpt string // the line with a mark under the column; secrets are left out
}

// Error implements error: one line, file:line:column: path: problem.
func (e *Error) Error() string {
	where := e.File
	if where == "" {
		where = "configuration"
	}
	if e.Line > 0 {
		where += fmt.Sprintf(":%d:%d", e.Line, e.Column)
	}
	if e.Path != "" {
		where += ": " + e.Path
	}
	return where + ": " + e.Problem
}

// Explain returns an error of this package with an excerpt of the file under
// each problem, for people at a terminal. Other errors are their text.
func Explain(err error) string {
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		var parts []string
		for _, one := range several.Unwrap() {
			parts = append(parts, Explain(one))
		}
		return strings.Join(parts, "\n")
	}
	var e *Error
	if errors.As(err, &e) && e.Excerpt != "" {
		return err.Error() + "\n" + e.Excerpt
	}
	return err.Error()
}

var (
	secretKey    = regexp.MustCompile(`(?i)([a-z0-9_-]*(?:password|passwd|secret|token|credentials?|api_?key)["']?\s*:\s*)(\S.*)$`)
	userInfo     = regexp.MustCompile(`://[^/@\s]+@`)
	maxExcerpt   = 160
	hiddenSecret = "<secret>"
)

// excerpt returns the line with a mark under the column, or nothing. What looks
// like a secret is hidden, though the file should not hold one.
func (s *source) excerpt(line, column int) string {
	lines := strings.Split(string(s.data), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	text := strings.Map(printable, lines[line-1])
	text = secretKey.ReplaceAllString(text, "${1}"+hiddenSecret)
	text = userInfo.ReplaceAllString(text, "://"+hiddenSecret+"@")
	if len(text) > maxExcerpt {
		text = strings.ToValidUTF8(text[:maxExcerpt], "") + "…"
	}
	number := fmt.Sprintf("%5d | ", line)
	mark := strings.Repeat(" ", len(number)+max(0, min(column, maxExcerpt)-1)) + "^"
	return number + text + "\n" + mark
}

// printable keeps control characters out of a terminal.
func printable(r rune) rune {
	if r == '\t' {
		return ' '
	}
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

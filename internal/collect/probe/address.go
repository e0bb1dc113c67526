package probe

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// address is a URL whose path and query may hold placeholders: $name or ${name}
// stands for the value of the incident's label, escaped; $$ is a dollar sign.
type address struct {
	text  string
	query int // where the query begins in text, or its length
}

var placeholder = regexp.MustCompile(`\$(?:\$|\{([^{}]+)\}|([a-zA-Z_][a-zA-Z0-9_]*))`)

// maxLabel bounds a label's value in an address, in bytes.
const maxLabel = 512

// parseAddress checks the URL, and that no placeholder could choose its host.
func parseAddress(text string) (address, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || scheme != "http" && scheme != "https" {
		return address{}, errors.New("url: want one that begins with http:// or https://")
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	switch {
	case strings.Contains(host, "$"):
		return address{}, errors.New("url: want placeholders in the path and the query alone, not in the host")
	case strings.Contains(host, "@"):
		return address{}, errors.New("url: want no user or password in it, but in the HTTP client's settings")
	case strings.Contains(rest, "#"):
		return address{}, errors.New("url: want no fragment (#)")
	}
	parsed, err := url.Parse(placeholder.ReplaceAllString(text, "x"))
	if err != nil || parsed.Hostname() == "" {
		return address{}, errors.New("url: want a host, and a path and query that are escaped")
	}
	query := strings.Index(text, "?")
	if query < 0 {
		query = len(text)
	}
	return address{text: text, query: query}, nil
}

// labelError is why an incident's labels do not fill an address.
type labelError struct {
	reason, message string
}

func (e *labelError) Error() string { return e.message }

// expand returns the URL for an incident's labels. The error is a *labelError.
func (a address) expand(labels map[string]string) (string, error) {
	var failed error
	fill := func(part string, escape func(string) string) string {
		return placeholder.ReplaceAllStringFunc(part, func(found string) string {
			if found == "$$" {
				return "$"
			}
			name := strings.Trim(found[1:], "{}")
			if err := usable(name, labels[name]); err != nil {
				failed = err
			}
			return escape(labels[name])
		})
	}
	path, query := fill(a.text[:a.query], url.PathEscape), fill(a.text[a.query:], url.QueryEscape)
	if failed == nil && climbs(path) > climbs(placeholder.ReplaceAllString(a.text[:a.query], "x")) {
		failed = &labelError{ReasonBadLabel, "the values of the incident's labels would lead to another path"}
	}
	return path + query, failed
}

// climbs counts the segments of an address that a server takes for the directory
// or the one above it, also where it takes %2F or a backslash for a slash.
func climbs(text string) int {
	decoded, err := url.PathUnescape(text)
	if err != nil {
		return 0
	}
	n := 0
	for segment := range strings.FieldsFuncSeq(decoded, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			n++
		}
	}
	return n
}

// usable refuses a value that would not stand for itself in a path.
func usable(name, value string) error {
	switch {
	case value == "":
		return &labelError{ReasonMissingLabel, fmt.Sprintf("the incident has no label %s", name)}
	case value == "." || value == ".." || len(value) > maxLabel || !utf8.ValidString(value):
		return &labelError{ReasonBadLabel, fmt.Sprintf("the value of label %s cannot stand in an address", name)}
	}
	return nil
}

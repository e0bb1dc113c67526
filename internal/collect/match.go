package collect

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aftercheck/aftercheck"
)

// Match says which incidents a sensor is for. The zero Match fits every one.
type Match struct {
	alertname *regexp.Regexp // nil: any
	labels    []Matcher
}

// NewMatch makes a Match that fits an incident whose alert name matches the
// regular expression alertname, from its beginning to its end as in Prometheus,
// and whose labels all of matchers match. An empty alertname fits any, as do no
// matchers. Errors say which of the two is wrong and what would be right.
func NewMatch(alertname string, matchers ...string) (Match, error) {
	var m Match
	if alertname != "" {
		whole, err := anchored(alertname)
		if err != nil {
			return Match{}, fmt.Errorf("alertname: want a regular expression (RE2): %w", err)
		}
		m.alertname = whole
	}
	for i, text := range matchers {
		matcher, err := ParseMatcher(text)
		if err != nil {
			return Match{}, fmt.Errorf("labels[%d]: %w", i, err)
		}
		m.labels = append(m.labels, matcher)
	}
	return m, nil
}

// Fits reports whether the sensor is for this incident.
func (m Match) Fits(i aftercheck.Incident) bool {
	if m.alertname != nil && !m.alertname.MatchString(i.Name()) {
		return false
	}
	for _, matcher := range m.labels {
		value := i.Labels[matcher.Name]
		if matcher.Name == "alertname" {
			value = i.Name()
		}
		if !matcher.MatchesValue(value) {
			return false
		}
	}
	return true
}

// Matcher holds one label against a value, as Prometheus and Alertmanager do. A
// label that is absent has the empty value.
type Matcher struct {
	Name     string
	negated  bool
	value    string
	pattern  *regexp.Regexp // nil: the value is compared
	operator string
}

var matcherForm = regexp.MustCompile(`^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$`)

// ParseMatcher reads one matcher in Alertmanager's form: namespace="shop",
// severity!=info, pod=~"api-.*", job!~test. The value may stand in double
// quotes, with Go's escapes, or without. A regular expression must match the
// whole value. The error says what would be right.
func ParseMatcher(text string) (Matcher, error) {
	parts := matcherForm.FindStringSubmatch(text)
	if parts == nil {
		return Matcher{}, fmt.Errorf(`want a matcher such as namespace="shop", severity!=info, pod=~"api-.*" or job!~test`)
	}
	value := parts[3]
	if strings.HasPrefix(value, `"`) {
		unquoted, err := strconv.Unquote(value)
		if err != nil {
			return Matcher{}, fmt.Errorf("matcher for %s: want its value in a pair of double quotes", parts[1])
		}
		value = unquoted
	}
	m := Matcher{Name: parts[1], operator: parts[2], value: value, negated: parts[2][0] == '!'}
	if strings.HasSuffix(m.operator, "~") {
		pattern, err := anchored(value)
		if err != nil {
			return Matcher{}, fmt.Errorf("matcher for %s: want a regular expression (RE2): %w", m.Name, err)
		}
		m.pattern = pattern
	}
	return m, nil
}

// anchored compiles an expression that must match the whole of a text, dots
// matching line breaks too, as in Prometheus.
func anchored(expression string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(expression); err != nil { // "a)|(b" is none, though it is one in the group below
		return nil, err
	}
	return regexp.Compile("^(?s:" + expression + ")$")
}

// Matches reports whether the matcher's label in labels is as wanted.
func (m Matcher) Matches(labels map[string]string) bool { return m.MatchesValue(labels[m.Name]) }

// MatchesValue reports whether a label's value is as wanted. The empty value
// stands for a label that is absent.
func (m Matcher) MatchesValue(value string) bool {
	if m.pattern != nil {
		return m.pattern.MatchString(value) != m.negated
	}
	return (value == m.value) != m.negated
}

// String returns the matcher with its value in quotes.
func (m Matcher) String() string { return m.Name + m.operator + strconv.Quote(m.value) }

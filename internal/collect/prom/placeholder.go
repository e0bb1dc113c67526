package prom

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// template is a PromQL expression whose matchers may hold placeholders: $name,
// or ${name} for any label name, stands for the value of the incident's label; $$
// is a dollar sign. In a regular expression the value is quoted, so that it
// matches itself alone, and \$ is left as it is.
//
// The text is parsed first and placeholders are looked for in the values of
// matchers only; so a label's value cannot change the expression.
type template struct {
	text string
}

var (
	inValue = regexp.MustCompile(`\$(?:\$|\{([^{}0-9,][^{}]*)\}|([a-zA-Z_][a-zA-Z0-9_]*))`)
	// inPattern takes escaped characters first, so that it skips \$.
	inPattern = regexp.MustCompile(`(?s)\\.|` + inValue.String())
)

// parseTemplate checks the expression and where its placeholders are.
func parseTemplate(text string) (template, parser.Expr, error) {
	expr, err := promQL.ParseExpr(text)
	if err != nil {
		return template{}, nil, fmt.Errorf("want a PromQL expression, with placeholders in the values of matchers only: %w", err)
	}
	if err := checkElsewhere(expr); err != nil {
		return template{}, nil, err
	}
	if err := rewriteMatchers(expr, checkPattern); err != nil {
		return template{}, nil, err
	}
	return template{text: text}, expr, nil
}

// missingLabel is a placeholder whose label the incident lacks. An empty value
// is the same as none, as it is in Prometheus.
type missingLabel struct{ name string }

func (m *missingLabel) Error() string { return "the incident has no label " + m.name }

var errBadLabel = errors.New("want a label value that is valid UTF-8, without U+FFFD")

// quotable reports whether PromQL can hold the value: it takes the replacement
// character for broken UTF-8.
func quotable(value string) bool {
	return utf8.ValidString(value) && !strings.ContainsRune(value, utf8.RuneError)
}

// expand replaces the placeholders. The error is a *missingLabel, or says why a
// value cannot stand in the expression.
func (t template) expand(values map[string]string) (parser.Expr, error) {
	expr, err := promQL.ParseExpr(t.text)
	if err != nil {
		return nil, fmt.Errorf("parsing: %w", err)
	}
	err = rewriteMatchers(expr, func(m *labels.Matcher) (string, error) {
		return replace(m, func(name string) (string, error) { return fill(m.Type, values, name) })
	})
	return expr, err
}

func fill(kind labels.MatchType, values map[string]string, name string) (string, error) {
	value := values[name]
	switch {
	case value == "":
		return "", &missingLabel{name}
	case !quotable(value):
		return "", errBadLabel
	case isPattern(kind):
		return regexp.QuoteMeta(value), nil
	}
	return value, nil
}

// replace returns the matcher's value with each placeholder replaced by what
// with returns for its label, and $$ by a dollar sign.
func replace(m *labels.Matcher, with func(name string) (string, error)) (string, error) {
	form, dollar := inValue, "$"
	if isPattern(m.Type) {
		form, dollar = inPattern, `\$`
	}
	var failed error
	result := form.ReplaceAllStringFunc(m.Value, func(found string) string {
		switch {
		case found[0] == '\\':
			return found
		case found == "$$":
			return dollar
		}
		text, err := with(strings.Trim(found[1:], "{}"))
		if err != nil && failed == nil {
			failed = err
		}
		return text
	})
	return result, failed
}

func isPattern(kind labels.MatchType) bool {
	return kind == labels.MatchRegexp || kind == labels.MatchNotRegexp
}

// rewriteMatchers replaces the value of every matcher that changes.
func rewriteMatchers(expr parser.Expr, rewrite func(*labels.Matcher) (string, error)) error {
	var failed error
	eachSelector(expr, func(s *parser.VectorSelector, _ []parser.Node) {
		for i, m := range s.LabelMatchers {
			value, err := rewrite(m)
			if err == nil && value != m.Value {
				s.LabelMatchers[i], err = labels.NewMatcher(m.Type, m.Name, value)
			}
			if err != nil && failed == nil {
				failed = err
			}
		}
	})
	return failed
}

// checkElsewhere finds placeholders where none is replaced: in metric and label
// names and in strings.
func checkElsewhere(expr parser.Expr) error {
	var texts []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			texts = append(texts, n.Name)
			for _, m := range n.LabelMatchers {
				texts = append(texts, m.Name)
			}
		case *parser.AggregateExpr:
			texts = append(texts, n.Grouping...)
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				texts = append(append(texts, n.VectorMatching.MatchingLabels...), n.VectorMatching.Include...)
			}
		case *parser.StringLiteral:
			texts = append(texts, n.Val)
		}
		return nil
	})
	for _, text := range texts {
		if inValue.MatchString(strings.ReplaceAll(text, "$$", "")) {
			return fmt.Errorf("want placeholders in the values of matchers only, such as {namespace=\"$namespace\"}")
		}
	}
	return nil
}

// firstMark begins the private-use characters that stand for placeholders while
// a pattern is checked.
const firstMark = '\uE000'

// checkPattern reports a placeholder whose place in a regular expression would
// give its value a meaning: in a character class, before a repetition, in \Q.
// It changes nothing.
func checkPattern(m *labels.Matcher) (string, error) {
	if !isPattern(m.Type) {
		return m.Value, nil
	}
	var marks []string
	marked, _ := replace(m, func(string) (string, error) {
		next := firstMark + rune(2*len(marks))
		marks = append(marks, string([]rune{next, next + 1}))
		return marks[len(marks)-1], nil
	})
	if len(marks) == 0 {
		return m.Value, nil
	}
	parsed, err := syntax.Parse(marked, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("matcher for %s: want a regular expression (RE2): %w", m.Name, err)
	}
	for _, mark := range marks {
		if strings.Contains(marked, `\Q`) || len(marks) > 1000 || !hasLiteral(parsed, mark) {
			return "", fmt.Errorf("matcher for %s: want each placeholder to stand for itself: not in brackets, \\Q, or before * + ? {", m.Name)
		}
	}
	return m.Value, nil
}

func hasLiteral(re *syntax.Regexp, text string) bool {
	if re.Op == syntax.OpLiteral && strings.Contains(string(re.Rune), text) {
		return true
	}
	for _, sub := range re.Sub {
		if hasLiteral(sub, text) {
			return true
		}
	}
	return false
}

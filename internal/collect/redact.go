package collect

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// markOpen begins the mark that stands where a secret was: [REDACTED:rule].
const markOpen = "[REDACTED:"

func mark(rule string) string { return markOpen + rule + "]" }

// nextMark returns where the first mark in the text begins and ends, or -1.
func nextMark(text string) (start, end int) {
	for from := 0; ; {
		open := strings.Index(text[from:], markOpen)
		if open < 0 {
			return -1, -1
		}
		start = from + open
		name := start + len(markOpen)
		end = name + runLength(text[name:], isRuleByte)
		if end > name && end < len(text) && text[end] == ']' {
			return start, end + 1
		}
		from = name
	}
}

func hasMark(text string) bool {
	start, _ := nextMark(text)
	return start >= 0
}

func isRuleByte(b byte) bool { return 'a' <= b && b <= 'z' || b == '_' }

const (
	// maxPasses bounds how often a text is looked at again because a secret was
	// removed from it; two are the rule.
	maxPasses = 8
	// minOwnSecret is the length in bytes under which a secret of our own is
	// not scrubbed: it would tear up ordinary text.
	minOwnSecret = 4
	// rankOwnSecret is before all rules.
	rankOwnSecret = 0
)

// Redactor removes secrets from texts. It may be used concurrently.
type Redactor struct {
	own   []string // our own secrets in every form in which they may be printed
	known *ruleSet
}

// ruleSet is the rules made ready to use; it never changes.
type ruleSet struct {
	names   []string // each once
	byRank  []string
	scanner *scanner
	rules   []*rule // by literal of the scanner
}

var knownRules = sync.OnceValue(func() *ruleSet {
	set := &ruleSet{names: []string{ruleOwnSecret, ruleKubernetesSecret}, byRank: []string{rankOwnSecret: ruleOwnSecret}}
	var literals []string
	for _, rule := range rules() {
		set.byRank = append(set.byRank, rule.name)
		if !slices.Contains(set.names, rule.name) {
			set.names = append(set.names, rule.name)
		}
		for _, literal := range rule.literals {
			literals = append(literals, literal)
			set.rules = append(set.rules, &rule)
		}
	}
	set.scanner = newScanner(literals)
	return set
})

// NewRedactor makes a Redactor that knows, beside the rules, secrets of our own
// such as tokens read from files: it removes them wherever they stand, also
// quoted for JSON, escaped for a URL or in Base64. One of fewer than four bytes
// is not looked for.
func NewRedactor(ownSecrets []string) *Redactor {
	r := &Redactor{known: knownRules()}
	for _, secret := range ownSecrets {
		r.own = append(r.own, printedForms(strings.TrimSpace(secret))...)
	}
	slices.SortFunc(r.own, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	r.own = slices.Compact(r.own)
	return r
}

// printedForms returns the forms in which a secret may turn up, without those
// that a mark itself contains.
func printedForms(secret string) []string {
	if len(secret) < minOwnSecret {
		return nil
	}
	forms := []string{
		secret,
		url.QueryEscape(secret),
		url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.URLEncoding.EncodeToString([]byte(secret)),
	}
	if quoted, err := json.Marshal(secret); err == nil {
		forms = append(forms, strings.Trim(string(quoted), `"`))
	}
	return slices.DeleteFunc(forms, func(form string) bool {
		return len(form) < minOwnSecret || slices.ContainsFunc(knownRules().names, func(rule string) bool {
			return strings.Contains(mark(rule), form)
		})
	})
}

// RedactionRules returns the names of all rules, in the order in which one is
// preferred to another for the same secret.
func RedactionRules() []string { return slices.Clone(knownRules().names) }

// span is a secret in a text, and the rule that found it.
type span struct {
	start, end int
	rank       int // of the rule; lower is more specific
}

// Text returns the text with [REDACTED:rule] in place of every secret, and how
// many were removed by which rule; nil if none was. A text that was redacted
// already stays as it is. The time is linear in the text's length.
func (r *Redactor) Text(text string) (string, map[string]int) {
	var counts map[string]int
	for range maxPasses {
		spans := r.spans(text)
		if len(spans) == 0 {
			break
		}
		if counts == nil {
			counts = map[string]int{}
		}
		text = r.replace(text, spans, counts)
	}
	return text, counts
}

// spans returns the secrets in a text, ordered and without overlap. No rule
// sees a mark: the text between two marks is looked at by itself.
func (r *Redactor) spans(text string) []span {
	spans := r.ownSpans(text)
	done := make([]int, len(r.known.byRank))
	from := 0
	for {
		start, end := nextMark(text[from:])
		if start < 0 {
			return merged(r.ruleSpans(spans, text, from, len(text), done))
		}
		spans = r.ruleSpans(spans, text, from, from+start, done)
		from += end
	}
}

func (r *Redactor) ownSpans(text string) []span {
	var spans []span
	for _, secret := range r.own {
		for from := 0; ; {
			at := strings.Index(text[from:], secret)
			if at < 0 {
				break
			}
			spans = append(spans, span{from + at, from + at + len(secret), rankOwnSecret})
			from += at + len(secret)
		}
	}
	return spans
}

// ruleSpans appends what the rules find in text[from:to]. Done is room for how
// far each rule has seen, by rank.
func (r *Redactor) ruleSpans(spans []span, text string, from, to int, done []int) []span {
	segment := text[from:to]
	clear(done)
	r.known.scanner.each(segment, func(literal, start, end int) {
		rule := r.known.rules[literal]
		if start < done[rule.rank] {
			return
		}
		secretStart, secretEnd, ok := rule.find(segment, start, end)
		done[rule.rank] = secretEnd
		if !ok || secretStart >= secretEnd {
			return
		}
		spans = append(spans, span{from + secretStart, from + secretEnd, rule.rank})
	})
	return spans
}

// merged orders spans and joins those that overlap under the more specific of
// their rules.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.rank, b.rank))
	})
	var out []span
	for _, s := range spans {
		if len(out) == 0 || s.start >= out[len(out)-1].end {
			out = append(out, s)
			continue
		}
		last := &out[len(out)-1]
		last.end = max(last.end, s.end)
		last.rank = min(last.rank, s.rank)
	}
	return out
}

func (r *Redactor) replace(text string, spans []span, counts map[string]int) string {
	var out strings.Builder
	out.Grow(len(text))
	from := 0
	for _, s := range spans {
		out.WriteString(text[from:s.start])
		rule := r.known.byRank[s.rank]
		out.WriteString(mark(rule))
		counts[rule]++
		from = s.end
	}
	out.WriteString(text[from:])
	return out.String()
}

// withoutCutSecret drops what may be the first part of a secret from the end of
// a text that was cut there: the beginning of a secret of our own, and the last
// token. It drops no more than overlap bytes but for our own secrets.
func (r *Redactor) withoutCutSecret(text string) string {
	whole := len(text)
	for _, secret := range r.own {
		for n := min(len(secret)-1, whole); n > 0; n-- {
			if strings.HasSuffix(text[:whole], secret[:n]) {
				text = text[:min(len(text), whole-n)]
				break
			}
		}
	}
	floor := max(0, len(text)-overlap)
	return cut(text, max(floor, strings.LastIndexAny(text, " \t\r\n\"',;&<>(){}[]")+1))
}

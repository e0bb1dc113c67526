package text

import (
	"strconv"
	"strings"
)

// totals are words before a number that counts all.
var totals = set("total desired expected wanted all pods replicas containers count")

// tallyLine reads a line that counts how many are in which state: Running pods:
// 3, failed pods: 0.
func (r *reader) tallyLine(content string, indent int) bool {
	const most = 16 // counts in one line
	segments := strings.FieldsFunc(content, func(c rune) bool { return c == ',' || c == ';' || c == '|' })
	if fields := strings.Fields(content); len(segments) == 1 && strings.Count(content, "=") == len(fields) {
		segments = fields // healthy=3 unhealthy=0
	}
	if len(segments) < 2 || len(segments) > most {
		return false
	}
	counts, none := map[tone]int{}, false
	about := r.subject(indent)
	for _, segment := range segments {
		words, n, ok := countedBy(segment)
		if !ok {
			return false
		}
		if about.kind == "" {
			about.kind = subjectOf(words).kind
		}
		s := judgeClause(words)
		switch {
		case s.tone != silent && s.backed:
			counts[s.tone] += n
			none = none || s.tone == good && n == 0
		case !totals[words[0].lower]:
			return false
		}
	}
	return r.tally(about, counts, none, content)
}

// countedBy splits a number from the words before it: failed pods: 0.
func countedBy(segment string) (words []token, n int, ok bool) {
	segment = strings.TrimSpace(segment)
	key := strings.TrimRight(segment, "0123456789")
	n, err := strconv.Atoi(segment[len(key):])
	words = tokens(strings.TrimRight(key, ":= "))
	return words, n, err == nil && key != segment && len(words) > 0
}

// tally adds what was counted; of which none is well and nothing else is said
// is on its way. It reports whether anything was.
func (r *reader) tally(about section, counts map[tone]int, none bool, message string) bool {
	if none && counts[good]+counts[bad]+counts[busy] == 0 {
		counts[busy] = 1
	}
	r.spread(about, counts, r.weight(), message)
	return len(counts) > 0
}

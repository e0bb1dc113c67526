package text

import (
	"slices"
	"strconv"
	"strings"
)

// command passes over a line that only repeats the command that was run.
func (r *reader) command(content string, _ int) bool {
	for _, prompt := range []string{"$ ", "# ", "> ", "+ "} {
		if strings.HasPrefix(content, prompt) {
			return true
		}
	}
	return false
}

// sentence reads prose, clause by clause. What one clause names, the next ones
// are about. Only a clause that states something is taken: one with a verb of
// the present, or with nothing but words that are known here; and words that
// name a fault and nothing else are taken wherever they stand.
func (r *reader) sentence(content string, indent int) bool {
	words := tokens(content)
	if strings.HasSuffix(content, "?") || len(words) == 0 || len(words) == 1 && !r.brief && !strong(words[0].text) {
		return false
	}
	opening := words[0]
	if len(words) == 1 || !headings[opening.lower] || !opening.ends {
		return r.clauses(words, r.subject(indent), content)
	}
	if opening.lower == "panic" {
		r.add(sighting{kind: kindObject, said: said{bad, "panic"}, strength: logged, message: content})
		return true
	}
	told := r.clauses(words[1:], r.subject(indent), content)
	if !told && toneOf(opening.text) == bad { // Error: and why, which is no state of anything
		r.add(sighting{kind: "Tool", said: said{unsure, "ToolFailed"}, strength: r.weight(), message: content})
	}
	return true
}

// clauses reads a sentence's clauses about a subject. What follows a condition
// is no more than that.
func (r *reader) clauses(words []token, about section, content string) bool {
	if conditions[words[0].lower] {
		return false
	}
	told, none := false, false
	counts := map[tone]int{}
	for _, clause := range clauses(words) {
		about = about.or(subjectOf(clause))
		s := judgeClause(clause)
		if !s.backed && (s.tone != bad || !strong(s.reason)) {
			continue
		}
		for t, n := range s.counts {
			counts[t] += n
		}
		none = none || s.none
		if s.tone != silent && (s.tone != good || !ofSettings(clause)) {
			told = true
			r.statement(about, s.said, words, clause, content)
		}
	}
	return r.tally(about, counts, none, content) || told
}

// conditions are the words that open a sentence of what would be.
var conditions = set("if when unless once should whether")

// or is the subject that a clause names, else the one before it.
func (s section) or(own section) section {
	if own.name == "" && own.kind == "" {
		return s
	}
	if own.name == "" {
		own.name = s.name
	}
	own.namespace = s.namespace
	return own
}

// weight is the strength of what a line shows.
func (r *reader) weight() strength {
	if r.log {
		return logged
	}
	return shown
}

// statement adds what a clause says. That something was done well is a tool's
// report of its own.
func (r *reader) statement(about section, s said, words, clause []token, content string) {
	out := sighting{kind: about.kindOr(), namespace: about.namespace, name: about.name, said: s, strength: shown, message: content, prose: true}
	if r.words > 0 {
		out.part = strconv.Itoa(r.words)
		r.words++
	}
	switch {
	case r.log:
		out.strength, out.latest = logged, true
	case s.tone == good && (len(words) == 1 && r.words == 0 || done(clause)):
		out.strength = reported
	}
	r.add(out)
}

// ofSettings reports whether a clause is about what a program is told to do,
// which may be right where the program does not run.
func ofSettings(clause []token) bool {
	return slices.ContainsFunc(clause, func(t token) bool { return settings[t.lower] })
}

var settings = set("configuration config syntax manifest schema template")

// done reports whether the clause tells of an action that was done: restarted
// successfully, operation completed.
func done(clause []token) bool {
	for _, word := range clause {
		if deeds[word.lower] {
			return true
		}
	}
	return false
}

var deeds = set(`restarted started stopped deleted applied executed triggered operation command action done created scaled rolled request requested
	success successful successfully completed complete succeeded configured patched updated script playbook task accepted finished`)

// subjectOf finds what a clause is about: a kind with the name beside it, a
// name before the verb, or a name that stands first.
func subjectOf(words []token) section {
	for i, word := range words {
		if ref, name := reference(word.text); ref != "" && strings.ContainsAny(word.text, "/.") {
			return section{kind: ref, name: name}
		}
		kind := kindOf(word.text)
		if kind == "" || word.quote {
			continue
		}
		about := section{kind: kind}
		switch {
		case i+1 < len(words) && properName(words[i+1]) && !words[i].ends:
			about.name = words[i+1].text
		case i > 0 && properName(words[i-1]):
			about.name = words[i-1].text
		}
		return about
	}
	if len(words) > 1 && properName(words[0]) {
		return section{name: words[0].text}
	}
	return section{}
}

// properName reports whether a word can be a name where a name can stand: it is
// no word that is known here, and no number.
func properName(t token) bool {
	if t.quote {
		return isName(t.text)
	}
	if isDeed(t) || isNumber(t.lower) || !isName(t.text) || toneOf(t.text) != silent || kindOf(t.text) != "" {
		return false
	}
	if _, _, ok := fraction(t.text); ok {
		return false
	}
	return !fillers[t.lower] && !negators[t.lower] && !past[t.lower] && !present[t.lower] && !supposed[t.lower] && !pronouns[t.lower] && !headings[t.lower]
}

// isDeed reports whether a word opens a sentence with what was done: Rolled
// back to revision 3.
func isDeed(t token) bool {
	return t.text != t.lower && strings.HasSuffix(t.text, "ed") && t.text[1:] == t.lower[1:]
}

var pronouns = set("everything something we i you they he she here there these those some many several most other others after before during two three one updated new old replicas successfully which who after so exited")

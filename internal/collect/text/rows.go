package text

import (
	"slices"
	"strings"
	"unicode"
)

// bare reads a container's status alone, as docker inspect prints it by a
// template: Up 5 seconds, exited 1.
func (r *reader) bare(content string, indent int) bool {
	words := strings.Fields(content)
	if len(words) < 2 || len(words) > 8 || words[0] == "up" {
		return false
	}
	s, ok := dockerState(content)
	if ok {
		about := r.subject(indent)
		about.kind = kindContainer
		r.say(about, s)
	}
	return ok
}

// row reads a row of a table whose header is not there: a name, perhaps its
// kind or namespace before it, then what only a state's column holds: n/m, a
// status as tools write them, or how long a container has been up.
func (r *reader) row(content string, _ int) bool {
	words := rowWords(content)
	if len(words) < 2 || len(words) > maxTokens {
		return false
	}
	if r.unitRow(words) || r.nameAndState(words) {
		return true
	}
	at := stateColumn(words)
	if at < 0 {
		return false
	}
	s, ok := rowName(words[:at])
	if !ok && at == 1 && certain(words) {
		s.kind, s.name = reference(words[0])
		ok = true
	}
	if !ok {
		return r.containerRow(words, at)
	}
	r.columns(&s, words[at:])
	r.add(s)
	r.remark(words, s)
	return s.tone != silent || s.scaled
}

// rowWords splits a row at its spaces, or at its commas if it has no spaces.
func rowWords(content string) []string {
	words := strings.Fields(strings.TrimLeft(content, "●*- "))
	if len(words) == 1 {
		return strings.Split(words[0], ",")
	}
	return words
}

// columns reads what stands behind the name of a row.
func (r *reader) columns(s *sighting, words []string) {
	s.strength = shown
	switch _, _, counts := fraction(words[0]); {
	case counts:
		countedRow(s, words)
		s.since = agedSince(words, r.at)
	case dockerWord(words):
		status := strings.Join(words, " ")
		s.said, _ = dockerState(status)
		docker(s, status, r.at)
		s.kind = kindContainer
	default:
		statusRow(s, words)
		s.prose = true
	}
	if s.kind == "" {
		s.kind = kindObject
	}
}

// nameAndState reads a line of two words: nginx active. Of a long text it would
// be any two words.
func (r *reader) nameAndState(words []string) bool {
	if len(words) != 2 || !r.brief || !serviceWords[words[1]] || !properName(token{text: words[0], lower: strings.ToLower(words[0])}) {
		return false
	}
	kind, name := reference(words[0])
	r.say(section{kind: kind, name: name}, said{toneOf(words[1]), words[1]})
	return true
}

// serviceWords are the states by which services are listed in small letters.
var serviceWords = set("active inactive running stopped online offline up down healthy unhealthy failed starting restarting paused dead")

// remark reads what somebody added to a row: api-1 1/1 Running but not ready.
func (r *reader) remark(words []string, s sighting) {
	for i, word := range words {
		if breaks[word] {
			remark := strings.Join(words[i:], " ")
			r.clauses(tokens(remark), section{kind: s.kind, namespace: s.namespace, name: s.name}, remark)
			return
		}
	}
}

// certain reports whether the columns behind the first word are so clearly
// those of a row that the word is a name, even where it is a word of English:
// a 1/1 Running.
func certain(words []string) bool {
	if dockerWord(words[1:]) {
		return isName(words[0])
	}
	_, _, counts := fraction(words[1])
	return counts && len(words) > 2 && titled(strings.TrimRight(words[2], ",;.")) && isName(words[0])
}

// stateColumn returns where the states of a row begin, or -1. The first word is
// a name, whatever it is called.
func stateColumn(words []string) int {
	for i := 1; i < len(words) && i <= 12; i++ {
		if _, _, ok := fraction(words[i]); ok {
			return i
		}
		if dockerWord(words[i:]) || titled(words[i]) && i <= 3 && !dockerWord(words[i+1:]) && !spoken(words[i:]) {
			return i
		}
	}
	return -1
}

// spoken reports whether a status goes on as a sentence does: Running the tests.
// One in capitals, as supervisord prints it, is no word of a sentence.
func spoken(words []string) bool {
	if len(words) < 2 || strings.ToUpper(words[0]) == words[0] || breaks[words[1]] || grammarOfRow[words[1]] {
		return false
	}
	return letters(words[1]) == len(words[1]) && unicode.IsLower(rune(words[1][0]))
}

var grammarOfRow = set("true false running ready healthy")

// dockerWord reports whether the words begin with a container's status: Up 5
// seconds, Exited (1), Restarting (1).
func dockerWord(words []string) bool {
	if len(words) < 2 {
		return false
	}
	switch words[0] {
	case "Up":
		_, ok := dockerAge(strings.Join(words[1:min(len(words), 5)], " "))
		return ok
	case "Exited", "Restarting":
		return strings.HasPrefix(words[1], "(")
	}
	return false
}

// titled reports whether a word is a status as columns hold them: with a
// capital, or in capitals.
func titled(word string) bool {
	if len(word) < 2 || !unicode.IsUpper(rune(word[0])) {
		return false
	}
	return stateOf(word).tone != silent
}

// rowName reads what stands before the states of a row: a name, perhaps its
// kind or namespace before it. A sentence is no row.
func rowName(words []string) (sighting, bool) {
	if len(words) == 0 || len(words) > 2 || slices.ContainsFunc(words, grammatical) {
		return sighting{}, false
	}
	last := words[len(words)-1]
	if strings.HasSuffix(last, ":") && kindOf(strings.TrimSuffix(last, ":")) != "" {
		return sighting{}, false // Pods: 1/2 ready
	}
	kind, name := reference(strings.TrimSuffix(last, ":"))
	s := sighting{kind: kind, name: name}
	if len(words) == 2 {
		switch called := kindOf(words[0]); {
		case called != "" && s.kind == "":
			s.kind = called
		case called == "" && kindOf(last) != "":
			s.kind, s.name = kindOf(last), words[0] // api deployment 1/3
		case called == "":
			s.namespace = words[0]
		}
	}
	return s, strings.ContainsFunc(s.name, unicode.IsLetter)
}

// grammatical reports whether a word is part of a sentence, and no name.
func grammatical(word string) bool {
	lower := strings.ToLower(strings.Trim(word, ":,"))
	return !isName(strings.Trim(word, "\"'")) || fillers[lower] || negators[lower] || supposed[lower] || present[lower] || past[lower] || headings[lower]
}

// containerRow reads a row of docker ps, where the name stands last.
func (r *reader) containerRow(words []string, at int) bool {
	if !dockerWord(words[at:]) || at < 3 {
		return false
	}
	status := strings.Join(words[at:], " ")
	state, ok := dockerState(status)
	name := words[len(words)-1]
	if !ok || !isName(name) {
		return false
	}
	s := sighting{kind: kindContainer, name: name, said: state, strength: shown}
	docker(&s, status, r.at)
	r.add(s)
	return true
}

// unitRow reads a row of systemctl list-units: nginx.service loaded active
// running A web server.
func (r *reader) unitRow(words []string) bool {
	kind, name := reference(words[0])
	if kind != kindUnit || len(words) < 4 || words[1] != "loaded" && words[1] != "not-found" && words[1] != "masked" {
		return false
	}
	state, _ := unitWords(words[2], words[3])
	r.add(sighting{kind: kind, name: name, said: state, strength: shown, dormant: words[2] == "inactive"})
	return true
}

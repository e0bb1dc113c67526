package text

import (
	"slices"
	"strconv"
	"strings"
)

// The words of a sentence that are no states and say how the states are meant.
var (
	negators = set(`not no never isnt isn't aren't arent wasn't weren't hasn't haven't hadn't doesn't didn't don't won't
		cannot can't cant couldn't without neither nor none zero unable non isn’t aren’t hasn’t doesn’t can’t nothing`)
	past     = set("was were wasn't weren't had hadn't previously formerly earlier yesterday last previous before once history")
	present  = set("is are isn't aren't isn’t aren’t now currently still again has have hasn't haven't hasn’t remains remain stays keeps keep became becomes become got looks seems appears reports reported")
	supposed = set(`should will would may might could must if whether until unless expected expect please try ensure check when
		waiting wait waits awaiting want wants wanted desired requires required needs verify confirm once`)
	waits = set("waiting wait waits awaiting until")
	// fillers say nothing and leave what they stand between together.
	fillers = set(`a an the this that its it all any each every both been be being to of in on at for from by with and or as
		yet already fully currently now just only very still again also currently completely finally immediately
		become became becoming get getting got longer more long anymore state status health condition phase
		all's reports reported everything something there current seems looks appears in has have is are since`)
)

// statement is what one clause says, and whether it says it of something, not
// in passing.
type statement struct {
	said
	backed bool // a verb or nothing but known words stand around the state
	weak   bool // it reports an action done, not a state
}

// sentenceState reads prose that stands where a state stands.
func sentenceState(value string) said {
	out := said{}
	for _, clause := range clauses(tokens(value)) {
		out = out.worse(judgeClause(clause).said)
	}
	return out
}

// clauseReader walks over the words of one clause.
type clauseReader struct {
	words    []token
	negated  int  // words for which a negation still holds
	never    bool // the negation is a final one
	over     bool // what follows was so, and is not any more
	supposed bool // what follows is wished, not seen
	waits    bool // and is being waited for
	verb     bool // a verb of the present was read
	strange  int  // words that are none of those known here
	out      statement
}

// judgeClause reads one clause.
func judgeClause(words []token) statement {
	r := clauseReader{words: words}
	if longAgo(words) {
		return statement{}
	}
	for i := 0; i < len(words); i++ {
		i += r.read(i)
	}
	r.out.backed = r.verb || r.strange == 0
	return r.out
}

// longAgo reports whether the clause tells of something that happened: its
// time is given with "ago", and no verb of the present comes before.
func longAgo(words []token) bool {
	return slices.ContainsFunc(words, func(t token) bool { return t.lower == "ago" }) &&
		!slices.ContainsFunc(words, func(t token) bool { return present[t.lower] })
}

// read reads the word at i and returns how many words more it took.
func (r *clauseReader) read(i int) (more int) {
	word := r.words[i]
	if n, taken := r.counted(i); taken {
		return n
	}
	if r.mood(word) {
		return 0
	}
	if word.quote || nameLike(word) && !isReason(word.text) {
		r.negated = max(r.negated-1, 0)
		return 0
	}
	tone := toneOf(word.text)
	if tone == silent {
		r.other(word)
		return 0
	}
	if r.inPassing(i) {
		r.strange++
		return 0
	}
	r.state(word, tone)
	return 0
}

// mood takes a word that says how the following are meant.
func (r *clauseReader) mood(word token) bool {
	switch {
	case word.lower == "nothing" || word.lower == "none":
		r.negated = 4
	case negators[word.lower]:
		r.negated, r.never = 4, word.lower == "never" || word.lower == "cannot" || word.lower == "unable" || word.lower == "can't"
		r.verb = r.verb || strings.Contains(word.lower, "n't") || r.never
	case supposed[word.lower]:
		r.supposed, r.waits = true, r.waits || waits[word.lower]
		return word.lower != "waiting" // which is a state too
	case past[word.lower]:
		r.over = true
	case present[word.lower]:
		r.over, r.verb = false, true
	default:
		return false
	}
	r.over = r.over || past[word.lower]
	return true
}

// other takes a word without a state.
func (r *clauseReader) other(word token) {
	if fillers[word.lower] || kindOf(word.lower) != "" || isNumber(word.lower) {
		return
	}
	r.strange++
	r.negated = max(r.negated-1, 0)
}

// inPassing reports whether the state's word at i is only part of a name or of
// a compound: error rate, failed jobs counter, ready to use.
func (r *clauseReader) inPassing(i int) bool {
	next := ""
	if i+1 < len(r.words) && !r.words[i].ends {
		next = r.words[i+1].lower
	}
	return compounds[next] || r.words[i].lower == "up" && (isNumber(next) || next == "to" || next == "about" || next == "for" && !r.verb)
}

var compounds = set("rate rates ratio count counter total percent percentage budget budgets log logs handler page pages code codes message messages probe probes gate gates threshold time date event events")

// state takes a word that names a state.
func (r *clauseReader) state(word token, t tone) {
	switch {
	case r.over:
		return
	case r.supposed:
		if t == good && r.waits || t == busy && word.lower == "waiting" {
			r.say(busy, word.text)
		}
		return
	case r.negated > 0:
		r.denied(word, t)
		return
	}
	r.say(t, word.text)
}

// denied takes a state's word behind a negation: what is not yet ready comes,
// what is not healthy is ill, and what is not ill says nothing.
func (r *clauseReader) denied(word token, t tone) {
	if t != good {
		if t == bad && r.never {
			r.say(busy, word.text)
		}
		return
	}
	if r.never || illIfNot[word.lower] {
		r.say(bad, "not "+word.lower)
		return
	}
	r.say(busy, "not "+word.lower)
}

// illIfNot are the words whose denial is an illness, and no delay.
var illIfNot = set("healthy reachable responding responsive alive ok okay operational working functional serving passing online fine")

func (r *clauseReader) say(t tone, reason string) {
	r.out.said = r.out.worse(said{t, reason})
}

// counted takes a number with what it counts: 0 of 3 replicas, 2/3 ready,
// 0 failed, 3 running. What counts nothing is no state.
func (r *clauseReader) counted(i int) (more int, taken bool) {
	if have, want, n, ok := r.fraction(i); ok {
		return n + r.share(have, want, i+n), true
	}
	if !isNumber(r.words[i].lower) || i+1 >= len(r.words) {
		return 0, false
	}
	word := r.words[i+1]
	if kindOf(word.lower) != "" && i+2 < len(r.words) {
		return 0, false
	}
	t := toneOf(word.text)
	if t == silent || r.words[i].ends || word.lower == "up" {
		return 0, false
	}
	number, _ := strconv.Atoi(r.words[i].lower)
	switch {
	case r.over || r.supposed:
	case number > 0:
		r.say(t, word.text)
	case t == good:
		r.say(busy, "0 "+word.lower)
	}
	return 1, true
}

// share takes have of want with what they are, which stands behind i at the
// most a few words, and returns how many words that took.
func (r *clauseReader) share(have, want, i int) (more int) {
	counts := good
	for n := 1; n <= 4 && i+n < len(r.words); n++ {
		word := r.words[i+n]
		if t := toneOf(word.text); t != silent && t != unsure && !(word.lower == "up" && i+n+1 < len(r.words)) {
			counts, more = t, n
			break
		}
		if !fillers[word.lower] && kindOf(word.lower) == "" && word.lower != "updated" && word.lower != "new" && word.lower != "old" {
			break
		}
	}
	r.verb = true
	switch {
	case r.over || r.supposed && !r.waits || want == 0:
	case counts == good:
		r.say(countTone(have, want), strconv.Itoa(have)+"/"+strconv.Itoa(want))
	case have > 0:
		r.say(counts, r.words[i+more].text)
	}
	return more
}

// fraction reads n/m, n of m and n out of m at i.
func (r *clauseReader) fraction(i int) (have, want, more int, ok bool) {
	if have, want, ok := fraction(r.words[i].text); ok {
		return have, want, 0, true
	}
	if !isNumber(r.words[i].lower) || i+2 >= len(r.words) {
		return 0, 0, 0, false
	}
	at := i + 1
	if r.words[at].lower == "out" {
		at++
	}
	if at+1 >= len(r.words) || r.words[at].lower != "of" || !isNumber(r.words[at+1].lower) {
		return 0, 0, 0, false
	}
	have, _ = strconv.Atoi(r.words[i].lower)
	want, _ = strconv.Atoi(r.words[at+1].lower)
	return have, want, at + 1 - i, true
}

// countTone is the tone of so many of those that are wanted.
func countTone(have, want int) tone {
	if have < want {
		return busy
	}
	return good
}

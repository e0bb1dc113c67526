package text

import (
	"slices"
	"strings"
)

// statement is what one clause says, and whether it says it of something, not
// in passing.
type statement struct {
	said
	backed bool         // it is a statement: a verb leads to the state, or all words are known
	counts map[tone]int // how many of several are in which state
	none   bool         // none of several is in a good state
}

// strange reports whether the clause says a state in passing.
func (s statement) strange() bool { return s.tone != silent && !s.backed }

// sentenceState reads prose that stands where a state stands.
func sentenceState(value string) said {
	out := said{}
	for _, clause := range clauses(tokens(value)) {
		s := judgeClause(clause)
		out = out.worse(s.said).worse(s.counted())
	}
	return out
}

// counted is the worst of what was counted.
func (s statement) counted() said {
	for _, t := range []tone{bad, busy, good} {
		if s.counts[t] > 0 {
			return said{t, "Counted"}
		}
	}
	if s.none {
		return said{busy, "None"}
	}
	return said{}
}

// clauseReader walks over the words of one clause.
type clauseReader struct {
	words    []token
	negated  int  // words for which a negation still holds
	never    bool // the negation is a final one
	yet      bool // what is denied is only a matter of time
	over     bool // what follows was so, and is not any more
	supposed bool // what follows is wished, not seen
	waits    bool // and is being waited for
	from     bool // a change is told of, and its end is not yet read
	link     bool // a verb of the present was read, and nothing strange since
	linked   bool // a state was read behind such a verb
	strange  int  // words that are none of those known here
	out      statement
}

// maxStrange bounds the words of a statement that are not known here. With
// more of them it tells of other things.
const maxStrange = 2

// judgeClause reads one clause.
func judgeClause(words []token) statement {
	r := clauseReader{words: words}
	if longAgo(words) {
		return statement{}
	}
	r.yet = slices.ContainsFunc(words, func(t token) bool { return t.lower == "yet" })
	for i := 0; i < len(words); i++ {
		i += r.read(i)
	}
	r.out.backed = r.strange == 0 || r.linked && r.strange <= maxStrange
	return r.out
}

// longAgo reports whether the clause tells of something that happened: its
// time is given with "ago", and no verb of the present comes before.
func longAgo(words []token) bool {
	return slices.ContainsFunc(words, func(t token) bool { return t.lower == "ago" }) &&
		!slices.ContainsFunc(words, func(t token) bool { return present[t.lower] })
}

// word is the word at i in small letters, or the empty string.
func (r *clauseReader) word(i int) string {
	if i < 0 || i >= len(r.words) {
		return ""
	}
	return r.words[i].lower
}

// read reads the word at i and returns how many words more it took.
func (r *clauseReader) read(i int) (more int) {
	word := r.words[i]
	if n, taken := r.counted(i); taken {
		return n
	}
	if n, taken := r.attempt(i); taken {
		return n
	}
	if r.change(i) || r.mood(i) {
		return 0
	}
	if word.quote || nameLike(word) && !isReason(word.text) {
		r.negated = max(r.negated-1, 0)
		return 0
	}
	tone := toneOf(word.text)
	switch {
	case endings[r.word(i+1)] && tone == bad:
		return 1
	case tone == silent:
		r.other(i)
	case r.inPassing(i), r.loose(i), tone == bad && isReason(word.text) && !strong(word.text):
		r.strange++
	default:
		r.state(i, tone)
	}
	return 0
}

// change takes the words that tell of a change, of which only the end is: from
// Pending to Running, Pending -> Running.
func (r *clauseReader) change(i int) bool {
	switch word := r.words[i].text; {
	case word == "from" && i+1 < len(r.words) && toneOf(r.words[i+1].text) != silent:
		r.from, r.over = true, true
	case word == "to" && r.from:
		r.from, r.over, r.link = false, false, true
	case word == "-" || word == "→" || word == "=":
		r.out.said = said{}
	default:
		return false
	}
	return true
}

// mood takes a word that says how the following are meant.
func (r *clauseReader) mood(i int) bool {
	word := r.word(i)
	switch {
	case negators[word]:
		r.deny(word)
	case evidence[word] && r.negated > 0:
		r.supposed = true
	case supposed[word] || r.commanded(i):
		r.supposed, r.waits = true, r.waits || waits[word]
		return word != "waiting" // which is a state too
	case past[word]:
	case word == "false":
		if r.out.tone == good {
			r.say(busy, "false") // Running false: a phase, and whether it is ready
		}
	case present[word]:
		r.over, r.link = false, true
	default:
		return false
	}
	r.over = r.over || past[word]
	return true
}

// deny takes a negation. It reaches over a few words that are not known.
func (r *clauseReader) deny(word string) {
	const reach = 4
	r.negated, r.never = reach, finally[word]
	r.link = r.link || strings.Contains(word, "n't") || r.never
}

// finally are the negations after which nothing is only a matter of time.
var finally = set("never cannot unable can't")

// commanded reports whether the word at i bids somebody to look.
func (r *clauseReader) commanded(i int) bool {
	before := r.word(i - 1)
	return commands[r.word(i)] && (i == 0 || before == "please" || before == "to")
}

// attempt takes what the target tried and could not do: failed to start, did
// not recover, exited with code 1.
func (r *clauseReader) attempt(i int) (more int, taken bool) {
	word, next := r.word(i), r.word(i+1)
	switch {
	case r.over || r.supposed:
	case next == "to" && failures[word]:
		return r.failedTo(i), true
	case r.negated > 0 && tries[word]:
		r.link = true
		r.say(bad, "not "+word)
		return 0, true
	case word == "code" && isNumber(next) && (r.word(i-1) == "exit" || r.word(i-1) == "with"):
		r.link = true
		r.say(exitTone(next), "ExitCode:"+next)
		return 1, true
	}
	return 0, false
}

// failures are the words before what could not be done.
var failures = set("failed fails failing unable")

// failedTo takes what could not be done: a failure of the target if it is what
// targets do, and else somebody's. It returns how many words that took.
func (r *clauseReader) failedTo(i int) (more int) {
	if r.negated > 0 || !tries[r.word(i+2)] {
		r.strange += 2
		return 1
	}
	r.link = true
	r.say(bad, "failed to "+r.word(i+2))
	return 2
}

// exitTone is the tone of a process that ended with this code.
func exitTone(code string) tone {
	if strings.Trim(code, "0") == "" {
		return busy
	}
	return bad
}

// other takes a word without a state.
func (r *clauseReader) other(i int) {
	word := r.word(i)
	if fillers[word] || deeds[word] || kindOf(word) != "" || isNumber(word) {
		return
	}
	r.negated = max(r.negated-1, 0)
	if kindOf(r.word(i-1)) == "" && kindOf(r.word(i+1)) == "" { // else it is a name
		r.strange++
		r.link = false
	}
}

// inPassing reports whether the state's word at i is only part of a name or of
// a compound: error rate, failed jobs counter, up 5 days.
func (r *clauseReader) inPassing(i int) bool {
	next := r.word(i + 1)
	if r.words[i].ends {
		next = ""
	}
	if kindOf(next) != "" && compounds[r.word(i+2)] {
		return true
	}
	switch further := r.word(i + 2); {
	case r.word(i) == "available" && whence[next], next == "to" && further == "be": // ready to be deleted
		return true
	case r.word(i) == "up":
		return compounds[next] || r.upTo(next, further)
	}
	return compounds[next]
}

// upTo reports whether the words behind "up" make it no state: up to 3, up 5
// days, up for maintenance.
func (r *clauseReader) upTo(next, further string) bool {
	switch next {
	case "to", "about":
		return true
	case "for":
		return !r.link || !spans[further] && !isNumber(further)
	}
	return isNumber(next) && !r.link
}

// spans begin what tells how long.
var spans = set("a an about over almost nearly more at several some the")

// loose reports whether the word at i names a state only behind a verb, as many
// do that are said of other things too, and none is there.
func (r *clauseReader) loose(i int) bool {
	return linkedWords[r.word(i)] && !r.link && len(r.words) > 2
}

// state takes a word that names a state.
func (r *clauseReader) state(i int, t tone) {
	word := r.words[i]
	switch {
	case r.over:
	case r.supposed:
		if t == good && r.waits || t == busy && word.lower == "waiting" {
			r.say(busy, word.text)
		}
	case r.negated > 0:
		r.denied(word, t)
		if !both[r.word(i+1)] {
			r.negated = 0
		}
	default:
		r.say(t, word.text)
	}
}

// both are the words behind which a negation goes on: neither up nor healthy.
var both = set("or nor and")

// denied takes a state's word behind a negation: what is not yet ready comes,
// what is not healthy is ill, and what is not ill says nothing.
func (r *clauseReader) denied(word token, t tone) {
	switch {
	case t == good && !r.yet && (r.never || illIfNot[word.lower]):
		r.say(bad, "not "+word.lower)
	case t == good:
		r.say(busy, "not "+word.lower)
	}
}

func (r *clauseReader) say(t tone, reason string) {
	r.linked = r.linked || r.link
	r.out.said = r.out.worse(said{t, reason})
}

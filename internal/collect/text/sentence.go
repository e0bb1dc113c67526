package text

import (
	"slices"
	"strings"
)

// The words of a sentence that are no states and say how the states are meant.
var (
	negators = set(`not no never isnt isn't aren't arent wasn't weren't hasn't haven't hadn't doesn't didn't don't won't
		cannot can't cant couldn't without neither nor none zero unable non isn’t aren’t hasn’t doesn’t can’t nothing`)
	past     = set("was were wasn't weren't had hadn't previously formerly earlier yesterday last previous before once history used")
	present  = set("is are isn't aren't isn’t aren’t now currently still again has have hasn't haven't hasn’t remains remain stays keeps keep became becomes become got looks seems appears did didn't does doesn't")
	supposed = set(`should will would may might could must if whether until unless expected expect please try when
		waiting wait waits awaiting want wants wanted desired requires required needs once`)
	// commands are supposed where they open a clause: check whether it runs.
	commands = set("check ensure verify confirm make see run")
	waits    = set("waiting wait waits awaiting until")
	// fillers say nothing and leave what they stand between together.
	fillers = set(`a an the this that its it all any each every both been be being to of in on at for from by with and or as
		yet already fully currently now just only very still again also current completely finally immediately
		become became becoming get getting got longer more long anymore state status health condition phase
		reported everything something there looks appears in has have is are since but however although though
		readiness liveness startup check checks test tests updated new old its which while then total out error-free connections connection requests traffic true`)
	// verdicts end what the word before them named: CrashLoopBackOff resolved.
	endings = set("resolved cleared fixed gone solved")
	// tries are what a target does; who cannot do one of them is ill.
	tries = set(`start restart recover respond answer pull mount attach create schedule run boot come pass become load bind
		initialize initialise connect serve stay response`)
)

// illIfNot are the words whose denial is an illness, and no delay.
var illIfNot = set("healthy reachable responding responsive alive ok okay operational working functional serving passing online fine running up")

// compounds are words that make a state's word before them a part of a name.
var compounds = set("rate rates ratio count counter total percent percentage budget budgets log logs handler page pages code codes message messages probe probes gate gates threshold time date event events")

// statement is what one clause says, and whether it says it of something, not
// in passing.
type statement struct {
	said
	backed bool         // a verb or nothing but known words stand around the state
	counts map[tone]int // how many of several are in which state
	none   bool         // none of several is in a good state
}

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
	r.yet = slices.ContainsFunc(words, func(t token) bool { return t.lower == "yet" })
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
	case r.inPassing(i), tone == bad && isReason(word.text) && !strong(word.text):
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
		r.from, r.over, r.verb = false, false, true
	case word == "-" || word == "→" || word == "=":
		r.out.said = said{}
	default:
		return false
	}
	return true
}

// mood takes a word that says how the following are meant.
func (r *clauseReader) mood(i int) bool {
	word := r.words[i].lower
	switch {
	case negators[word]:
		r.negated = 4
		r.never = word == "never" || word == "cannot" || word == "unable" || word == "can't"
		r.verb = r.verb || strings.Contains(word, "n't") || r.never
	case supposed[word] || commands[word] && (i == 0 || r.word(i-1) == "please" || r.word(i-1) == "to"):
		r.supposed, r.waits = true, r.waits || waits[word]
		return word != "waiting" // which is a state too
	case past[word]:
	case word == "false":
		if r.out.tone == good {
			r.say(busy, "false") // Running false: a phase, and whether it is ready
		}
	case present[word]:
		r.over, r.verb = false, true
	default:
		return false
	}
	r.over = r.over || past[word]
	return true
}

// attempt takes what the target tried and could not do: failed to start, did
// not recover, exited with code 1.
func (r *clauseReader) attempt(i int) (more int, taken bool) {
	word := r.word(i)
	failing := (word == "failed" || word == "fails" || word == "failing" || word == "unable") && r.word(i+1) == "to"
	switch {
	case r.over || r.supposed:
	case failing && r.negated == 0 && tries[r.word(i+2)]:
		r.verb = true
		r.say(bad, "failed to "+r.word(i+2))
		return 2, true
	case failing:
		r.strange += 2 // somebody could not do something
		return 1, true
	case r.negated > 0 && tries[word]:
		r.verb = true
		r.say(bad, "not "+word)
		return 0, true
	case word == "code" && isNumber(r.word(i+1)) && (r.word(i-1) == "exit" || r.word(i-1) == "with"):
		r.verb = true
		r.say(exitTone(r.word(i+1)), "ExitCode:"+r.word(i+1))
		return 1, true
	}
	return 0, false
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
	return compounds[next] || r.word(i) == "up" && (isNumber(next) || next == "to" || next == "about" || next == "for" && !r.verb)
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
	r.out.said = r.out.worse(said{t, reason})
}

package text

import "strconv"

// counted takes a number with what it counts: 0 of 3 replicas, 2/3 ready,
// 0 failed, 3 running. What counts nothing is no state.
func (r *clauseReader) counted(i int) (more int, taken bool) {
	if have, want, n, ok := r.fraction(i); ok {
		return n + r.share(have, want, i+n), true
	}
	at := r.behindKind(i)
	next := r.word(at)
	if !isNumber(r.word(i)) || next == "" || r.words[i].ends || next == "up" {
		return 0, false
	}
	t := toneOf(r.words[at].text)
	if t == silent || t == unsure || r.inPassing(at) {
		return 0, false
	}
	if next == "unavailable" {
		t = busy // they are on their way, or else something is said of them
	}
	number := 0
	if n, err := strconv.Atoi(r.word(i)); err == nil {
		number = n
	}
	r.link = r.link || at > i+1
	r.linked = r.linked || r.link
	r.count(t, number)
	return at - i, true
}

// behindKind is the place behind the number at i and the kind of what it
// counts: 3 pods are running.
func (r *clauseReader) behindKind(i int) int {
	at := i + 1
	for at < i+4 && (kindOf(r.word(at)) != "" || present[r.word(at)] || at > i+1 && fillers[r.word(at)]) {
		at++
	}
	return at
}

// count takes a number of those in one state.
func (r *clauseReader) count(t tone, number int) {
	if r.over || r.supposed {
		return
	}
	if r.out.counts == nil {
		r.out.counts = map[tone]int{}
	}
	r.out.counts[t] += number
	r.out.none = r.out.none || t == good && number == 0
}

// share takes have of want with what they are, which stands behind i at the
// most a few words, and returns how many words that took.
func (r *clauseReader) share(have, want, i int) (more int) {
	counts, more := r.stateBehind(i)
	r.link = r.link || more > 0
	switch {
	case r.over || r.supposed && !r.waits || want == 0:
	case counts == good && have > 0 && have < want:
		r.count(good, have)
		r.count(busy, want-have)
	case counts == good:
		r.say(countTone(have, want), strconv.Itoa(have)+"/"+strconv.Itoa(want))
	case have > 0:
		r.count(counts, have)
		r.count(good, max(want-have, 0))
	}
	return more
}

// stateBehind is the state that stands behind i, and how many words further; a
// good one, none further, if there is none.
func (r *clauseReader) stateBehind(i int) (counts tone, further int) {
	const near = 4
	for n := 1; n <= near && i+n < len(r.words) && !r.words[i+n-1].ends; n++ {
		word := r.word(i + n)
		t := toneOf(r.words[i+n].text)
		if t > unsure && (word != "up" || i+n+1 == len(r.words)) {
			return t, n
		}
		if !fillers[word] && kindOf(word) == "" {
			break
		}
	}
	return good, 0
}

// fraction reads n/m, n of m and n out of m at i.
func (r *clauseReader) fraction(i int) (have, want, more int, ok bool) {
	if have, want, ok := fraction(r.words[i].text); ok {
		return have, want, 0, true
	}
	at := i + 1
	if r.word(at) == "out" {
		at++
	}
	if !isNumber(r.word(i)) || r.word(at) != "of" || !isNumber(r.word(at+1)) {
		return 0, 0, 0, false
	}
	have, _ = strconv.Atoi(r.word(i))
	want, _ = strconv.Atoi(r.word(at + 1))
	return have, want, at + 1 - i, true
}

// countTone is the tone of so many of those that are wanted.
func countTone(have, want int) tone {
	if have < want {
		return busy
	}
	return good
}

// maxSpread bounds the findings that stand for objects which are only counted.
const maxSpread = 20

// spread adds what is said of several that are only counted. Where some are
// well and some are not, each is a finding of its own, so that it shows how
// many are; more than twenty are scaled down, and no state to nothing.
func (c *sightings) spread(about section, counts map[tone]int, as strength, message string) {
	total := counts[good] + counts[busy] + counts[bad]
	worst := statement{counts: counts}.counted()
	if total == 0 {
		return
	}
	if counts[good] == 0 || worst.tone == good {
		c.add(sighting{kind: about.kindOr(), namespace: about.namespace, name: about.name, said: worst, strength: as, message: message})
		return
	}
	shown := min(total, maxSpread)
	n := 0
	for _, t := range []tone{bad, busy, good} {
		part := counts[t] * shown / total
		if part == 0 && counts[t] > 0 {
			part = 1
		}
		for range part {
			n++
			c.add(sighting{
				kind: about.kindOr(), namespace: about.namespace, name: about.name, part: strconv.Itoa(n) + " of " + strconv.Itoa(shown),
				said: said{t, "Counted"}, strength: as, message: message,
			})
		}
	}
}

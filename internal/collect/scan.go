package collect

import "math/bits"

// scanner finds all of a fixed set of literals in one walk over a text, letter
// case aside: an Aho-Corasick automaton, so that the walk costs the same
// however many literals there are.
type scanner struct {
	literals []string
	class    [256]uint8 // by byte; those that are in no literal are all of class 0
	width    uint       // a state's row has 1<<width transitions, by class
	next     []uint16   // by state and class; found is set where literals end
	ends     [][]int    // by state: which literals end there
}

// found marks a transition into a state where literals end.
const found = 1 << 15

// newScanner makes a scanner of literals in lower case.
func newScanner(literals []string) *scanner {
	s := &scanner{literals: literals}
	s.classify()
	s.addState()
	for i, literal := range literals {
		state := uint16(0)
		for _, b := range []byte(literal) {
			if *s.to(state, s.class[b]) == 0 {
				added := s.addState()
				*s.to(state, s.class[b]) = added
			}
			state = *s.to(state, s.class[b])
		}
		s.ends[state] = append(s.ends[state], i)
	}
	s.link()
	return s
}

// classify numbers the bytes of the literals, so that rows are short and stay in
// the processor's cache. Upper case is as lower case.
func (s *scanner) classify() {
	classes := uint8(1)
	for _, literal := range s.literals {
		for _, b := range []byte(literal) {
			if s.class[b] == 0 {
				s.class[b] = classes
				classes++
			}
		}
	}
	for b := 'A'; b <= 'Z'; b++ {
		s.class[b] = s.class[b+'a'-'A']
	}
	s.width = uint(bits.Len8(classes - 1))
}

// to is the transition out of a state by a class.
func (s *scanner) to(state uint16, class uint8) *uint16 {
	return &s.next[int(state)<<s.width|int(class)]
}

func (s *scanner) addState() uint16 {
	s.next = append(s.next, make([]uint16, 1<<s.width)...)
	s.ends = append(s.ends, nil)
	return uint16(len(s.ends) - 1)
}

// link fills in, breadth first, where each state goes on when its literal does
// not: to the longest other beginning of a literal that was read.
func (s *scanner) link() {
	back := make([]uint16, len(s.ends))
	queue := []uint16{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		s.ends[state] = append(s.ends[state], s.ends[back[state]]...)
		for class := range 1 << s.width {
			to, otherwise := s.to(state, uint8(class)), *s.to(back[state], uint8(class))
			switch {
			case *to == 0 && state != 0:
				*to = otherwise
			case *to != 0:
				if state != 0 {
					back[*to] = otherwise
				}
				queue = append(queue, *to)
			}
		}
	}
	for i, to := range s.next {
		if len(s.ends[to]) > 0 {
			s.next[i] = to | found
		}
	}
}

// each calls visit with every occurrence of a literal, ordered by where they
// end.
func (s *scanner) each(text string, visit func(literal, start, end int)) {
	state := uint16(0)
	next, width := s.next, s.width
	for i := range len(text) {
		state = next[int(state)<<width|int(s.class[text[i]])]
		if state&found == 0 {
			continue
		}
		state &^= found
		for _, literal := range s.ends[state] {
			visit(literal, i+1-len(s.literals[literal]), i+1)
		}
	}
}

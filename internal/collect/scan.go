package collect

// scanner finds all of a fixed set of literals in one walk over a text, letter
// case aside: an Aho-Corasick automaton, so that the walk costs the same
// however many literals there are.
type scanner struct {
	literals []string
	next     [][256]uint16 // by state and byte; found is set where literals end
	ends     [][]int       // by state: which literals end there
}

// found marks a transition into a state where literals end.
const found = 1 << 15

// newScanner makes a scanner of literals in lower case.
func newScanner(literals []string) *scanner {
	s := &scanner{literals: literals}
	s.addState()
	for i, literal := range literals {
		state := uint16(0)
		for _, b := range []byte(literal) {
			if s.next[state][b] == 0 {
				s.next[state][b] = s.addState()
			}
			state = s.next[state][b]
		}
		s.ends[state] = append(s.ends[state], i)
	}
	s.link()
	return s
}

func (s *scanner) addState() uint16 {
	s.next = append(s.next, [256]uint16{})
	s.ends = append(s.ends, nil)
	return uint16(len(s.next) - 1)
}

// link fills in, breadth first, where each state goes on when its literal does
// not: to the longest other beginning of a literal that was read.
func (s *scanner) link() {
	back := make([]uint16, len(s.next))
	queue := []uint16{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		s.ends[state] = append(s.ends[state], s.ends[back[state]]...)
		for b := range 256 {
			child := s.next[state][b]
			switch {
			case child == 0 && state != 0:
				s.next[state][b] = s.next[back[state]][b]
			case child != 0:
				if state != 0 {
					back[child] = s.next[back[state]][b]
				}
				queue = append(queue, child)
			}
		}
	}
	s.finish()
}

// finish folds upper case into lower and marks the transitions that find.
func (s *scanner) finish() {
	for state := range s.next {
		row := &s.next[state]
		for b := 'A'; b <= 'Z'; b++ {
			row[b] = row[b+'a'-'A']
		}
		for b, to := range row {
			if len(s.ends[to]) > 0 {
				row[b] = to | found
			}
		}
	}
}

// each calls visit with every occurrence of a literal, ordered by where they
// end.
func (s *scanner) each(text string, visit func(literal, start, end int)) {
	state := uint16(0)
	for i := range len(text) {
		state = s.next[state][text[i]]
		if state&found == 0 {
			continue
		}
		state &^= found
		for _, literal := range s.ends[state] {
			visit(literal, i+1-len(s.literals[literal]), i+1)
		}
	}
}

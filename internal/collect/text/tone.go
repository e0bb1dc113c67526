package text

import "github.com/aftercheck/aftercheck"

// tone is what some words say of a state, from the least to the most telling.
type tone int

const (
	silent tone = iota // nothing
	unsure             // that it cannot be told
	good
	busy // on its way, or stopped without a fault
	bad
)

// state is the finding's state for a tone; silent has none.
func (t tone) state() aftercheck.State {
	switch t {
	case good:
		return aftercheck.StateHealthy
	case busy:
		return aftercheck.StateProgressing
	case bad:
		return aftercheck.StateUnhealthy
	case unsure:
		return aftercheck.StateUnknown
	}
	return ""
}

// said is a tone and the word that gave it, as the source writes it.
type said struct {
	tone   tone
	reason string
}

// worse is the more telling of two, the first if they are equal.
func (s said) worse(other said) said {
	if other.tone > s.tone {
		return other
	}
	return s
}

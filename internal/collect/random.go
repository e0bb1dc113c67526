package collect

import (
	"math"
	"regexp"
	"strings"
)

const (
	minRandom     = 8   // bytes under which nothing looks random
	minRandomWord = 24  // letters without case changes that are too many for a word
	minEntropy    = 2.5 // bits a character; a word of English has under 3.5, "aaaa1111" has 1
)

var nameLike = regexp.MustCompile(`\A(?:[a-z]+|[A-Z]+|[A-Z][a-z]+|v?[0-9]{1,6})(?:[-._/:](?:[a-z]+|[A-Z]+|[A-Z][a-z]+|v?[0-9]{1,6}))*\z`)

// looksRandom tells a key or token from a name, a path, a number or a word.
func looksRandom(text string) bool {
	text = strings.Trim(text, "/:.,")
	if len(text) < minRandom {
		return false
	}
	letters, upper, digits := census(text)
	mixed := digits > 0 && letters > 0 || upper > 0 && upper < letters && upper*4 > letters // WordsLikeThis have fewer
	long := letters == len(text) && letters >= minRandomWord
	switch {
	case !mixed && !long, entropy(text) < minEntropy:
		return false
	}
	return long || !nameLike.MatchString(text)
}

func census(text string) (letters, upper, digits int) {
	for i := range len(text) {
		switch b := text[i]; {
		case '0' <= b && b <= '9':
			digits++
		case 'A' <= b && b <= 'Z':
			upper++
			letters++
		case 'a' <= b && b <= 'z':
			letters++
		}
	}
	return letters, upper, digits
}

// entropy returns Shannon's entropy of the bytes, in bits a byte.
func entropy(text string) float64 {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(text))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

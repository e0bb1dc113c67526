package collect

import (
	"math"
	"strings"
)

const (
	minRandom     = 8   // bytes under which nothing looks random
	minRandomWord = 24  // letters without case changes that are too many for a word
	minEntropy    = 2.5 // bits a character; a word of English has under 3.5, "aaaa1111" has 1
)

// nameLike reports whether a text is made of words and numbers with separators
// between them, as names, paths and versions are: api-server, v1.2.3, Kube/Proxy.
func nameLike(text string) bool {
	for {
		length := runLength(text, isAlphanumeric)
		if !nameWord(text[:length]) {
			return false
		}
		if length == len(text) {
			return true
		}
		if !isSeparator(text[length]) {
			return false
		}
		text = text[length+1:]
	}
}

// nameWord reports whether a text is a word in one case, perhaps with a capital,
// or a number of up to six digits, perhaps behind a v.
func nameWord(text string) bool {
	if text == "" {
		return false
	}
	letters, upper, digits := census(text)
	switch {
	case digits == 0:
		return upper == 0 || upper == letters || upper == 1 && text[0] <= 'Z'
	case letters == 0:
		return digits <= maxNumber
	}
	return text[0] == 'v' && letters == 1 && digits <= maxNumber
}

// maxNumber is how many digits a number in a name may have.
const maxNumber = 6

func isSeparator(b byte) bool {
	switch b {
	case '-', '.', '_', '/', ':':
		return true
	}
	return false
}

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
	return long || !nameLike(text)
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

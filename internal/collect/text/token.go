package text

import (
	"strings"
	"unicode"
)

// token is one word of a sentence, without the punctuation around it.
type token struct {
	text  string
	lower string
	ends  bool // a clause ends behind it
	quote bool // it stood in quotes: a name
}

// maxTokens bounds the words of one line that are read.
const maxTokens = 200

// tokens splits a line into words.
func tokens(line string) []token {
	var out []token
	for field := range strings.FieldsSeq(line) {
		if len(out) == maxTokens {
			break
		}
		word := strings.Trim(field, ".,;:!?()[]{}<>\"'`*•●└├─|")
		if word == "" {
			if len(out) > 0 && !strings.ContainsAny(field, "\"'`") {
				out[len(out)-1].ends = true
			}
			continue
		}
		tail := field[strings.LastIndex(field, word)+len(word):]
		out = append(out, token{
			text: word, lower: strings.ToLower(word),
			ends:  strings.ContainsAny(tail, ".,;:!?)"),
			quote: strings.ContainsAny(field[:1], "\"'`"),
		})
	}
	return out
}

// clauses splits a sentence where one statement ends and the next begins.
func clauses(words []token) [][]token {
	var out [][]token
	begin := 0
	for i := range words {
		next := i + 1
		switch {
		case words[i].ends, next < len(words) && breaks[words[next].lower], next < len(words) && joins(words, next):
			out = append(out, words[begin:next])
			begin = next
		}
	}
	if begin < len(words) {
		out = append(out, words[begin:])
	}
	return out
}

// breaks are the words before which a clause ends.
var breaks = set("but however although though while whereas because since despite then")

// joins reports whether the word at i is an "and" or "which" before a new
// statement: was restarted and is running.
func joins(words []token, i int) bool {
	if words[i].lower != "and" && words[i].lower != "which" || i+1 >= len(words) {
		return false
	}
	next := words[i+1].lower
	if i+2 < len(words) && link[words[i+2].lower] {
		return true
	}
	return present[next] || past[next] || kindOf(next) != "" || next == "the" || next == "all"
}

// nameLike reports whether a word can only be a name or a number: it holds a
// digit, a dash, a dot, a slash and the like between its letters.
func nameLike(t token) bool {
	if t.quote {
		return true
	}
	if _, ok := tones[t.lower]; ok {
		return false
	}
	return strings.ContainsFunc(t.text, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' })
}

func isNumber(text string) bool {
	if text == "" || len(text) > 9 {
		return false
	}
	return strings.Trim(text, "0123456789") == ""
}

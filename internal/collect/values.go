package collect

import (
	"math"
	"regexp"
	"strings"
)

// maxValue bounds how much of a value is read to decide, in bytes. A value that
// is secret is removed whole.
const maxValue = 1 << 10

// secretValue returns the value that begins at from if it is a secret.
func secretValue(text string, from int, line bool, s strength) (int, int, bool) {
	near := text[:min(len(text), from+maxValue)]
	start, end := valueAt(near, from, line)
	if start >= end || !isSecret(near[start:end], s) {
		return 0, 0, false
	}
	if end == len(near) {
		_, end = valueAt(text, from, line)
	}
	return start, end, true
}

// isSecret judges a value by its field's name and by its looks.
func isSecret(value string, s strength) bool {
	value = strings.TrimSpace(value)
	switch {
	case placeholder(value):
		return false
	case s == strong:
		return !prose(value)
	}
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(" \t\r\n;,=", r) }) {
		if looksRandom(word) {
			return true
		}
	}
	return false
}

var (
	openQuote  = regexp.MustCompile("\\A\\\\*[\"'`]")
	blockStart = regexp.MustCompile(`\A[|>][0-9+-]{0,2}[ \t]*\r?\n`)
)

// valueAt returns where the value at from begins and ends: within its quotes, a
// YAML block, the rest of the line, or one word.
func valueAt(text string, from int, line bool) (start, end int) {
	rest := text[from:]
	if quote := openQuote.FindString(rest); quote != "" {
		start = from + len(quote)
		return start, start + quotedLength(text[start:], quote)
	}
	if opening := blockStart.FindString(rest); opening != "" {
		lines := text[from+len(opening):]
		end = from + len(opening) + blockLength(lines, indentAt(text, from))
		return end - len(strings.TrimLeft(text[from+len(opening):end], " \t\r\n")), end
	}
	switch {
	case strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "["):
		return from, from // a nested object
	case line:
		return from, from + lineLength(rest)
	}
	return from, from + wordLength(rest)
}

// quotedLength returns the length of what stands before the closing quote, which
// has as many backslashes as the opening one, or before the line's end.
func quotedLength(text, quote string) int {
	sign, escapes := quote[len(quote)-1], len(quote)-1
	run := 0
	for i := range len(text) {
		switch text[i] {
		case '\\':
			run++
			continue
		case sign:
			if closes(run, escapes) {
				return i - escapes
			}
		case '\n':
			return i
		}
		run = 0
	}
	return len(text)
}

// closes reports whether a quote behind a run of backslashes closes one that was
// opened behind so many.
func closes(run, escapes int) bool {
	if escapes == 0 {
		return run%2 == 0
	}
	return run == escapes
}

// indentAt returns the indentation of the line that holds the place.
func indentAt(text string, at int) int {
	line := text[strings.LastIndexByte(text[:at], '\n')+1 : at]
	return len(line) - len(strings.TrimLeft(line, " \t"))
}

// blockLength returns the length of the lines that are indented more than
// indent, up to the last of them that is not empty.
func blockLength(text string, indent int) int {
	length, at := 0, 0
	for at < len(text) {
		line, _, ended := strings.Cut(text[at:], "\n")
		content := strings.TrimLeft(line, " \t")
		if strings.TrimSpace(line) != "" {
			if len(line)-len(content) <= indent {
				break
			}
			length = at + len(strings.TrimRight(line, " \t\r"))
		}
		at += len(line)
		if ended {
			at++
		}
	}
	return length
}

// lineLength returns the length of the rest of the line, without a comment and
// without what closes a quotation around it.
func lineLength(text string) int {
	end := strings.IndexAny(text, "\r\n\"'`")
	if end < 0 {
		end = len(text)
	}
	if comment := strings.Index(text[:end], " #"); comment >= 0 {
		end = comment
	}
	return len(strings.TrimRight(text[:end], " \t\\"))
}

// wordLength returns the length of a value without quotes, which may hold
// brackets and commas but does not end with them.
func wordLength(text string) int {
	end := 0
	for end < len(text) && strings.IndexByte(" \t\r\n;&\"'`<>", text[end]) < 0 {
		if text[end] == ',' && nextField.MatchString(text[end:min(len(text), end+maxKey)]) {
			break
		}
		end++
	}
	return len(strings.TrimRight(text[:end], `,}])\.`))
}

var (
	nextField = regexp.MustCompile(`\A,(?:\z|[\w.-]+[=:])`)
	template  = regexp.MustCompile(`\A(?:<.*>|\$\{.*\}|\$\(.*\)|\$[A-Za-z_][A-Za-z0-9_]*|\{\{.*\}\}|%[a-z]|%\(.*\)s|\(.*\)|[*x.•-]+)\z`)
	notValues = words("none null nil true false yes no on off undefined unset n/a redacted hidden masked empty unknown")
	sentences = words("must is are was were not no invalid incorrect missing required expired wrong failed rejected denied cannot can't for from authentication does should has have")
)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// placeholder reports whether a value only stands for one.
func placeholder(value string) bool {
	return value == "" || notValues[strings.ToLower(value)] || len(value) <= 256 && template.MatchString(value)
}

// prose reports whether a value is the beginning of a sentence: "invalid
// password: must be longer".
func prose(value string) bool {
	word, _, _ := strings.Cut(strings.ToLower(value), " ")
	return sentences[strings.Trim(word, ".,:;!")]
}

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

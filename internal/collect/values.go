package collect

import (
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
	return hasRandomWord(value)
}

// hasRandomWord reports whether one of the words of a value looks random.
func hasRandomWord(value string) bool {
	for at := 0; at < len(value); {
		length := runLength(value[at:], isInWord)
		if length >= minRandom && looksRandom(value[at:at+length]) {
			return true
		}
		at += length + 1
	}
	return false
}

// isInWord reports whether a byte does not part the words of a value.
func isInWord(b byte) bool {
	switch b {
	case ' ', '\t', '\r', '\n', ';', ',', '=':
		return false
	}
	return true
}

var blockStart = regexp.MustCompile(`\A[|>][0-9+-]{0,2}[ \t]*\r?\n`)

// openQuote returns the quote that opens a value, with the backslashes before it.
func openQuote(text string) string {
	at := runLength(text, isBackslash)
	if at < len(text) && (text[at] == '"' || text[at] == '\'' || text[at] == '`') {
		return text[:at+1]
	}
	return ""
}

// valueAt returns where the value at from begins and ends: within its quotes, a
// YAML block, the rest of the line, or one word.
func valueAt(text string, from int, line bool) (start, end int) {
	rest := text[from:]
	if quote := openQuote(rest); quote != "" {
		start = from + len(quote)
		return start, start + quotedLength(text[start:], quote)
	}
	if strings.HasPrefix(rest, "|") || strings.HasPrefix(rest, ">") {
		if opening := blockStart.FindString(rest); opening != "" {
			lines := text[from+len(opening):]
			end = from + len(opening) + blockLength(lines, indentAt(text, from))
			return end - len(strings.TrimLeft(text[from+len(opening):end], " \t\r\n")), end
		}
	}
	switch {
	case strings.HasPrefix(rest, "{") && text[from-1] == '=':
		return from + 1, from + 1 + braceLength(rest[1:])
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
	for end < len(text) && isValueByte(text[end]) {
		if text[end] == ',' && nextField.MatchString(text[end:min(len(text), end+maxKey)]) {
			break
		}
		end++
	}
	for end > 0 && isClosing(text[end-1]) {
		end--
	}
	return end
}

// braceLength returns the length of a value in braces, as ODBC has them, or zero
// if they are not closed on the line, or hold other fields.
func braceLength(text string) int {
	end := strings.IndexAny(text, "}{\r\n")
	if end < 0 || text[end] != '}' || strings.ContainsAny(text[:end], "=:") {
		return 0
	}
	return end
}

// isValueByte reports whether a byte may stand in a value without quotes.
func isValueByte(b byte) bool {
	switch b {
	case ' ', '\t', '\r', '\n', ';', '&', '"', '\'', '`', '<', '>':
		return false
	}
	return true
}

// isClosing tells what belongs to the text around a value that it ends with.
func isClosing(b byte) bool {
	switch b {
	case ',', '}', ']', ')', '\\', '.':
		return true
	}
	return false
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

const (
	maxNotValue  = 16 // bytes; no word of notValues is longer
	maxProseWord = 24 // bytes; no word of sentences is longer, with what is trimmed
)

// placeholder reports whether a value only stands for one.
func placeholder(value string) bool {
	return value == "" || len(value) <= maxNotValue && notValues[strings.ToLower(value)] ||
		len(value) <= 256 && beginsTemplate(value[0]) && template.MatchString(value)
}

// beginsTemplate reports whether what template matches may begin with the byte.
func beginsTemplate(b byte) bool {
	switch b {
	case '<', '$', '{', '%', '(', '*', 'x', '.', '-', "•"[0]:
		return true
	}
	return false
}

// prose reports whether a value is the beginning of a sentence: "invalid
// password: must be longer".
func prose(value string) bool {
	word, _, _ := strings.Cut(value, " ")
	return len(word) <= maxProseWord && sentences[strings.ToLower(strings.Trim(word, ".,:;!"))]
}

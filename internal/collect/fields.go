package collect

import (
	"regexp"
	"strings"
)

// fieldLiterals returns the words that make a field's name worth a look: of
// keys, those that strongWords has, with each separator.
func fieldLiterals() []string {
	literals := []string{"pass", "pwd", "secret", "token", "cookie", "credential", "auth", "sessionid", "session_id", "session-id", "sessid"}
	for _, word := range strongWords {
		if which, found := strings.CutSuffix(word, "key"); found && which != "secret" {
			literals = append(literals, which+"key", which+"_key", which+"-key", which+".key")
		}
	}
	return literals
}

// maxKey bounds the name of a field, in bytes to either side of its word.
const maxKey = 64

// findField takes the value of a field whose name says that it is secret, in
// JSON, YAML, key=value, HTTP headers, connection strings, flags, XML, and
// Kubernetes' name and value pairs; also where that is itself quoted in JSON.
func findField(text string, start, end int) (int, int, bool) {
	keyStart, keyEnd := keyAround(text, start, end)
	from, line, ok := valueAfter(text, keyStart, keyEnd)
	switch {
	case !ok, from == len(text): // what costs least is asked first
		return 0, keyEnd, false
	case strings.HasSuffix(text[:keyStart], "://"): // a user, not a field
		return 0, keyEnd, false
	case beginsWithScheme(text[from:min(len(text), from+maxGap)]): // findCredentials takes those
		return 0, keyEnd, false
	}
	strength := strengthOf(text[keyStart:keyEnd])
	if isConnectionPassword(text, keyStart, keyEnd) {
		strength = strong
	}
	if strength == notSecret {
		return 0, keyEnd, false
	}
	if start, end, ok := secretValue(text, from, line, strength); ok {
		return start, end, true
	}
	return 0, keyEnd, false
}

// isConnectionPassword reports whether a name is the Pwd of a connection string
// (Server=db;Uid=sa;Pwd=x), and not the shell's working directory.
func isConnectionPassword(text string, keyStart, keyEnd int) bool {
	return strings.EqualFold(text[keyStart:keyEnd], "pwd") && keyStart > 0 && text[keyStart-1] == ';' &&
		strings.HasPrefix(text[keyEnd:], "=") && !strings.HasPrefix(text[keyEnd:], "=/")
}

// keyAround widens a word to the name that it stands in.
func keyAround(text string, start, end int) (int, int) {
	from, to := start, end
	for from > 0 && start-from < maxKey && isTokenByte(text[from-1]) {
		from--
	}
	for to < len(text) && to-end < maxKey && isTokenByte(text[to]) {
		to++
	}
	return from, to
}

var (
	flagValue = regexp.MustCompile(`\A(?:["'][ \t]*,[ \t]*|[ \t]+)`)
	pairValue = regexp.MustCompile(`\A(?:\\*["'])?[ \t]*,?\s*(?:\\*["'])?value(?:\\*["'])?[ \t]*[:=][ \t]*`)
)

// maxGap bounds what may stand between a name and its value, in bytes.
const maxGap = 96

// valueAfter returns where the value of the field begins, and whether it takes
// the rest of its line.
func valueAfter(text string, keyStart, keyEnd int) (from int, line, ok bool) {
	gap := text[keyEnd:min(len(text), keyEnd+maxGap)]
	before := text[max(0, keyStart-maxGap):keyStart]
	if length, colon := assignment(gap); length > 0 {
		return keyEnd + length, colon && (beginsLine(before) || isHeader(text[keyStart:keyEnd])), true
	}
	if strings.Contains(gap, "value") {
		if separator := pairValue.FindString(gap); separator != "" && (endsWithField(before, "name") || endsWithField(before, "key")) {
			return keyEnd + len(separator), false, true
		}
	}
	switch {
	case strings.HasPrefix(text[keyStart:keyEnd], "--"):
		separator := flagValue.FindString(gap)
		return keyEnd + len(separator), false, separator != ""
	case strings.HasSuffix(before, "<") && strings.HasPrefix(gap, ">"):
		return keyEnd + 1, false, true
	}
	return 0, false, false
}

// assignment returns the length of what assigns at the text's beginning, such as
// =, ": " or =>, with the quote or bracket that closes the name and the blanks
// around; zero if there is none. Colon says that it is a colon and more.
func assignment(text string) (length int, colon bool) {
	at := quoteLength(text)
	if at < len(text) && text[at] == ']' {
		at++
	}
	at += runLength(text[at:], isBlank)
	var sign int
	switch rest := text[at:]; {
	case strings.HasPrefix(rest, "=>"), strings.HasPrefix(rest, ":="), strings.HasPrefix(rest, "=="):
		sign = 2
	case strings.HasPrefix(rest, "="), strings.HasPrefix(rest, ":"):
		sign = 1
	default:
		return 0, false
	}
	length = at + sign + runLength(text[at+sign:], isBlank)
	return length, at == 0 && sign == 1 && text[0] == ':' && length > 1
}

// quoteLength returns the length of the quote at the text's beginning, with the
// backslashes before it; zero if there is none.
func quoteLength(text string) int {
	at := runLength(text, isBackslash)
	if at < len(text) && (text[at] == '"' || text[at] == '\'') {
		return at + 1
	}
	return 0
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

func isBackslash(b byte) bool { return b == '\\' }

// beginsWithScheme reports whether a value is the credentials of a scheme.
func beginsWithScheme(text string) bool {
	text = text[quoteLength(text):]
	const signed = "AWS4-HMAC-SHA256 " // of which the signature is taken
	if strings.HasPrefix(text, signed) {
		return true
	}
	for _, scheme := range schemes {
		if len(text) > len(scheme) && isBlank(text[len(scheme)]) && strings.EqualFold(text[:len(scheme)], scheme) {
			return true
		}
	}
	return false
}

// beginsLine reports whether a name behind this text is the first on its line,
// but for a quote, a list's dash and its indentation.
func beginsLine(before string) bool {
	before = strings.TrimSuffix(strings.TrimRight(before, `"'`), "- ")
	before = strings.TrimRight(before, " \t")
	return before == "" || strings.HasSuffix(before, "\n")
}

// isHeader reports whether the name is of an HTTP header whose value may hold
// spaces.
func isHeader(key string) bool {
	switch strings.ToLower(key) {
	case "cookie", "set-cookie", "authorization", "proxy-authorization":
		return true
	}
	return false
}

package text

import (
	"strings"
	"unicode"
)

// logLine reads a line of a log: a time or a level before a message. Of what a
// log says of an object the last counts, and only if nothing else tells.
func (r *reader) logLine(content string, indent int) bool {
	if r.log {
		return false
	}
	message, ok := logMessage(content)
	if !ok {
		return false
	}
	r.log = true
	defer func() { r.log = false }()
	if started, ok := strings.CutPrefix(message, "Started "); ok { // what was started has yet to show that it runs
		r.say(subjectOf(tokens(started)), said{busy, "Started"})
		return true
	}
	r.sentence(message, indent)
	return true
}

// logMessage returns what a line of a log says.
func logMessage(content string) (string, bool) {
	if at := strings.Index(content, "msg="); at >= 0 && (strings.Contains(content, "level=") || strings.Contains(content, "lvl=")) {
		message := strings.TrimPrefix(content[at:], "msg=")
		if strings.HasPrefix(message, "\"") {
			message, _, _ = strings.Cut(message[1:], "\"")
			return message, true
		}
		message, _, _ = strings.Cut(message, " ")
		return message, true
	}
	words := strings.Fields(content)
	if len(words) > 4 && months[words[0]] && isNumber(words[1]) && logTime(words[2]) {
		_, message, ok := strings.Cut(content, ": ") // behind the host and the process
		return message, ok
	}
	at := 0
	for at < len(words) && at < 6 && (logTime(words[at]) || logLevel(words[at])) {
		at++
	}
	switch {
	case at == 0:
		return "", false
	case at == 1 && logLevel(words[0]) && strings.ToUpper(words[0]) != words[0] && !strings.HasPrefix(words[0], "["):
		return "", false // Error: is no level
	}
	return strings.Join(words[at:], " "), true
}

// months are how the syslog writes them.
var months = map[string]bool{
	"Jan": true, "Feb": true, "Mar": true, "Apr": true, "May": true, "Jun": true,
	"Jul": true, "Aug": true, "Sep": true, "Oct": true, "Nov": true, "Dec": true,
}

// logTime reports whether a word is a time, or a part of one.
func logTime(word string) bool {
	word = strings.Trim(word, "[](),")
	digits, marks := 0, 0
	for _, c := range word {
		switch {
		case unicode.IsDigit(c):
			digits++
		case strings.ContainsRune("-:/.,", c):
			marks++
		case !strings.ContainsRune("TZ+", c):
			return false
		}
	}
	return digits >= 4 && marks >= 2 && !isAddress(word)
}

func isAddress(word string) bool {
	return strings.Count(word, ".") == 3 && !strings.ContainsAny(word, "-T")
}

func logLevel(word string) bool {
	switch strings.ToLower(strings.Trim(word, "[]:|")) {
	case "info", "warn", "warning", "error", "debug", "trace", "fatal", "notice", "err":
		return true
	}
	return false
}

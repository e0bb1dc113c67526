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
	if strings.Contains(content, "[emerg] ") { // the gravest level of syslog: nothing works
		r.add(sighting{kind: kindObject, said: said{bad, "emerg"}, strength: logged, latest: true, message: content})
		return true
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
	for _, read := range []func(string) (string, bool){logfmtMessage, syslogMessage, stampedMessage} {
		if message, ok := read(content); ok {
			return message, true
		}
	}
	return "", false
}

// logfmtMessage reads level=info msg="ready".
func logfmtMessage(content string) (string, bool) {
	at := strings.Index(content, "msg=")
	if at < 0 || !strings.Contains(content, "level=") && !strings.Contains(content, "lvl=") {
		return "", false
	}
	message, end := content[at+len("msg="):], " "
	if quoted, ok := strings.CutPrefix(message, "\""); ok {
		message, end = quoted, "\""
	}
	message, _, _ = strings.Cut(message, end)
	return message, true
}

// syslogMessage reads Jun 01 11:58:00 host process[1]: ready.
func syslogMessage(content string) (string, bool) {
	words := strings.Fields(content[:min(len(content), maxStamp)])
	if len(words) < 4 || !months[words[0]] || !isNumber(words[1]) || !logTime(words[2]) {
		return "", false
	}
	_, message, ok := strings.Cut(content, ": ") // behind the host and the process
	return message, ok
}

// maxStamp bounds what stands before the message, in bytes.
const maxStamp = 128

// stampedMessage reads a message behind a time, a level or both. A level alone
// is one in capitals or in brackets: Error: is the beginning of a sentence.
func stampedMessage(content string) (string, bool) {
	const most = 6 // words of a stamp
	stamps, levels := 0, 0
	rest := content
	for range most {
		word, after, _ := strings.Cut(strings.TrimLeft(rest, " \t"), " ")
		switch {
		case logTime(word):
		case logLevel(word):
			levels++
		default:
			word = ""
		}
		if word == "" {
			break
		}
		stamps, rest = stamps+1, after
	}
	first, _, _ := strings.Cut(content, " ")
	spoken := strings.ToUpper(first) != first && !strings.HasPrefix(first, "[")
	return rest, stamps > levels || stamps > 0 && !spoken
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

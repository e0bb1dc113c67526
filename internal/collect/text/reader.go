package text

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// The bounds of what is read of one answer.
const (
	// MaxBytes bounds the bytes of an answer that are read; an unknown finding
	// tells that there were more.
	MaxBytes = 4 << 20
	// maxLine bounds one line, in bytes; the rest of a longer one is not read.
	maxLine = 4 << 10
	// fewLines is how many lines a text has in which one word can be the answer.
	fewLines = 4
	// maxDepth bounds texts in objects in texts.
	maxDepth = 24
	// maxAttempts bounds how often something that looks like JSON and is none
	// is tried, so that hostile input costs no more than its length.
	maxAttempts = 8
)

// reader reads one answer.
type reader struct {
	sightings
	at       time.Time
	scope    []section // the sections that the line stands in, outermost first
	past     int       // indentation of a heading whose deeper lines are history; -1: none
	table    *table    // the table that the line may be a row of
	depth    int
	attempts int
	log      bool // the text is a log
	lines    int  // that are not empty
	telling  int  // lines of which something was taken
	brief    bool // the text is a few lines, of which a word can be all
	alone    bool // the text is one line
	samples  int  // of metrics
	flags    int  // those of them that are 1 for well and 0 for ill
	words    int  // if the text is a list of words, one a line, which of them is read, from 1; else 0
}

// section is a heading and the object that the lines below it are about.
type section struct {
	indent    int
	kind      string
	namespace string
	name      string
	part      bool // what is named below is a part of the object
}

// text reads a text: lines, with JSON among them.
func (r *reader) text(text string) {
	if r.depth >= maxDepth {
		return
	}
	r.depth++
	defer func() { r.depth-- }()
	text = unquoted(text)
	outer := *r
	r.brief = strings.Count(text, "\n") <= fewLines
	r.alone, r.words = !strings.Contains(strings.TrimSpace(text), "\n"), wordList(text)
	r.scope, r.past, r.table = append([]section(nil), r.scope...), -1, nil
	for text != "" {
		if rest, ok := r.json(text); ok {
			text = rest
			continue
		}
		line, rest, _ := strings.Cut(text, "\n")
		r.line(line)
		text = rest
	}
	r.scope, r.past, r.table, r.brief, r.alone, r.words = outer.scope, outer.past, outer.table, outer.brief, outer.alone, outer.words
}

// unquoted is the text within a JSON string that is all of a text, as a tool
// writes that encodes its answer twice.
func unquoted(text string) string {
	var inner string
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "\"") && json.Unmarshal([]byte(trimmed), &inner) == nil {
		return inner
	}
	return text
}

// wordList is 1 if a text is a list of states, one a line, as tools answer that
// are asked for several objects, and else 0.
func wordList(text string) int {
	lines := 0
	for line := range strings.Lines(text[:min(len(text), maxLine)]) {
		word := strings.TrimSpace(line)
		if word == "" || strings.Contains(word, " ") || toneOf(word) == silent {
			return 0
		}
		lines++
	}
	return min(lines, 2) / 2
}

// line reads one line: the first reading that fits it is the one.
func (r *reader) line(line string) {
	line = plain(line[:min(len(line), maxLine)])
	content := strings.TrimSpace(line)
	if strings.HasPrefix(content, "<") {
		content = untagged(content)
	}
	if content == "" {
		r.table = nil
		return
	}
	r.lines++
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	if r.past >= 0 && indent > r.past {
		return
	}
	r.past = -1
	if rule(content) {
		return
	}
	if t := header(line); t != nil {
		r.table = t
		return
	}
	if r.table != nil && r.table.take(r, line) {
		return
	}
	for _, read := range []func(*reader, string, int) bool{
		(*reader).command, (*reader).probe, (*reader).run, (*reader).bareCode, (*reader).formula, (*reader).answerCode, (*reader).metricLine, (*reader).logLine,
		(*reader).tallyLine, (*reader).pairs, (*reader).keyed, (*reader).bare, (*reader).row, (*reader).sentence,
	} {
		if read(r, content, indent) {
			r.telling++
			return
		}
	}
}

// silenceProse takes back what sentences of a long text seemed to tell if next
// to no line of it tells anything: it is about something else.
func (r *reader) silenceProse() {
	const long, share = 20, 8 // lines, and one telling line in so many
	if r.lines <= long || r.telling*share >= r.lines {
		return
	}
	for _, s := range r.all {
		if s.prose && !strong(s.reason) {
			s.said = said{}
		}
	}
}

// untagged returns what stands between the tags of HTML.
func untagged(content string) string {
	var out strings.Builder
	for content != "" {
		words, rest, _ := strings.Cut(content, "<")
		out.WriteString(words + " ")
		_, content, _ = strings.Cut(rest, ">")
	}
	return strings.TrimSpace(out.String())
}

// rule reports whether a line only draws: dashes, and the borders of a table.
func rule(content string) bool {
	return strings.Trim(content, "-=+|_~*─━═│┌┐└┘├┤┬┴┼╭╮╯╰ \t") == ""
}

// plain returns a line without the sequences that colour a terminal and
// without what cannot be seen.
func plain(line string) string {
	if !strings.ContainsFunc(line, hidden) {
		return line
	}
	var out strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case strings.HasPrefix(line[i:], "\x1b["):
			i += 2 + strings.IndexFunc(line[i+2:]+"m", func(c rune) bool { return c >= '@' && c <= '~' })
		case !hidden(rune(line[i])):
			out.WriteByte(line[i])
		}
	}
	return out.String()
}

func hidden(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// subject is the object that a line at this indentation is about, by the
// headings above it.
func (r *reader) subject(indent int) section {
	for len(r.scope) > 0 && r.scope[len(r.scope)-1].indent >= indent && !r.scope[len(r.scope)-1].flat() {
		r.scope = r.scope[:len(r.scope)-1]
	}
	if len(r.scope) == 0 {
		return section{}
	}
	return r.scope[len(r.scope)-1]
}

// flat reports whether the heading stands beside its lines and not above them:
// Name: api.
func (s section) flat() bool { return s.indent < 0 }

// say adds what a line says of the object that it is about.
func (r *reader) say(about section, s said) {
	if s.tone != silent {
		r.add(sighting{kind: about.kindOr(), namespace: about.namespace, name: about.name, said: s, strength: r.weight(), latest: r.log})
	}
}

func (s section) kindOr() string {
	if s.kind == "" {
		return kindObject
	}
	return s.kind
}

// isName reports whether a word can be the name of an object.
func isName(word string) bool {
	if word == "" || len(word) > 253 {
		return false
	}
	for _, c := range word {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("-_./:@", c) {
			return false
		}
	}
	return true
}

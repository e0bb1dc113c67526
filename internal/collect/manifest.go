package collect

import "strings"

// maxManifest bounds how far from its kind the data of a Secret is looked for, in
// bytes to either side.
const maxManifest = 8 << 10

// findManifest takes the data of a Kubernetes Secret that stands in a text as
// YAML or JSON, around the place where its kind is: all of it, since any key may
// hold a secret. Objects that were decoded are Object's.
func findManifest(text string, start, end int) (int, int, bool) {
	if text[start] == '"' {
		return secretInJSON(text, start, end)
	}
	return secretInYAML(text, start, end)
}

// secretInYAML takes the block under data or stringData at the indentation of
// the kind, in the same document.
func secretInYAML(text string, start, end int) (int, int, bool) {
	if end < len(text) && text[end] != '\n' && text[end] != '\r' {
		return 0, 0, false // a SecretStore, or a sentence
	}
	indent := start - 1 - strings.LastIndexByte(text[:start], '\n')
	before := text[max(0, start-maxManifest):start]
	if strings.Trim(before[max(0, len(before)-indent):], " -") != "" {
		return 0, 0, false // not the first on its line
	}
	before = lastObject(before, indent)
	after := firstObject(text[end:min(len(text), end+maxManifest)], indent)
	from := start - len(before)
	if s, e, ok := dataBlock(before, indent); ok {
		return from + s, from + e, true
	}
	s, e, ok := dataBlock(after, indent)
	return end + s, end + e, ok
}

// firstObject returns the lines at a text's beginning that belong to the object
// whose keys are indented so: up to the document's end, or a key of another.
func firstObject(text string, indent int) string {
	for at := strings.IndexByte(text, '\n') + 1; 0 < at && at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		if leaves(line, indent) {
			return text[:at]
		}
		at += len(line) + 1
	}
	return text
}

// lastObject returns the lines at a text's end that belong to such an object.
func lastObject(text string, indent int) string {
	for end := strings.LastIndexByte(text, '\n'); end >= 0; {
		from := strings.LastIndexByte(text[:end], '\n') + 1
		if leaves(text[from:end], indent) {
			return text[end+1:]
		}
		end = from - 1
	}
	return text
}

// leaves reports whether a line is outside of an object whose keys are indented
// so, and whose kind is known.
func leaves(line string, indent int) bool {
	content := strings.TrimLeft(line, " ")
	depth := len(line) - len(content)
	return content != "" && (depth < indent || strings.HasPrefix(line, "---") || depth == indent && strings.HasPrefix(content, "kind:"))
}

// dataBlock finds the nearest block of data in a part of a document.
func dataBlock(text string, indent int) (start, end int, ok bool) {
	margin := strings.Repeat(" ", min(indent, maxKey))
	for _, key := range []string{"data:", "stringData:"} {
		at := lineWith(text, margin+key)
		if at < 0 {
			continue
		}
		lines := at + len(margin) + len(key)
		rest := text[lines:]
		newline := strings.IndexByte(rest, '\n')
		if newline < 0 || strings.TrimSpace(rest[:newline]) != "" {
			continue // a map in one line
		}
		start = lines + newline + 1
		end = start + blockLength(text[start:], indent)
		start = end - len(strings.TrimLeft(text[start:end], " \t\r\n"))
		if start < end {
			return start, end, true
		}
	}
	return 0, 0, false
}

// lineWith returns where the line begins that begins with the text, or -1.
func lineWith(text, beginning string) int {
	if strings.HasPrefix(text, beginning) {
		return 0
	}
	if at := strings.Index(text, "\n"+beginning); at >= 0 {
		return at + 1
	}
	return -1
}

// secretInJSON takes what is between the braces of data or stringData, if these
// are flat, as a Secret's are, and stand beside the kind.
func secretInJSON(text string, start, end int) (int, int, bool) {
	kind := text[start:end] // of the next Secret, whose data is another
	before := text[max(0, start-maxManifest):start]
	if at := strings.LastIndex(before, kind); at >= 0 {
		before = before[at+len(kind):]
	}
	after, _, _ := strings.Cut(text[end:min(len(text), end+maxManifest)], kind)
	from := start - len(before)
	if s, e, ok := dataObject(before, strings.LastIndex); ok {
		return from + s, from + e, true
	}
	s, e, ok := dataObject(after, strings.Index)
	return end + s, end + e, ok
}

// dataObject finds the nearest object under data.
func dataObject(text string, nearest func(string, string) int) (start, end int, ok bool) {
	for _, key := range []string{`"data"`, `"stringData"`} {
		at := nearest(text, key)
		if at < 0 {
			continue
		}
		start = at + len(key)
		start += runLength(text[start:], isJSONSpace)
		if start >= len(text) || text[start] != ':' {
			continue
		}
		start += 1 + runLength(text[start+1:], isJSONSpace)
		if start >= len(text) || text[start] != '{' {
			continue
		}
		start++
		length := strings.IndexAny(text[start:], "{}")
		if length < 0 || text[start+length] != '}' || strings.TrimSpace(text[start:start+length]) == "" {
			continue
		}
		return start, start + length, true
	}
	return 0, 0, false
}

func isJSONSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

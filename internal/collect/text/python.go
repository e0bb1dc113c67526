package text

import (
	"encoding/json"
	"strings"
)

// pythonValue decodes what Python prints of a dictionary or a list, which is
// JSON but for its quotes and three words; false if the text is nothing so.
func pythonValue(text string) (value any, ok bool) {
	if !strings.HasPrefix(text, "{'") && !strings.HasPrefix(text, "[{'") {
		return nil, false
	}
	var out strings.Builder
	for at := 0; at < len(text); {
		switch c := text[at]; {
		case c == '\'' || c == '"':
			inner, length := pythonString(text[at:])
			quoted, err := json.Marshal(inner)
			if err != nil {
				return nil, false
			}
			out.Write(quoted)
			at += length
		case c >= 'A' && c <= 'Z':
			word := text[at : at+letters(text[at:])]
			out.WriteString(pythonWords[word])
			at += len(word)
		default:
			out.WriteByte(c)
			at++
		}
	}
	return value, json.Unmarshal([]byte(out.String()), &value) == nil
}

var pythonWords = map[string]string{"True": "true", "False": "false", "None": "null"}

// pythonString returns what a string holds that begins with its quote, and how
// long it is with both.
func pythonString(text string) (inner string, length int) {
	var out strings.Builder
	for at := 1; at < len(text); at++ {
		switch text[at] {
		case text[0]:
			return out.String(), at + 1
		case '\\':
			at++
			if at < len(text) {
				out.WriteString(unescaped(text[at]))
			}
		default:
			out.WriteByte(text[at])
		}
	}
	return out.String(), len(text)
}

func unescaped(c byte) string {
	switch c {
	case 'n':
		return "\n"
	case 't':
		return "\t"
	}
	return string(c)
}

func letters(text string) int {
	for i := range len(text) {
		if c := text[i] | 0x20; c < 'a' || c > 'z' {
			return i
		}
	}
	return len(text)
}

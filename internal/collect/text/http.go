package text

import (
	"strconv"
	"strings"
)

// phrases are the reason phrases of HTTP, by their first words.
var phrases = map[string]int{
	"ok": 200, "created": 201, "accepted": 202, "no": 204, "internal": 500, "not": 404, "bad": 502, "service": 503, "gateway": 504,
	"too": 429, "forbidden": 403, "unauthorized": 401, "moved": 301, "found": 302,
}

// answerCode reads the answer to an HTTP request: HTTP/1.1 502 Bad Gateway, 200
// OK, status code 503.
func (r *reader) answerCode(content string, _ int) bool {
	words := tokens(content)
	if len(words) > 12 || r.log {
		return false
	}
	for i, word := range words {
		code, err := strconv.Atoi(word.lower)
		if err != nil || code < 100 || code > 599 || !codeStands(words, i) {
			continue
		}
		if s := codeState(word.lower); s.tone != silent {
			name := ""
			if i > 0 && strings.Contains(words[0].text, "/") && !strings.HasPrefix(words[0].text, "HTTP/") {
				name = words[0].text
			}
			r.add(sighting{kind: kindEndpoint, name: name, said: s, strength: shown, prose: true})
			return true
		}
	}
	return false
}

// codeStands reports whether the number at i is an HTTP code: by the request or
// the word before it, or by the phrase behind it.
func codeStands(words []token, i int) bool {
	if len(words[i].lower) != 3 {
		return false
	}
	return i > 1 && requests[words[0].text] || i > 0 && codeNamed(words, i) || i+1 < len(words) && phrased(words[i].lower, words[i+1].lower)
}

var requests = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true}

// codeNamed reports whether the word before the number at i calls it a code:
// HTTP, status code, responds with, returned.
func codeNamed(words []token, i int) bool {
	before, earlier := words[i-1].lower, ""
	if i > 1 {
		earlier = words[i-2].lower
	}
	switch before {
	case "with":
		return strings.HasPrefix(earlier, "respond")
	case "code":
		return earlier != "exit" && earlier != "with"
	case "returned", "responded":
		return true
	}
	return strings.HasPrefix(before, "http") && !strings.Contains(before, "://")
}

// phrased reports whether a reason phrase of the code's class begins with the
// word.
func phrased(code, word string) bool {
	of, ok := phrases[word]
	return ok && strconv.Itoa(of)[0] == code[0]
}

// codeState is the tone of an HTTP code. One below 500 that is no success
// answers, and does not tell how the target is.
func codeState(code string) said {
	n, err := strconv.Atoi(strings.TrimSpace(code))
	switch {
	case err != nil || n < 100 || n > 530:
		return said{}
	case n >= 500 && n <= 530:
		return said{bad, "HTTP" + strconv.Itoa(n)}
	case n >= 200 && n <= 226, n >= 300 && n <= 308:
		return said{good, "HTTP" + strconv.Itoa(n)}
	}
	return said{unsure, "HTTP" + strconv.Itoa(n)}
}

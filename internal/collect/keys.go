package collect

import (
	"regexp"
	"strings"
)

// otherPrivateKeys are keys of age, PEM in Base64, JWK and PuTTY.
const otherPrivateKeys = `(?i:AGE-SECRET-KEY-1[A-Z0-9]{30,})|` +
	`LS0tLS1CRUdJTi(?:BSU0EgUFJJVkFURS|BQUklWQVRFIEtFW|BFQyBQUklWQVRF|BPUEVOU1NIIFBSSVZBVE|BFTkNSWVBURUQgUFJJVkFURS|BEU0EgUFJJVkFURS)[A-Za-z0-9+/_-]*=*|` +
	`"d": ?"([A-Za-z0-9_-]{40,})"|` +
	`Private-Lines: [0-9]+\r?\n((?:[A-Za-z0-9+/=]+\r?\n)*[A-Za-z0-9+/=]+)\r?\n`

var (
	// keyLines are the headers, the long lines and the short last one of a key.
	keyLines = regexp.MustCompile(`\A(?:(?:\\+[nr]|\s)*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID): [^\\\r\n]*)*` +
		`(?:(?:\\+[nr]|\s)*[A-Za-z0-9+/=]{16,})*(?:[ \t]*(?:\\+[nr]|\r?\n)[ \t]*[A-Za-z0-9+/=]{1,15}(?:\\+[nr]|[\r\n"]|\z))?`)
)

// nearKey is how far a key without an end is read on at first, in bytes, as
// nearToken is for others.
const nearKey = 1 << 10

// findJWT takes a JSON web token, signed or encrypted, and a key of Grafana's old
// API, which is JSON in Base64 too.
func findJWT(text string, start, end int) (int, int, bool) {
	const least, grafana, grafanaLeast, parts = 8, "eyJrIjoi", 20, 4
	if start > 0 && isTokenByte(text[start-1]) || text[start:end] != "eyJ" {
		return 0, 0, false
	}
	at := end + runLength(text[end:], isURLSafe)
	if at-end < least {
		return 0, at, false
	}
	first := at
	for n := 0; n < parts && at < len(text) && text[at] == '.'; n++ {
		at += 1 + runLength(text[at+1:], isURLSafe)
	}
	if at == first && (!strings.HasPrefix(text[start:], grafana) || at-start < len(grafana)+grafanaLeast) {
		return 0, at, false
	}
	return start, at, true
}

// maxKeyKind bounds what stands between BEGIN and PRIVATE KEY, such as OPENSSH,
// in bytes.
const maxKeyKind = 40

// boundary returns where the line of a private key that begins with opening ends.
func boundary(text string, start int, opening string) (end int, ok bool) {
	from := start + len(opening)
	if !strings.HasPrefix(text[start:], opening) {
		return 0, false
	}
	line := text[from:min(len(text), from+maxKeyKind+len("PRIVATE KEY BLOCK-----"))]
	for _, closing := range []string{"PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"} {
		at := strings.Index(line, closing)
		if at >= 0 && at <= maxKeyKind && runLength(line, isKindByte) >= at {
			return from + at + len(closing), true
		}
	}
	return 0, false
}

func isKindByte(b byte) bool { return 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == ' ' }

// findPrivateKey takes a PEM or PGP private key, its line breaks real or
// escaped. One without an end is taken as far as it looks like one.
func findPrivateKey(text string, start, _ int) (int, int, bool) {
	body, ok := boundary(text, start, "-----BEGIN ")
	if !ok {
		return 0, 0, false
	}
	window := text[body:min(len(text), body+maxToken)]
	if next := strings.Index(window, "-----BEGIN "); next >= 0 {
		window = window[:next]
	}
	if footer := strings.Index(window, "-----END "); footer >= 0 {
		if end, ok := boundary(text, body+footer, "-----END "); ok {
			return start, end, true
		}
	}
	lines := keyLines.FindString(window[:min(len(window), nearKey)])
	if len(lines) == nearKey {
		lines = keyLines.FindString(window)
	}
	return start, body + len(strings.TrimRight(lines, "\r\n\"")), true
}

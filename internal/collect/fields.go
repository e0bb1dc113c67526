package collect

import (
	"regexp"
	"strings"
)

// fieldLiterals returns the words that make a field's name worth a look: of
// keys, those that strongWords has, with each separator.
func fieldLiterals() []string {
	literals := []string{"pass", "pwd", "secret", "token", "cookie", "credential", "auth"}
	for _, word := range strongWords {
		if which, found := strings.CutSuffix(word, "key"); found && which != "secret" {
			literals = append(literals, which+"key", which+"_key", which+"-key", which+".key")
		}
	}
	return literals
}

// strongWords end names whose value is a secret whatever it looks like;
// weakWords end names whose value is one if it looks random, because the same
// names are given to references, states and counts. Names are compared in lower
// case and without separators.
var (
	strongWords = []string{
		"password", "passwd", "passphrase", "pwd", "pass", "clientsecret",
		"apikey", "accesskey", "privatekey", "clientkey", "signingkey", "encryptionkey", "secretkey", "masterkey", "sharedkey", "storagekey", "accountkey",
		"clientkeydata", "privatekeydata",
	}
	weakWords = []string{"secret", "token", "cookie", "credential", "credentials", "authorization", "auth"}
	// benignEndings, after such a word, name something about the secret that is
	// none itself.
	benignEndings = []string{
		"name", "names", "ref", "refs", "policy", "path", "paths", "file", "files", "dir", "type", "kind", "count", "length", "size", "limit", "limits",
		"ttl", "expiration", "expiry", "expires", "expired", "age", "url", "uri", "endpoint", "namespace", "version", "enabled", "disabled", "required",
		"provider", "store", "class", "mount", "volume", "review", "request", "requests", "controller", "manager", "created", "updated", "changed", "at",
		"issuer", "audience", "audiences", "algorithm", "format", "rotation", "reset", "status", "state", "error", "errors", "reason", "message", "usage",
		"seconds", "bytes", "generation", "revision", "template", "source", "sources", "header", "prefix", "suffix", "pattern", "selector", "keyid", "mode",
		"iz", "is", "ary", "cutter", // tokenizer, tokeniser, secretary, cookiecutter
	}
)

// maxKey bounds the name of a field, in bytes to either side of its word.
const maxKey = 64

// findField takes the value of a field whose name says that it is secret, in
// JSON, YAML, key=value, HTTP headers, connection strings, flags, XML, and
// Kubernetes' name and value pairs; also where that is itself quoted in JSON.
func findField(text string, start, end int) (int, int, bool) {
	keyStart, keyEnd := keyAround(text, start, end)
	strength := strengthOf(text[keyStart:keyEnd])
	if strength == notSecret || strings.HasSuffix(text[:keyStart], "://") { // a user, not a field
		return 0, keyEnd, false
	}
	from, line, ok := valueAfter(text, keyStart, keyEnd)
	if !ok || scheme.MatchString(text[from:min(len(text), from+maxGap)]) { // findCredentials takes those
		return 0, keyEnd, false
	}
	if start, end, ok := secretValue(text, from, line, strength); ok {
		return start, end, true
	}
	return 0, keyEnd, false
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

// strength says how much a field's name tells about its value.
type strength int

const (
	notSecret strength = iota
	weak               // secret if it looks random
	strong             // secret unless it is a placeholder
)

var separators = strings.NewReplacer("_", "", "-", "", ".", "")

// strengthOf judges a field's name.
func strengthOf(key string) strength {
	key = separators.Replace(strings.ToLower(key))
	key = strings.TrimRight(key, "0123456789")
	found, rest := notSecret, ""
	last := -1
	for _, list := range []struct {
		words []string
		is    strength
	}{{strongWords, strong}, {weakWords, weak}} {
		for _, word := range list.words {
			at := strings.LastIndex(key, word)
			if at >= 0 && at+len(word) > last && wholeWord(key, word) {
				found, last, rest = list.is, at+len(word), key[at+len(word):]
				if rest == "id" && word != "secret" { // a secret ID of Vault is one, a key's is none
					found = notSecret
				}
			}
		}
	}
	if found == notSecret || benign(rest) {
		return notSecret
	}
	return found
}

// wholeWord keeps short words to names that end in them, so that auth is not
// found in author nor pass in passthrough.
func wholeWord(key, word string) bool {
	switch word {
	case "auth":
		return key == word
	case "pass":
		return strings.HasSuffix(key, word) && !strings.HasSuffix(key, "bypass") && !strings.HasSuffix(key, "compass")
	case "pwd":
		return strings.HasSuffix(key, word) && key != "pwd" && key != "oldpwd" // the shell's working directory
	}
	return true
}

// benign reports whether what follows the word in a name makes it a name of
// something else.
func benign(rest string) bool {
	if rest == "s" {
		return true
	}
	for _, ending := range benignEndings {
		if strings.HasSuffix(rest, ending) || strings.HasPrefix(rest, ending) {
			return true
		}
	}
	return false
}

var (
	assignment = regexp.MustCompile(`\A(?:\\*["'])?\]?[ \t]*(?:=>|:=|==?|:)[ \t]*`)
	flagValue  = regexp.MustCompile(`\A(?:["'][ \t]*,[ \t]*|[ \t]+)`)
	pairValue  = regexp.MustCompile(`\A(?:\\*["'])?[ \t]*,?\s*(?:\\*["'])?value(?:\\*["'])?[ \t]*[:=][ \t]*`)
	pairName   = regexp.MustCompile(`(?i)\bname(?:\\*["'])?[ \t]*[:=][ \t]*(?:\\*["'])?\z`)
	scheme     = regexp.MustCompile(`(?i)\A(?:\\*["'])?(?:bearer|basic)[ \t]`)
)

// maxGap bounds what may stand between a name and its value, in bytes.
const maxGap = 96

// valueAfter returns where the value of the field begins, and whether it takes
// the rest of its line.
func valueAfter(text string, keyStart, keyEnd int) (from int, line, ok bool) {
	gap := text[keyEnd:min(len(text), keyEnd+maxGap)]
	before := text[max(0, keyStart-maxGap):keyStart]
	if separator := assignment.FindString(gap); separator != "" {
		colon := strings.TrimRight(separator, " \t") == ":" && len(separator) > 1
		return keyEnd + len(separator), colon && (beginsLine(before) || isHeader(text[keyStart:keyEnd])), true
	}
	if separator := pairValue.FindString(gap); separator != "" && pairName.MatchString(before) {
		return keyEnd + len(separator), false, true
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

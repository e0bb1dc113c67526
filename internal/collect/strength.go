package collect

import (
	"strings"
	"sync"
)

// strongWords end names whose value is a secret whatever it looks like;
// weakWords end names whose value is one if it looks random, because the same
// names are given to references, states and counts. Names are compared in lower
// case and without separators.
var (
	strongWords = []string{
		"password", "passwd", "passphrase", "pwd", "pass", "clientsecret",
		"apikey", "accesskey", "privatekey", "clientkey", "signingkey", "encryptionkey", "secretkey", "masterkey", "sharedkey", "storagekey", "accountkey",
		"authkey", "subscriptionkey", "functionskey", "presharedkey", "clientkeydata", "privatekeydata",
	}
	weakWords = []string{"secret", "token", "cookie", "credential", "credentials", "authorization", "auth", "sessionid", "sessid"}
	// benignEndings, after such a word, name something about the secret that is
	// none itself.
	benignEndings = []string{
		"name", "names", "ref", "refs", "policy", "path", "paths", "file", "files", "dir", "type", "kind", "count", "length", "size", "limit", "limits",
		"ttl", "expiration", "expiry", "expires", "expired", "age", "url", "uri", "endpoint", "namespace", "version", "enabled", "disabled", "required",
		"provider", "store", "class", "mount", "volume", "review", "request", "requests", "controller", "manager", "created", "updated", "changed", "at",
		"issuer", "audience", "audiences", "algorithm", "format", "rotation", "reset", "status", "state", "error", "errors", "reason", "message", "usage",
		"seconds", "bytes", "generation", "revision", "template", "source", "sources", "header", "prefix", "suffix", "pattern", "selector", "keyid", "mode", "cacerthash",
		"iz", "is", "ary", "cutter", // tokenizer, tokeniser, secretary, cookiecutter
	}
)

// strength says how much a field's name tells about its value.
type strength int

const (
	notSecret strength = iota
	weak               // secret if it looks random
	strong             // secret unless it is a placeholder
)

// nameWords are all words, the strong before the weak, and what finds them.
var nameWords = sync.OnceValue(func() *scanner {
	return newScanner(append(append([]string{}, strongWords...), weakWords...))
})

// strengthOf judges a field's name by the word that ends last in it; of several
// that end there, by the first of the lists.
func strengthOf(key string) strength {
	key = plainName(key)
	words := nameWords()
	chosen, last := len(words.literals), 0
	words.each(key, func(literal, _, end int) {
		if (end > last || literal < chosen) && wholeWord(key, words.literals[literal]) {
			chosen, last = literal, end
		}
	})
	if chosen == len(words.literals) {
		return notSecret
	}
	rest := key[last:]
	switch {
	case rest == "id" && words.literals[chosen] != "secret": // a secret ID of Vault is one, a key's is none
		return notSecret
	case rest != "" && benign(rest):
		return notSecret
	case chosen < len(strongWords):
		return strong
	}
	return weak
}

// plainName is a name in lower case, without separators and numbers at its end.
func plainName(name string) string {
	plain := make([]byte, 0, 2*maxKey)
	for i := range len(name) {
		switch b := name[i]; {
		case b == '_' || b == '-' || b == '.':
		case 'A' <= b && b <= 'Z':
			plain = append(plain, b+'a'-'A')
		default:
			plain = append(plain, b)
		}
	}
	end := len(plain)
	for end > 0 && '0' <= plain[end-1] && plain[end-1] <= '9' {
		end--
	}
	return string(plain[:end])
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

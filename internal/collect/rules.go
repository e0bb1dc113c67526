package collect

import (
	"regexp"
	"strings"
)

// The names of rules that are more than one expression.
const (
	ruleOwnSecret        = "own_secret"
	ruleKubernetesSecret = "kubernetes_secret"
	rulePrivateKey       = "private_key"
	ruleAuthorization    = "authorization"
	ruleURLPassword      = "url_password"
	ruleVendorToken      = "vendor_token"
	ruleSecretField      = "secret_field"
)

// rule finds one kind of secret around a literal.
type rule struct {
	name     string
	rank     int
	literals []string // in lower case; find is called with each occurrence
	// find returns where the secret is in the text, given where the literal is.
	// If there is none, secretEnd says how far it need not be asked again. It
	// looks at a bounded part of the text unless it finds one.
	find func(text string, start, end int) (secretStart, secretEnd int, ok bool)
}

// rules returns all rules, the more specific first.
func rules() []rule {
	all := []rule{
		{name: ruleKubernetesSecret, literals: []string{"kind: secret", `"kind":"secret"`, `"kind": "secret"`}, find: findManifest},
		{name: rulePrivateKey, literals: []string{"-----begin "}, find: findPrivateKey},
		token(rulePrivateKey, otherPrivateKeys, "age-secret-key-1", "ls0tls1crudjti", `"d":"`, `"d": "`, "private-lines: "),
		{name: "jwt", literals: []string{"eyj"}, find: findJWT},
	}
	all = append(all, vendorRules()...)
	all = append(all,
		behind("signed_url", form{isEscapedBase64, 32, maxToken}, "x-amz-signature=", "x-goog-signature=", "signature="),
		token("password_hash", `\$(?:1|5|6|y|2[aby]|apr1|argon2(?:id|i|d)|pbkdf2[a-z0-9-]*)\$[A-Za-z0-9./$=,+_-]{20,}`,
			"$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$pbkdf2"),
		rule{name: ruleAuthorization, literals: schemes, find: findCredentials},
		rule{name: ruleAuthorization, literals: []string{" -u", " --user", " --proxy-user"}, find: findCurlUser},
		rule{name: ruleURLPassword, literals: []string{"://"}, find: findURLPassword},
		rule{name: ruleURLPassword, literals: []string{"@tcp(", "@unix("}, find: findDataSource},
		command(ruleURLPassword, `thin:[^/\s"']+/([^@\s"']+)@`, "thin:"),
		rule{name: ruleSecretField, literals: fieldLiterals(), find: findField},
		command(ruleSecretField, `(?:machine[ \t]+\S+|default)\s+login[ \t]+[^\s,;:]+\s+(?:account[ \t]+\S+\s+)?password[ \t]+(\S+)`, "machine ", "default login "),
		command(ruleSecretField, `:5432:[^:\s]+:[^:\s]+:(\S+)`, ":5432:"),
		rule{name: ruleSecretField, literals: []string{"sshpass "}, find: findFlag(glued|apart, "-p")},
		rule{name: ruleSecretField, literals: []string{"mysql", "mariadb"}, find: findFlag(glued, "-p")},
		rule{name: ruleSecretField, literals: []string{"redis-cli "}, find: findFlag(apart, "-a", "--pass")},
	)
	for i := range all {
		all[i].rank = rankOwnSecret + 1 + i
	}
	return all
}

// maxToken bounds how far a rule reads on from its literal, in bytes.
const maxToken = 16 << 10

// token makes a rule of an expression that begins with one of the literals,
// where no word goes before it. The secret is the expression's group, if it has
// one that took part, or else the whole.
func token(name, expression string, literals ...string) rule {
	whole := regexp.MustCompile(`\A(?:` + expression + `)`)
	return rule{name: name, literals: literals, find: func(text string, start, _ int) (int, int, bool) {
		if start > 0 && isTokenByte(text[start]) && isTokenByte(text[start-1]) {
			return 0, 0, false
		}
		return matchAt(whole, text, start)
	}}
}

// nearToken is how far a rule reads on at first, in bytes: expressions are far
// cheaper on short texts, and no beginning of a secret is longer.
const nearToken = 256

// matchAt matches an expression that begins with \A at a place in the text, and
// returns where its first group that took part is, or else the whole.
func matchAt(expression *regexp.Regexp, text string, at int) (start, end int, ok bool) {
	window := text[at:min(len(text), at+nearToken)]
	found := expression.FindStringSubmatchIndex(window)
	if found != nil && found[1] == len(window) {
		window = text[at:min(len(text), at+maxToken)]
		found = expression.FindStringSubmatchIndex(window)
	}
	if found == nil {
		return 0, 0, false
	}
	start, end = found[0], found[1]
	for i := 2; i < len(found); i += 2 {
		if found[i] >= 0 {
			start, end = found[i], found[i+1]
		}
	}
	if end == len(window) { // the window cut it off
		end += runLength(text[at+end:], isTokenByte)
	}
	return at + start, at + end, true
}

func isTokenByte(b byte) bool {
	return isWordByte(b) || b == '-' || b == '.'
}

func isWordByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_'
}

// runLength returns how many bytes at the text's beginning are of a class.
func runLength(text string, class func(byte) bool) int {
	n := 0
	for n < len(text) && class(text[n]) {
		n++
	}
	return n
}

// schemes are those of HTTP whose credentials are a token.
var schemes = []string{"bearer", "basic", "token", "apikey", "negotiate", "geniekey"}

// findCredentials takes what follows a scheme in a header; behind Bearer and
// Basic also elsewhere, if it looks random: "basic authentication" does not.
func findCredentials(text string, start, end int) (int, int, bool) {
	if start > 0 && isTokenByte(text[start-1]) {
		return 0, 0, false
	}
	from := end + runLength(text[end:], isBlank)
	to := from + runLength(text[from:], isCredentialByte)
	if from == end || to == from {
		return 0, 0, false
	}
	to += runLength(text[to:], isPadding)
	value := text[from:to]
	if endsWithField(text[max(0, start-maxGap):start], "authorization") {
		return from, to, !placeholder(value) && !prose(value)
	}
	widespread := strings.EqualFold(text[start:end], "bearer") || strings.EqualFold(text[start:end], "basic")
	return from, to, widespread && looksRandom(value)
}

// isCredentialByte tells the bytes of a token as RFC 7235 has it, but for the
// padding at its end.
func isCredentialByte(b byte) bool {
	return isTokenByte(b) || b == '~' || b == '+' || b == '/'
}

func isPadding(b byte) bool { return b == '=' }

// endsWithField reports whether the text ends with the name of a field, what
// assigns to it, and perhaps the quote that opens its value.
func endsWithField(text, name string) bool {
	text = strings.TrimRight(withoutQuote(text), " \t")
	if !strings.HasSuffix(text, ":") && !strings.HasSuffix(text, "=") {
		return false
	}
	text = withoutQuote(strings.TrimRight(text[:len(text)-1], " \t"))
	from := len(text) - len(name)
	return from >= 0 && strings.EqualFold(text[from:], name) && (from == 0 || !isWordByte(text[from-1]))
}

// withoutQuote drops a quote from the text's end, with the backslashes before it.
func withoutQuote(text string) string {
	if strings.HasSuffix(text, `"`) || strings.HasSuffix(text, "'") {
		return strings.TrimRight(text[:len(text)-1], `\`)
	}
	return text
}

// maxUserinfo bounds the user and the password in a URL, in bytes each.
const maxUserinfo = 256

// userinfo returns where the password in user:password@ at the text's beginning
// begins and ends: up to the last @, since people forget to escape them.
func userinfo(text string) (from, to int, ok bool) {
	user := strings.IndexAny(text[:min(len(text), maxUserinfo+1)], " \t\r\n\f/?#:@\"'<>")
	if user < 0 || text[user] != ':' {
		return 0, 0, false
	}
	from = user + 1
	password := text[from:min(len(text), from+maxUserinfo+1)]
	if stop := strings.IndexAny(password, " \t\r\n\f/\"'<>"); stop >= 0 {
		password = password[:stop]
	}
	length := strings.LastIndexByte(password, '@')
	return from, from + length, length > 0
}

var port = regexp.MustCompile(`\A[0-9]{1,5}(?:[?#]|\z)`)

// findURLPassword takes the password in scheme://user:password@host.
func findURLPassword(text string, _, end int) (int, int, bool) {
	from, to, ok := userinfo(text[end:])
	if !ok {
		return 0, 0, false
	}
	from, to = end+from, end+to
	password := text[from:to]
	if cutoff := port.FindString(password); cutoff != "" && len(cutoff) < len(password) {
		return 0, 0, false // host:80?user=a@b
	}
	return from, to, !placeholder(password)
}

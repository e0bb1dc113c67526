package collect

import (
	"regexp"
	"strings"
)

// maxCommand bounds how much of a command line before a flag is looked at, in
// bytes.
const maxCommand = 512

// command makes a rule of an expression on a command line or the line of a file,
// as token does, unless the secret is only the name of one.
func command(name, expression string, literals ...string) rule {
	r := token(name, expression, literals...)
	matched := r.find
	r.find = func(text string, start, end int) (int, int, bool) {
		from, to, ok := matched(text, start, end)
		return from, to, ok && !placeholder(text[from:to])
	}
	return r
}

// curlUser is user:password behind a flag of curl.
var curlUser = regexp.MustCompile(`\A(?:=|[ \t]+)(?:"[^\s:"$]+:([^"\n]+)"|'[^\s:'$]+:([^'\n]+)'|[^\s:"'$]+:([^\s"']+))`)

// findCurlUser takes the password in curl -u user:password. Other commands' -u
// and --user are a user and a group.
func findCurlUser(text string, start, end int) (int, int, bool) {
	before := text[max(0, start-maxCommand):start]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	if !strings.Contains(before, "curl") {
		return 0, 0, false
	}
	from, to, ok := matchAt(curlUser, text, end)
	return from, to, ok && !placeholder(text[from:to])
}

// spelling says how a flag's value is written.
type spelling int

const (
	glued spelling = 1 << iota // -pvalue
	apart                      // -p value
)

// maxArguments bounds how far behind a command its flag is looked for, in bytes.
const maxArguments = 256

// findFlag makes a find for the value of one of a command's flags, on its line.
func findFlag(spelled spelling, flags ...string) func(string, int, int) (int, int, bool) {
	return func(text string, start, end int) (int, int, bool) {
		if start > 0 && isTokenByte(text[start-1]) {
			return 0, 0, false
		}
		line := text[end-1 : min(len(text), end+maxArguments)]
		if stop := strings.IndexAny(line, "\n|;"); stop >= 0 {
			line = line[:stop]
		}
		for _, flag := range flags {
			from, to := flagIn(line, flag, spelled)
			if value := line[from:to]; value != "" && !placeholder(value) {
				return end - 1 + from, end - 1 + to, true
			}
		}
		return 0, 0, false
	}
}

// flagIn returns where the value of a flag is, without its quotes; empty if there
// is none.
func flagIn(line, flag string, spelled spelling) (from, to int) {
	at := strings.Index(line, " "+flag)
	if at < 0 {
		return 0, 0
	}
	from = at + 1 + len(flag)
	blanks := runLength(line[from:], isBlank)
	if blanks == 0 && spelled&glued == 0 || blanks > 0 && spelled&apart == 0 {
		return 0, 0
	}
	from += blanks + quoteLength(line[from+blanks:])
	return from, from + runLength(line[from:], isArgumentByte)
}

func isArgumentByte(b byte) bool { return b > ' ' && b != '"' && b != '\'' }

// findDataSource takes the password in user:password@tcp(host), as Go's MySQL
// driver has it, before the literal.
func findDataSource(text string, start, _ int) (int, int, bool) {
	from := start
	for from > 0 && start-from < maxUserinfo && isDataSourceByte(text[from-1]) {
		from--
	}
	user, password, found := strings.Cut(text[from:start], ":")
	if !found || user == "" || placeholder(password) {
		return 0, 0, false
	}
	return from + len(user) + 1, start, true
}

func isDataSourceByte(b byte) bool {
	return b > ' ' && b != '"' && b != '\'' && b != '`' && b != '<' && b != '>'
}

// infix makes a find for a secret whose literal is not its beginning: before it
// stand from least to most bytes of a class, after it what the expression says.
func infix(class func(byte) bool, least, most int, expression string) func(string, int, int) (int, int, bool) {
	whole := regexp.MustCompile(`\A(?:` + expression + `)`)
	return func(text string, start, _ int) (int, int, bool) {
		_, end, ok := matchAt(whole, text, start)
		if !ok {
			return 0, 0, false
		}
		from := start
		for from > 0 && start-from < most && class(text[from-1]) {
			from--
		}
		return from, end, start-from >= least
	}
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isAlphanumeric(b byte) bool { return isWordByte(b) && b != '_' }

package text

import (
	"strconv"
	"strings"
)

// keyed reads a line of a key and its value: Status: Running, ready=false. A
// key that is none of those known may be a name: api: running.
func (r *reader) keyed(content string, indent int) bool {
	content = strings.TrimLeft(content, "-* ●")
	key, value, ok := pair(content)
	if !ok {
		return r.unitTitle(content)
	}
	switch is := roleOf(key); is {
	case roleHistory:
		r.past = indent
	case roleInert:
		if value == "" || strings.HasSuffix(normal(key), "s") {
			r.past = indent // labels, and what stands below them
		}
		if _, rest, more := strings.Cut(value, ". "); more {
			return r.sentence(rest, indent) // Expected: one thing. Actual: another.
		}
	case roleTrouble:
		return value == ""
	case roleEndpoints:
		r.say(r.subject(indent), endpointsState(value))
	default:
		if value == "" {
			return r.opened(is, key, indent)
		}
		return r.identified(is, key, value, indent) || r.valued(is, key, value, r.subject(indent)) || r.pairOfName(key, value)
	}
	return true
}

// endpointsState is the state of a service by the addresses behind it.
func endpointsState(addresses string) said {
	if addresses == "" || addresses == "<none>" {
		return said{bad, "NoEndpoints"}
	}
	return said{good, "Endpoints"}
}

// opened takes a key without a value, below which more stands.
func (r *reader) opened(is role, key string, indent int) bool {
	about := r.subject(indent)
	switch is {
	case roleParts:
		about.part, about.indent = true, indent
		r.scope = append(r.scope, about)
	case roleConditions:
		r.table = &table{conditions: true, about: about, indent: indent}
	default:
		r.heading(key, indent, about)
	}
	return true
}

// identified takes the name, the namespace and the kind of what the following
// lines are about.
func (r *reader) identified(is role, key, value string, indent int) bool {
	switch is {
	case roleName:
		r.named(key, value, indent)
	case roleNamespace:
		r.inNamespace(value)
	case roleKind:
		r.ofKind(value)
	default:
		return false
	}
	return true
}

// valued reads a value by its key's role, and reports whether it has one.
func (r *reader) valued(is role, key, value string, about section) bool {
	switch is {
	case roleState, roleFlag:
		r.say(about, keyedState(is, key, value))
	case roleRestarts:
		if n, err := strconv.Atoi(strings.Fields(value + " x")[0]); err == nil && n >= 0 {
			r.add(sighting{kind: about.kindOr(), namespace: about.namespace, name: about.name, restarts: float64(n), counted: true})
		}
	case roleExit:
		if n, err := strconv.Atoi(value); err == nil && n != 0 {
			r.say(about, said{bad, "ExitCode:" + value})
		}
	case roleCode:
		r.say(about, codeState(value))
	case roleTally:
		r.countOf(key, value, about)
	case roleText:
		r.sentence(value, 0)
	default:
		return false
	}
	return true
}

// keyedState reads the value of a state's key. That something terminated says
// nothing by itself: its reason and its exit code tell how.
func keyedState(is role, key, value string) said {
	if flag, ok := yesOrNo(value); ok {
		if is == roleState {
			key = "ready"
		}
		return flagTone(key, flag)
	}
	if strings.EqualFold(value, "terminated") {
		return said{}
	}
	return stateOf(value)
}

// countOf reads how many are in a state that is not good; none is no state.
func (r *reader) countOf(key, value string, about section) {
	n, err := strconv.Atoi(value)
	if err != nil {
		if flag, ok := yesOrNo(value); ok && flag {
			r.say(about, flagTone(key, true))
		}
		return
	}
	if n > 0 {
		r.say(about, said{tallyTone(key), key})
	}
}

// tallyTone is the tone of a count of what its key names.
func tallyTone(key string) tone {
	word := normal(key)
	if strings.HasPrefix(word, "fail") || strings.HasPrefix(word, "crash") || strings.HasPrefix(word, "unhealthy") || strings.HasPrefix(word, "errored") {
		return bad
	}
	return busy
}

// pair splits key: value and key=value. The key is at most four words.
func pair(content string) (key, value string, ok bool) {
	at := strings.IndexAny(content, ":=")
	if at <= 0 || at > maxWord {
		return "", "", false
	}
	key, value = strings.TrimSpace(content[:at]), content[at+1:]
	if content[at] == ':' && value != "" && value[0] != ' ' && value[0] != '\t' && !joined(key, value) {
		return "", "", false
	}
	if content[at] == '=' && strings.ContainsAny(key, " \t") && !strings.HasPrefix(value, " ") {
		return "", "", false // words, the last of them with a value
	}
	if len(strings.Fields(key)) > 4 || strings.ContainsAny(key, "(){}<>/") {
		return "", "", false
	}
	return strings.Trim(key, "\"'"), strings.Trim(strings.TrimSpace(value), "\"',"), true
}

// joined reports whether key:value without a space between is a field, as Redis
// writes them: the key names a state, or is several words joined.
func joined(key, value string) bool {
	is := roleOf(key)
	return !strings.ContainsAny(value, ": /\t") && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") == "" &&
		(is == roleState || is == roleFlag || is == roleOther && strings.Contains(key, "_") && isName(key))
}

// named takes the name of the object that the following lines are about.
func (r *reader) named(key, value string, indent int) {
	about := r.subject(indent)
	if about.part {
		return
	}
	kind, name := reference(strings.Fields(value)[0])
	for _, word := range []string{"pod", "container", "deployment", "service", "node", "job", "unit", "release"} {
		if strings.HasPrefix(strings.ToLower(key), word) {
			kind = kindOf(word)
		}
	}
	r.scope = []section{{indent: -1, kind: kind, name: name}}
	r.table = nil
}

func (r *reader) inNamespace(value string) {
	if n := len(r.scope); n > 0 && r.scope[n-1].flat() {
		r.scope[n-1].namespace = value
	}
}

func (r *reader) ofKind(value string) {
	if n := len(r.scope); n > 0 && r.scope[n-1].kind == "" && kindOf(value) != "" {
		r.scope[n-1].kind = kindOf(value)
	}
}

// heading takes a key without a value: what stands below it is about it, unless
// it is a part of something.
func (r *reader) heading(key string, indent int, about section) {
	if about.part || kindOf(key) != "" || roleOf(key) != roleOther || !isName(key) {
		about.indent = indent
		if about.name != "" || about.part {
			r.scope = append(r.scope, about)
		}
		return
	}
	kind, name := reference(key)
	r.scope = append(r.scope, section{indent: indent, kind: kind, name: name})
}

// unitTitle takes the first line of systemctl status: nginx.service - A server.
func (r *reader) unitTitle(content string) bool {
	name, _, found := strings.Cut(content, " - ")
	kind, unit := reference(name)
	if !found || kind != kindUnit || strings.Contains(name, " ") {
		return false
	}
	r.scope = []section{{indent: -1, kind: kind, name: unit}}
	return true
}

// pairOfName reads a name with its state: api: running.
func (r *reader) pairOfName(key, value string) bool {
	words := strings.Fields(key)
	kind := ""
	if len(words) == 2 {
		kind = kindOf(words[0])
		words = words[1:]
	}
	if len(words) != 1 || len(strings.Fields(value)) > 6 || !isName(words[0]) {
		return false
	}
	lower := strings.ToLower(words[0])
	if fillers[lower] || headings[lower] || endings[lower] {
		return false
	}
	s := stateOf(value)
	called := kindOf(words[0])
	if s.tone == silent || aside(value, s) || called != "" && strings.ContainsAny(value, "0123456789") {
		return false
	}
	if called != "" {
		r.say(section{kind: called}, s)
		return true
	}
	refKind, name := reference(words[0])
	if kind == "" {
		kind = refKind
	}
	r.add(sighting{kind: section{kind: kind}.kindOr(), name: name, said: s, strength: r.weight(), latest: r.log, prose: true})
	return true
}

// aside reports whether a value names its state in passing, or is well and only
// about settings.
func aside(value string, s said) bool {
	words := tokens(value)
	if first := clauses(words); len(first) > 0 && len(first[0]) > 1 && judgeClause(first[0]).strange() {
		return true
	}
	return s.tone == good && ofSettings(words)
}

// headings are words that begin a message and are no names.
var headings = set("panic error warning info fatal note docker kubectl result output message answer reply tool")

package text

import (
	"strconv"
	"strings"
)

// role is what stands under a key.
type role int

const (
	roleOther     role = iota
	roleState          // a state in words
	roleFlag           // a state as yes or no
	roleName           // the object's name
	roleNamespace      // its namespace
	roleKind           // its kind
	roleHistory        // what was
	roleInert          // what is wanted or called, and no state
	roleText           // what somebody says
	roleRestarts       // how often it was restarted
	roleExit           // the code that it ended with
	roleParts          // the parts of the object
	roleConditions
	roleTrouble // why there is no answer
	roleCode    // the code of an HTTP answer
	roleTally   // how many are in a state
)

// roles are the keys of tools' answers, in lower case and without separators.
var roles = keyRoles(map[role]string{
	roleState: `status state phase health healthstatus condition reason activestate currentstate statusreason waitingreason
		laststatus podstatus containerstatus servicestatus nodestatus overallstatus overallhealth healthcheck liveness readiness active
		jobstatus runtimestatus operationalstatus availability clientstatus deploymentstatus healthcheckstatus pm2status statename overall`,
	roleFlag: `ready isready healthy ishealthy running isrunning up isup alive isalive live available isavailable online
		isonline reachable connected oomkilled dead paused crashed unhealthy down crashlooping stopped responding rolledout`,
	roleName: `name names podname containername deploymentname servicename nodename jobname unit unitname id
		hostname processname program release releasename`,
	roleNamespace: `namespace ns`,
	roleKind:      `kind resourcetype resourcekind`,
	roleHistory: `laststate lastterminationstate lastterminated previous previousstate previousstatus prevstate prevstatus history
		terminationhistory oldstate oldstatus priorstate laststatus lasterror lastfailure lastexitcode lastexit lasttermination
		events recentevents before pastfailures lastseen lastrun lastresult lastconditions failinghistory log logs logtail
		recentlogs restarthistory`,
	roleInert: `labels annotations image images imageid uid spec selector env environment command cmd args entrypoint
		config hostconfig mounts volumes networks networksettings url path version node nodeselector tolerations ports created
		createdat startedat finishedat description title query type qosclass metadata ownerreferences finalizers loadstate
		unitfilestate policy restartpolicy owner user hostip podip ip controlledby priority serviceaccount requests limits
		generation observedgeneration resourceversion alertname summaryname tags team app component chart repository
		healthcheckcommand test interval desiredstate desiredstatus desired expected loaded docs mainpid process cgroup
		triggeredby invocation`,
	roleText:       `raw output stdout text content answer body response data_text detail details message msg summary statustext note notes stderr info report`,
	roleRestarts:   `restartcount restarts restart restartsum numrestarts nrestarts restarttime totalrestarts attempt`,
	roleExit:       `exitcode exitstatus execmainstatus`,
	roleParts:      `containerstatuses initcontainerstatuses ephemeralcontainerstatuses containers initcontainers ephemeralcontainers`,
	roleConditions: `conditions`,
	roleTrouble:    `error err errormessage exception errortext`,
	roleCode:       `code statuscode httpstatus httpcode httpstatuscode responsecode`,
	roleTally:      `failed failures unavailable unavailablereplicas notready pending crashing unhealthycount failedcount notreadycount pendingcount numberunavailable degraded unreadyreplicas errored failedpods pendingpods`,
})

func keyRoles(lists map[role]string) map[string]role {
	out := map[string]role{}
	for is, list := range lists {
		for word := range strings.FieldsSeq(list) {
			out[word] = is
		}
	}
	for word := range strings.FieldsSeq(`laststate laststatus lastexitcode`) {
		out[word] = roleHistory
	}
	return out
}

// normal is a key in lower case and without separators.
func normal(key string) string {
	if len(key) > maxWord {
		return ""
	}
	return separators.Replace(strings.ToLower(strings.TrimSpace(key)))
}

var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

// roleOf is what stands under a key. What begins with "last" or "previous" is
// history, whatever follows.
func roleOf(key string) role {
	word := normal(key)
	if is, ok := roles[word]; ok {
		return is
	}
	for _, prefix := range []string{"last", "previous", "prev", "prior", "old"} {
		if strings.HasPrefix(word, prefix) && len(word) > len(prefix)+2 {
			return roleHistory
		}
	}
	for _, suffix := range []string{"status", "state", "phase", "health"} {
		if strings.HasSuffix(word, suffix) && !strings.HasPrefix(word, "desired") {
			return roleState
		}
	}
	return roleOther
}

// flagTone reads a state that is told as yes or no, by the key's word: one that
// is good and denied is on its way, unless its denial is an illness.
func flagTone(key string, value bool) said {
	word := strings.TrimPrefix(normal(key), "is")
	t := toneOf(word)
	switch {
	case word == "paused" || word == "stopped":
		t = busy
	case word == "rolledout":
		t = good
	}
	switch {
	case t == good && value:
		return said{good, key}
	case t == good && (illIfNot[word] || word == "up" || word == "running"):
		return said{bad, "not " + word}
	case t == good:
		return said{busy, "not " + word}
	case value:
		return said{t, key}
	}
	return said{}
}

// yesOrNo reads a boolean as tools write it.
func yesOrNo(value string) (is, ok bool) {
	switch strings.ToLower(strings.Trim(value, "\"'")) {
	case "true", "yes":
		return true, true
	case "false", "no":
		return false, true
	}
	return false, false
}

// condition reads a condition's type and status by Kubernetes' conventions: a
// type names what is good, unless its word says otherwise.
func condition(kind, status, reason string) said {
	is, ok := yesOrNo(status)
	if !ok {
		if strings.EqualFold(status, "unknown") && positive(kind) {
			return said{unsure, kind + " unknown"}
		}
		return said{}
	}
	switch {
	case kind == "SchedulingDisabled" || kind == "PodReadyToStartContainers" || kind == "DisruptionTarget":
		return said{}
	case !is && (reason == "ProgressDeadlineExceeded" || reason == "BackoffLimitExceeded"), is && reason == "BackoffLimitExceeded":
		return said{bad, reason}
	case positive(kind) && is:
		return said{good, kind}
	case positive(kind) && illIfNot[strings.ToLower(kind)]:
		return said{bad, "not " + kind}
	case positive(kind):
		return said{busy, "not " + kind}
	case is && negative(kind):
		return said{bad, kind}
	}
	return said{}
}

func positive(kind string) bool {
	return toneOf(kind) == good && !negative(kind) || strings.HasSuffix(kind, "Ready") && kind != "NotReady"
}

func negative(kind string) bool {
	for _, suffix := range []string{"Pressure", "Unavailable", "Failure", "Failed", "Degraded", "Stalled", "Problem", "Deadlock"} {
		if strings.HasSuffix(kind, suffix) {
			return true
		}
	}
	return false
}

// keyed reads a line of a key and its value: Status: Running, ready=false. A
// key that is none of those known may be a name: api: running.
func (r *reader) keyed(content string, indent int) bool {
	content = strings.TrimLeft(content, "-* ●")
	key, value, ok := pair(content)
	if !ok {
		return r.unitTitle(content)
	}
	about := r.subject(indent)
	switch is := roleOf(key); {
	case is == roleHistory:
		r.past = indent
	case is == roleName && value != "":
		r.named(key, value, indent)
	case is == roleNamespace && value != "":
		r.inNamespace(value)
	case is == roleKind:
		r.ofKind(value)
	case is == roleParts && value == "":
		about.part, about.indent = true, indent
		r.scope = append(r.scope, about)
	case is == roleConditions && value == "":
		r.table = &table{conditions: true, about: about, indent: indent}
	case is == roleInert || is == roleTrouble && value == "":
		if value == "" || strings.HasSuffix(normal(key), "s") {
			r.past = indent
		}
		return is == roleInert
	case is == roleTrouble:
		return false
	case value == "":
		r.heading(key, indent, about)
	case r.valued(is, key, value, about):
	default:
		return r.pairOfName(key, value)
	}
	return true
}

// valued reads a value by its key's role, and reports whether it has one.
func (r *reader) valued(is role, key, value string, about section) bool {
	switch is {
	case roleState:
		if strings.EqualFold(value, "terminated") {
			return true // the reason and the exit code tell how
		}
		if flag, ok := yesOrNo(value); ok {
			r.say(about, flagTone("ready", flag), "")
			return true
		}
		r.say(about, stateOf(value), "")
	case roleFlag:
		if flag, ok := yesOrNo(value); ok {
			r.say(about, flagTone(key, flag), "")
			return true
		}
		r.say(about, stateOf(value), "")
	case roleRestarts:
		if n, err := strconv.Atoi(strings.Fields(value + " x")[0]); err == nil && n >= 0 {
			r.add(sighting{kind: about.kindOr(), namespace: about.namespace, name: about.name, restarts: float64(n), counted: true})
		}
	case roleExit:
		if n, err := strconv.Atoi(value); err == nil && n != 0 {
			r.say(about, said{bad, "ExitCode:" + value}, "")
		}
	case roleCode:
		r.say(about, codeState(value), "")
	case roleTally:
		r.countOf(key, value, about)
	case roleText:
		r.sentence(value, 0)
	default:
		return false
	}
	return true
}

// countOf reads how many are in a state that is not good; none is no state.
func (r *reader) countOf(key, value string, about section) {
	n, err := strconv.Atoi(value)
	if err != nil {
		if flag, ok := yesOrNo(value); ok && flag {
			r.say(about, flagTone(key, true), "")
		}
		return
	}
	if n > 0 {
		r.say(about, said{tallyTone(key), key}, "")
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
	if content[at] == ':' && value != "" && value[0] != ' ' && value[0] != '\t' {
		return "", "", false
	}
	if len(strings.Fields(key)) > 4 || strings.ContainsAny(key, "(){}<>/") {
		return "", "", false
	}
	return strings.Trim(key, "\"'"), strings.Trim(strings.TrimSpace(value), "\"',"), true
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
	if fillers[lower] || headings[lower] {
		return false
	}
	s := stateOf(value)
	called := kindOf(words[0])
	if s.tone == silent || called != "" && strings.ContainsAny(value, "0123456789") {
		return false
	}
	if called != "" {
		r.say(section{kind: called}, s, "")
		return true
	}
	refKind, name := reference(words[0])
	if kind == "" {
		kind = refKind
	}
	r.say(section{kind: kind, name: name}, s, "")
	return true
}

// headings are words that begin a message and are no names.
var headings = set("error warning info fatal note docker kubectl result output message answer reply tool")

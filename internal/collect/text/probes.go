package text

import (
	"regexp"
	"strings"
)

// The lines by which small tools tell of a host's network, disks and ring of
// nodes. Each has one fixed form, which its source code prints.
var (
	// pingLine: 3 packets transmitted, 3 received, 0% packet loss
	pingLine = regexp.MustCompile(`^(\d+) packets transmitted, (\d+) (?:packets )?received`)
	// portLine: Connection to mail1 25 port [tcp/smtp] succeeded!
	portLine = regexp.MustCompile(`^(?:Connection to \S+ \S+ port \[\S+\] succeeded|nc: connect to .* failed: )`)
	// linkLine: 3: eth1: <BROADCAST,UP> mtu 1500 qdisc mq state UP mode DEFAULT
	linkLine = regexp.MustCompile(`^\d+: ([^:@ ]+)[:@].*<.*> .*\bstate ([A-Z]+)\b`)
	// arrayLine: md0 : active raid1 sdc1[2] sdb1[1]
	arrayLine = regexp.MustCompile(`^(md\w+) : (active|inactive)\b`)
	// disksLine: 976630464 blocks super 1.2 [2/1] [_U], wanted before there
	disksLine = regexp.MustCompile(`\[(\d+)/(\d+)\] \[[U_]+\]`)
	// ringLine: UN  10.0.0.1  1.2 GiB: up or down; normal, leaving, joining, moving
	ringLine = regexp.MustCompile(`^([UD])([NLJM])\s+([0-9a-f.:]+)\s`)
	// superviseLine: run: api: (pid 4410) 25s
	superviseLine = regexp.MustCompile(`^(run|down|finish): (\S+): `)
	// resolveLine: ;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4410
	resolveLine = regexp.MustCompile(`^;; (?:->>HEADER<<- .*status: ([A-Z]+)|.*no servers could be reached)`)
	// sessionLine: upstream1 BGP --- up 11:58:01.111 Established
	sessionLine = regexp.MustCompile(`^(\S+)\s+(?:BGP|OSPF|BFD)\s+\S+\s+(up|start|down|stop)\s`)
	// checkLine: [+]ping ok, [-]etcd failed: reason withheld
	checkLine = regexp.MustCompile(`^\[([+-])\]([\w./-]+) (?:ok|excluded|failed)\b`)
)

// probe reads a line of one of those tools.
func (r *reader) probe(content string, _ int) bool {
	if r.log {
		return false
	}
	for _, read := range []func(*reader, string) bool{
		(*reader).ping, (*reader).port, (*reader).link, (*reader).array, (*reader).ring, (*reader).checked,
		(*reader).supervised, (*reader).resolved, (*reader).session,
	} {
		if read(r, content) {
			return true
		}
	}
	return false
}

// ping reads how many of the packets came back.
func (r *reader) ping(content string) bool {
	found := pingLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{busy, found[2] + "/" + found[1]}
	switch {
	case isZero(found[2]):
		s.tone = bad
	case found[1] == found[2]:
		s.tone = good
	}
	r.add(sighting{kind: kindEndpoint, said: s, strength: shown, message: content})
	return true
}

func isZero(digits string) bool { return strings.Trim(digits, "0") == "" }

// port reads what netcat tells of a port.
func (r *reader) port(content string) bool {
	if !portLine.MatchString(content) {
		return false
	}
	s := said{good, "Connected"}
	if strings.HasPrefix(content, "nc:") {
		s = said{bad, "NotConnected"}
	}
	r.add(sighting{kind: kindEndpoint, said: s, strength: shown, message: content})
	return true
}

// link reads the state of a network interface.
func (r *reader) link(content string) bool {
	found := linkLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	r.add(sighting{kind: "Link", name: found[1], said: said{toneOf(found[2]), found[2]}, strength: shown, message: content})
	return true
}

// array reads an array of disks: that it is active says nothing as long as not
// all of its disks are there, which stands in the next line.
func (r *reader) array(content string) bool {
	if found := arrayLine.FindStringSubmatch(content); found != nil {
		r.scope = []section{{indent: -1, kind: "Array", name: found[1]}}
		if found[2] == "inactive" {
			r.say(r.scope[0], said{bad, found[2]})
		}
		return true
	}
	found := disksLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{good, found[2] + "/" + found[1]}
	if found[1] != found[2] {
		s.tone = busy
	}
	r.say(r.subject(0), s)
	return true
}

// ring reads the state of one of Cassandra's nodes.
func (r *reader) ring(content string) bool {
	found := ringLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{good, found[1] + found[2]}
	switch {
	case found[1] == "D":
		s.tone = bad
	case found[2] != "N":
		s.tone = busy
	}
	r.add(sighting{kind: "Node", name: found[3], said: s, strength: shown})
	return true
}

// checked reads one of the checks of a health page, as Kubernetes' servers
// write them: one that fails fails the page.
func (r *reader) checked(content string) bool {
	found := checkLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{good, "ok"}
	if found[1] == "-" {
		s = said{bad, "failed"}
	}
	r.add(sighting{kind: kindEndpoint, said: s, strength: shown, message: content})
	return true
}

// supervised reads a service of runit or s6, of which one that is down is wanted
// up unless somebody took it down.
func (r *reader) supervised(content string) bool {
	found := superviseLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{good, found[1]}
	if found[1] != "run" {
		s.tone = bad
	}
	r.add(sighting{kind: "Service", name: found[2], said: s, strength: shown, message: content})
	return true
}

// resolved reads how a question to the DNS was answered. That there is no such
// name is an answer too, and tells nothing of the server.
func (r *reader) resolved(content string) bool {
	found := resolveLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{bad, found[1]}
	switch found[1] {
	case "NOERROR":
		s.tone = good
	case "NXDOMAIN":
		s.tone = unsure
	}
	r.add(sighting{kind: kindEndpoint, said: s, strength: shown, message: content})
	return true
}

// session reads a session of a routing daemon.
func (r *reader) session(content string) bool {
	found := sessionLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{bad, found[2]}
	if found[2] == "up" {
		s.tone = good
	}
	r.add(sighting{kind: "Session", name: found[1], said: s, strength: shown, message: content})
	return true
}

// bareCode reads the code of an HTTP answer that stands alone, as curl prints
// it by a format; 000 is curl's for no answer.
func (r *reader) bareCode(content string, _ int) bool {
	if !r.alone || !answerCodes[content] {
		return false
	}
	s := codeState(content)
	if content == "000" {
		s = said{bad, "NoAnswer"}
	}
	r.add(sighting{kind: kindEndpoint, said: s, strength: shown})
	return true
}

// answerCodes are the codes that stand for an answer without a word beside
// them. Other numbers of three digits are numbers.
var answerCodes = set("000 200 201 202 204 301 302 307 308 401 403 404 429 500 502 503 504")

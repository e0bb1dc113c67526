package text

import (
	"regexp"
	"strings"
)

// The lines by which tools that change many things at once, and plugins that
// check one, tell how it went.
var (
	// recapLine: web1 : ok=3 changed=1 unreachable=0 failed=0
	recapLine = regexp.MustCompile(`^(\S+)\s+: ok=\d+\s+changed=\d+\s+unreachable=(\d+)\s+failed=(\d+)`)
	// stepLine: aws_instance.web: Still creating... [10s elapsed]
	stepLine = regexp.MustCompile(`^[\w.\[\]"-]+: (?:Creating|Modifying|Destroying|Reading|Refreshing state|Still \w+|Creation complete|Modifications complete|Destruction complete|Read complete)\b`)
	// appliedLine: Apply complete! Resources: 1 added, 0 changed, 0 destroyed.
	appliedLine = regexp.MustCompile(`^Apply complete! Resources: `)
	// unappliedLine: Error: creating EC2 Instance: and why
	unappliedLine = regexp.MustCompile(`^(?:[│╷] )?Error: (?:creating|updating|modifying|deleting|waiting for) `)
	// pluginLine: DISK CRITICAL - free space: / 512 MiB
	pluginLine = regexp.MustCompile(`^(?:[A-Z0-9_/]+ )?(OK|WARNING|CRITICAL|UNKNOWN) - `)
)

// run reads a line of such a tool.
func (r *reader) run(content string, _ int) bool {
	if r.log {
		return false
	}
	switch {
	case r.recap(content), r.plugin(content), stepLine.MatchString(content):
	case appliedLine.MatchString(content):
		r.add(sighting{kind: kindObject, said: said{good, "Applied"}, strength: shown, latest: true, message: content})
	case unappliedLine.MatchString(content):
		r.add(sighting{kind: kindObject, said: said{bad, "ApplyFailed"}, strength: shown, latest: true, message: content})
	default:
		return false
	}
	return true
}

// recap reads how a play of Ansible went on one host. One that could not be
// reached tells nothing of itself.
func (r *reader) recap(content string) bool {
	found := recapLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	s := said{good, "Played"}
	switch {
	case !isZero(found[3]):
		s = said{bad, "TaskFailed"}
	case !isZero(found[2]):
		s = said{unsure, "HostUnreachable"}
	}
	r.add(sighting{kind: "Host", name: found[1], said: s, strength: shown, message: content})
	return true
}

// plugin reads the one line that a plugin of Nagios prints.
func (r *reader) plugin(content string) bool {
	found := pluginLine.FindStringSubmatch(content)
	if found == nil {
		return false
	}
	r.add(sighting{kind: "Check", said: said{toneOf(strings.ToLower(found[1])), found[1]}, strength: shown, message: content})
	return true
}

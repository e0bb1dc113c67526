package text

import "strings"

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
	roleTrouble   // why there is no answer
	roleCode      // the code of an HTTP answer
	roleTally     // how many are in a state
	roleEndpoints // the addresses behind a service
)

// roles are the keys of tools' answers, in lower case and without separators.
var roles = keyRoles(map[role]string{
	roleState: `status state phase health healthstatus condition reason activestate currentstate statusreason waitingreason
		laststatus podstatus containerstatus servicestatus nodestatus overallstatus overallhealth healthcheck liveness readiness active
		jobstatus statestr runtimestatus operationalstatus availability clientstatus deploymentstatus healthcheckstatus pm2status statename overall`,
	roleFlag: `ready isready healthy ishealthy running isrunning up isup alive isalive live available isavailable online
		isonline reachable connected oomkilled dead paused crashed unhealthy down crashlooping stopped responding rolledout sealed`,
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
	roleEndpoints:  `endpoints`,
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
	if flagEnding(key) {
		return roleFlag
	}
	return roleOther
}

// flagEnding reports whether a key of several words ends with the word of a
// flag and does not deny it: Replica_IO_Running.
func flagEnding(key string) bool {
	words := keyWords(key)
	if len(words) < 2 || negators[words[0]] {
		return false
	}
	return flagEndings[words[len(words)-1]]
}

// keyWords are the words of a key, in lower case.
func keyWords(key string) []string {
	return strings.FieldsFunc(strings.ToLower(key), func(c rune) bool { return strings.ContainsRune("_-. ", c) })
}

var flagEndings = set("running ready healthy alive online reachable connected")

package testbed

import (
	"strings"
	"testing"
)

// Prometheus starts a Prometheus server with the given configuration file and
// returns its base URL, without a slash at the end. Rules, if any, are the content of
// a rule file beside the configuration, rules.yml, which is loaded also if the
// configuration does not mention it. Flags are the server's own, such as
// "--web.enable-remote-write-receiver".
//
// Targets and Alertmanagers are discovered some seconds after the start:
// wait for what the test needs (Eventually), not for a time.
func Prometheus(t testing.TB, config, rules string, flags ...string) string {
	t.Helper()
	return "http://" + StartPrometheus(t, config, rules, flags...).Addr
}

// StartPrometheus is Prometheus for tests that also kill, pause or restart the
// server.
func StartPrometheus(t testing.TB, config, rules string, flags ...string) *Server {
	t.Helper()
	path := executable(t, "prometheus")
	return start(t, func(port int) Command {
		dir := t.TempDir()
		args := withDefaults(append([]string{
			"--config.file=" + writeFile(t, dir, "prometheus.yml", withRules(config, rules)),
			"--web.listen-address=" + loopback(port),
		}, flags...), "--storage.tsdb.path="+dir+"/data", "--web.enable-lifecycle", "--rules.alert.resend-delay=2s", "--log.level=warn")
		if rules != "" {
			writeFile(t, dir, "rules.yml", rules)
		}
		return Command{Name: "prometheus", Path: path, Args: args, Dir: dir, Ready: answersOK("http://" + loopback(port) + "/-/ready")}
	})
}

func withRules(config, rules string) string {
	if rules == "" || strings.Contains(config, "rule_files:") {
		return config
	}
	return config + "\nrule_files: [rules.yml]\n"
}

// Alertmanager starts an Alertmanager with the given configuration file and
// returns its base URL, without a slash at the end. An empty configuration routes
// everything to a receiver that does nothing.
func Alertmanager(t testing.TB, config string, flags ...string) string {
	t.Helper()
	return "http://" + StartAlertmanager(t, config, flags...).Addr
}

// quiet is the smallest configuration of an Alertmanager.
const quiet = "route: {receiver: nobody, group_wait: 0s}\nreceivers: [{name: nobody}]\n"

// StartAlertmanager is Alertmanager for tests that also kill, pause or restart
// the server.
func StartAlertmanager(t testing.TB, config string, flags ...string) *Server {
	t.Helper()
	if config == "" {
		config = quiet
	}
	path := executable(t, "prometheus-alertmanager", "alertmanager")
	return start(t, func(port int) Command {
		dir := t.TempDir()
		args := withDefaults(append([]string{
			"--config.file=" + writeFile(t, dir, "alertmanager.yml", config),
			"--storage.path=" + dir + "/data",
			"--web.listen-address=" + loopback(port),
		}, flags...), "--cluster.listen-address=", "--log.level=warn")
		return Command{Name: "alertmanager", Path: path, Args: args, Dir: dir, Ready: answersOK("http://" + loopback(port) + "/-/ready")}
	})
}

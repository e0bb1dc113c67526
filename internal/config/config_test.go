package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
)

func TestNothingIsValid(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "store:\n", "sensors: {}\n"} {
		c, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := same(t, Default(), c); diff != "" {
			t.Errorf("%q differs from the defaults:\n%s", text, diff)
		}
	}
	if c, err := Load(""); err != nil || c.DefaultPolicy.Rounds != aftercheck.DefaultPolicy().Rounds {
		t.Errorf("no file: %v", err)
	}
}

func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":            {"storage:\n  retention: 1d\n", "x.yml:1:1: unknown key here"},
		"mistyped key":           {"default_policy:\n  warmpu: 1s\n", "x.yml:2:3: unknown key here; warmup is a known one"},
		"key given twice":        {"limits: {}\nlimits: {}\n", `x.yml:2:1: mapping key "limits" already defined at [1:1]`},
		"two documents":          {"limits: {}\n---\nlimits: {}\n", "x.yml: holds several documents"},
		"user by name":           {"listen: {unix: {allow_uids: [root]}}\n", "want a number"},
		"half a user":            {"listen: {unix: {allow_uids: [0, 1.5]}}\n", "listen.unix.allow_uids[1]: want a numeric ID"},
		"the group nobody has":   {"listen: {unix: {allow_gids: [4294967295]}}\n", "listen.unix.allow_gids[0]: want a numeric ID"},
		"certificate, no key":    {"listen: {tcp: {tls_config: {cert_file: a}}}\n", "listen.tcp.tls_config: want cert_file and key_file together"},
		"share of nothing":       {"limits: {client_share: 0}\n", "limits.client_share: want a number above 0"},
		"bodies too small":       {"limits: {max_body_bytes: 1}\n", "limits.max_body_bytes: want a whole number from 16777216"},
		"no mapping":             {"- a\n", "x.yml:1:1: want a mapping, not a sequence"},
		"text for a list":        {"policies: fast\n", "x.yml:1:11: want a sequence, not a string"},
		"text for a number":      {"limits:\n  max_in_flight: many\n", "x.yml:2:18: want a number"},
		"text for a switch":      {"store:\n  redis:\n    cluster: maybe\n", "x.yml:3:14: want true or false"},
		"list for a text":        {"default_namespace: [a]\n", "x.yml:1:20: want a text"},
		"a short history":        {"sensors: {prometheus: {baseline: {season: 1w}}}\n", "sensors.prometheus.baseline.history: want at least three seasons"},
		"no width":               {"sensors: {prometheus: {baseline: {width: 0}}}\n", "sensors.prometheus.baseline.width: want a number above 0, up to 100"},
		"a strange baseline":     {"sensors: {prometheus: {baseline: {enabled: maybe}}}\n", "sensors.prometheus.baseline.enabled: want auto, true or false"},
		"half a number":          {"limits: {max_in_flight: 1.5}\n", "x.yml:1:25: limits.max_in_flight: want a whole number from 1 to"},
		"not a number":           {"default_policy: {min_coverage: .nan}\n", "x.yml:1:32: default_policy.min_coverage: want a number from 0 to 1"},
		"a number without unit":  {"default_policy:\n  warmup: 10\n", "x.yml:2:11: default_policy.warmup: want a duration as Prometheus writes them"},
		"negative duration":      {"default_policy:\n  warmup: -10s\n", "default_policy.warmup: want a duration"},
		"no time at all":         {"default_policy:\n  deadline: 0s\n", "default_policy.deadline: want a duration longer than zero"},
		"impossible policy":      {"default_policy:\n  deadline: 5s\n", "default_policy.deadline: want at least 10s: the time of 3 rounds"},
		"unknown weight":         {"default_policy:\n  weights: {root: 1}\n", "default_policy.weights.root: want one of root_cause"},
		"weights of nothing":     {"default_policy:\n  weights: {root_cause: 0, target_health: 0, stability: 0, metrics: 0, regressions: 0}\n", "want at least one weight above zero"},
		"policy without name":    {"policies:\n- warmup: 1s\n", "x.yml:2:3: policies[0].name: want a name"},
		"policy named default":   {"policies:\n- name: default\n", "x.yml:2:9: policies[0].name: want a name that is not taken"},
		"bad expression":         {"policies:\n- name: a\n  match: {alertname: '('}\n", "x.yml:3:22: policies[0].match.alertname: want a regular expression"},
		"redis without address":  {"store: {redis: {key_prefix: a}}\n", "store.redis.url: want redis://"},
		"queries without server": {"sensors: {prometheus: {queries: [{name: a, expr: up}]}}\n", "sensors.prometheus.url: want the address"},
		"probe without address":  {"sensors:\n  http:\n  - name: a\n", "x.yml:3:5: sensors.http[0].url: want an address such as"},
		"probe of another kind":  {"sensors:\n  http:\n  - {name: a, url: 'ftp://a/'}\n", "x.yml:3:20: sensors.http[0].url: want an address such as"},
		"two of one name":        {"sensors:\n  http:\n  - {name: a, url: 'http://a/'}\n  scrape:\n  - {name: a, url: 'http://a/', metric: m}\n", "x.yml:5:12: sensors.scrape[0].name: want a name that is not taken"},
		"name of another sensor": {"sensors: {http: [{name: alerts, url: 'http://a/'}]}\n", "want a name that is not taken"},
		"two ways to log in":     {"sensors: {prometheus: {url: 'http://a', basic_auth: {username: a}, authorization: {credentials_file: f}}}\n", "at most one of basic_auth, oauth2 & authorization"},
		"half a certificate":     {"sensors: {prometheus: {url: 'http://a', tls_config: {cert_file: f}}}\n", "want cert_file and key_file together"},
		"neither on nor off":     {"sensors: {kubernetes: {enabled: perhaps}}\n", "sensors.kubernetes.enabled: want auto, true or false"},
		"playbooks without end":  {"metrics: {max_playbooks: 1001}\n", "metrics.max_playbooks: want a whole number from 0 to 1000"},
		"proposals all the time": {"self_healing: {resend_interval: 10ms}\n", "self_healing.resend_interval: want 1s or more"},
		"a label of no form":     {"self_healing: {incident_labels: [team, a-b]}\n", "self_healing.incident_labels[1]: want the name of a label"},
		"engine without address": {"sensors: {docker: [{name: a}]}\n", "sensors.docker[0].url: want an address such as unix://"},
		"a relative socket":      {"sensors: {docker: [{name: a, url: 'unix://docker.sock'}]}\n", "sensors.docker[0].url: want an address such as unix://"},
		"ssh as nobody":          {"sensors: {docker: [{name: a, url: 'ssh://a', ssh: {identity_file: k, known_hosts_file: h}}]}\n", "sensors.docker[0].url: want ssh://user@host"},
		"ssh with any host":      {"sensors: {docker: [{name: a, url: 'ssh://u@a', ssh: {identity_file: k}}]}\n", "sensors.docker[0].ssh: want identity_file and known_hosts_file"},
		"keys for no ssh":        {"sensors: {docker: [{name: a, url: 'unix:///a', ssh: {identity_file: k, known_hosts_file: h}}]}\n", "sensors.docker[0].ssh: want identity_file and known_hosts_file"},
		"certificates unused":    {"sensors: {docker: [{name: a, url: 'http://a', tls_config: {ca_file: c}}]}\n", "sensors.docker[0].tls_config: want it with an address of https://"},
		"two hosts of one name":  {"sensors: {docker: [{name: a, url: 'http://a'}, {name: a, url: 'http://b'}]}\n", "sensors.docker[1].name: want a name that is not taken"},
		"open quote":             {"default_namespace: 'a\n", "x.yml:1:20: could not find end character of single-quoted text"},
		"tab":                    {"\tlimits: {}\n", "x.yml:1:"},
		"deep":                   {strings.Repeat("[", 100_000), "nests too deep"},
		"deep block":             {strings.Repeat("- ", 100_000), "nests too deep"},
		"too large":              {strings.Repeat("#", MaxBytes+1), "is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse("x.yml", []byte(c.text))
			if err == nil {
				t.Fatalf("accepted: %+v", got)
			}
			if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x.yml:") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("%T is no *Error", err)
			}
		})
	}
}

func TestEveryMistakeIsTold(t *testing.T) {
	_, err := Parse([]byte("default_policy:\n  warmup: soon\n  rounds: 0\nstore: {retention: never}\n"))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"default_policy.warmup", "default_policy.rounds", "store.retention"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not mention %s", err, want)
		}
	}
	explained := Explain(err)
	if !strings.Contains(explained, "    2 |   warmup: soon\n                  ^") {
		t.Errorf("no excerpt with a mark in\n%s", explained)
	}
}

func TestSecretsAreNotRepeated(t *testing.T) {
	for _, text := range []string{
		"sensors:\n  prometheus:\n    url: http://a\n    basic_auth: {username: u, password: hunter22}\n",
		"sensors:\n  prometheus:\n    url: http://u:hunter22@a\n",
		"store:\n  redis:\n    url: http://u:hunter22@a/\n",
		"sensors:\n  prometheus:\n    url: http://a\n    authorization:\n      credentials: hunter22\n",
		"sensors:\n  prometheus:\n    bearer_token: 'hunter22\n",
		"store: {redis: {password: hunter22}}\n",
		"sensors: {docker: [{name: a, url: 'ssh://u:hunter22@a', ssh: {identity_file: k, known_hosts_file: h}}]}\n",
		"sensors: {docker: [{name: a, url: 'http://u:hunter22@a'}]}\n",
		"sensors: {prometheus: {url: 'http://a', proxy_url: 'http://u:hunter22@'}}\n",
	} {
		_, err := Parse([]byte(text))
		if err == nil {
			t.Errorf("accepted: %s", text)
			continue
		}
		if said := Explain(err); strings.Contains(said, "hunter22") {
			t.Errorf("repeats the secret:\n%s", said)
		}
	}
	_, err := Parse([]byte("sensors: {prometheus: {basic_auth: {password: x}}}"))
	if err == nil || !strings.Contains(err.Error(), "want password_file") {
		t.Errorf("%v does not say what to do instead", err)
	}
}

func TestNamedPolicyIsBasedOnTheDefault(t *testing.T) {
	c, err := Parse([]byte(`
default_policy: {warmup: 3s, weights: {metrics: 0.4}}
policies:
- name: slow
  match: {alertname: "Db.*", labels: ["team=a"]}
  deadline: 2m
`))
	if err != nil {
		t.Fatal(err)
	}
	p := c.Policies[0]
	if p.Name != "slow" || time.Duration(p.Warmup) != 3*time.Second || time.Duration(p.Deadline) != 2*time.Minute || p.Weights["metrics"] != 0.4 || p.Weights["root_cause"] != 0.3 {
		t.Errorf("got %+v", p)
	}
	if p.Match.Empty() || p.Match.Alertname != "Db.*" || len(p.Match.Labels) != 1 {
		t.Errorf("match is %+v", p.Match)
	}
}

func TestPathsBeginAtTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yml")
	text := "store: {redis: {url: 'redis://u@h', password_file: p}}\nsensors: {prometheus: {url: 'http://a', authorization: {credentials_file: /etc/token}}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(path), "p"); c.Store.Redis.PasswordFile != want {
		t.Errorf("got %s, want %s", c.Store.Redis.PasswordFile, want)
	}
	if got := c.Sensors.Prometheus.Client.Authorization.CredentialsFile; got != "/etc/token" {
		t.Errorf("an absolute path became %s", got)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "absent.yml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent file gives %v", err)
	}
}

func TestAtPointsIntoTheFile(t *testing.T) {
	c, err := parse("x.yml", []byte("sensors:\n  scrape:\n  - name: q\n    url: http://a\n    metric: m\n    healthy: good\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = c.At("sensors.scrape[0]", errors.New("healthy: want one of < <="))
	if want := "x.yml:6:14: sensors.scrape[0].healthy: want one of < <="; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if c.At("sensors", nil) != nil {
		t.Error("nil became an error")
	}
	if got := c.At("sensors.scrape[0].labels[3]", errors.New("want a matcher")).Error(); !strings.HasPrefix(got, "x.yml:3:5: ") {
		t.Errorf("what is not written is shown at its parent: %s", got)
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile(referencePath)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, seed := range []string{"", "a: b", "policies: [{name: a}]", "&a [*a]", "<<: {}", "? x\n: y", "limits: {max_in_flight: 1e99}", "- - - -", "\x00", "store: !!binary x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if (c == nil) == (err == nil) {
			t.Fatalf("configuration %v with error %v", c, err)
		}
		if err != nil {
			_ = Explain(err)
			return
		}
		if c.DefaultPolicy.Rounds < 1 || c.Store.Retention <= 0 || c.Limits.MaxInFlight < 1 {
			t.Errorf("accepted what is not checked: %+v", c)
		}
	})
}

// TestDeadlineFollowsUnlessItIsWritten: a deadline that is written is kept as it
// is, also in the policies that are based on it, until one of them writes how
// long at the most instead.
func TestDeadlineFollowsUnlessItIsWritten(t *testing.T) {
	type answer struct {
		Base, Named bool
		MaxWait     aftercheck.Duration
	}
	for written, want := range map[string]answer{
		"policies: [{name: a}]":                                                {true, true, aftercheck.Duration(15 * time.Minute)},
		"default_policy: {max_wait: 5m}\npolicies: [{name: a}]":                {true, true, aftercheck.Duration(5 * time.Minute)},
		"default_policy: {deadline: 1m}\npolicies: [{name: a}]":                {false, false, aftercheck.Duration(15 * time.Minute)},
		"default_policy: {deadline: 30s, max_wait: 5m}\npolicies: [{name: a}]": {false, false, aftercheck.Duration(5 * time.Minute)},
		"policies: [{name: a, deadline: 1m}]":                                  {true, false, aftercheck.Duration(15 * time.Minute)},
		"default_policy: {deadline: 1m}\npolicies: [{name: a, max_wait: 20m}]": {false, true, aftercheck.Duration(20 * time.Minute)},
	} {
		c, err := Parse([]byte(written))
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		got := answer{c.DefaultPolicy.FollowDelays, c.Policies[0].FollowDelays, c.Policies[0].MaxWait}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", written, got, want)
		}
	}
	if _, err := Parse([]byte("default_policy: {max_wait: 0s}")); err == nil || !strings.Contains(err.Error(), "max_wait") {
		t.Errorf("no time at the most: %v", err)
	}
}

func TestAQueryHasTheBaselineOfAllUnlessItSaysOtherwise(t *testing.T) {
	c, err := Parse([]byte(`
sensors:
  prometheus:
    url: http://prometheus.example:9090
    baseline: {history: 28d, season: 1d}
    queries:
    - {name: a, expr: up, baseline: {enabled: false, season: auto}}
    - {name: b, expr: up}
`))
	if err != nil {
		t.Fatal(Explain(err))
	}
	const day = 24 * time.Hour
	all := Baseline{Enabled: SwitchAuto, History: 28 * day, Season: day, Width: 3}
	p := c.Sensors.Prometheus
	if p.Baseline != all || p.Queries[1].Baseline != all || p.Queries[0].Baseline != (Baseline{Enabled: SwitchOff, History: 28 * day, Width: 3}) {
		t.Errorf("got %+v", p)
	}
}

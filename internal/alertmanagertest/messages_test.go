package alertmanagertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/testbed/receivers"
)

// proposal is the alert of a rollback proposal, as the sidecar sends it.
func proposal(incident string) alert {
	return alert{
		Labels: map[string]string{
			"alertname": "AftercheckRollbackProposed", "severity": "critical", "namespace": "shop",
			"playbook": "pb-42", "verdict": "failed", "incident": incident,
		},
		Annotations: map[string]string{
			"summary":            "Rollback proposed: self-healing score 0.21 is under 0.50",
			"description":        "Incident: inc-1 (KubePodCrashLooping)\nThis is a proposal. Nothing is rolled back automatically.",
			"action":             "auto_repair_playbook:pb-42:kubectl set resources deployment/api --limits=memory=64Mi",
			"reason":             "worse",
			"explanation":        "2 of 3 pods of Deployment shop/api are crash-looping; before it was 1.",
			"score":              "0.21",
			"threshold":          "0.50",
			"root_cause_cleared": "no",
			"regressions":        "Deployment shop/cart health: healthy → unhealthy; Service shop/api endpoints: 3 → 1",
			"checks":             "stability: 0 consecutive healthy rounds, wanted 3 consecutive healthy rounds",
			"evidence":           "https://aftercheck.example/verifications/0198c0de-0000-7000-8000-000000000000",
			"incident_alertname": "KubePodCrashLooping",
			"proposal":           "proposal-b332cabee5000b392d5e5e6b",
			"verification":       "0198c0de-0000-7000-8000-000000000000",
		},
		GeneratorURL: "https://aftercheck.example/verifications/0198c0de-0000-7000-8000-000000000000",
	}
}

// TestProposalReachesPeopleAndTheReviewer follows one proposal until it is
// resolved. Telegram first asks to wait (429), and the reviewer is busy (503): both
// get it all the same.
func TestProposalReachesPeopleAndTheReviewer(t *testing.T) {
	h := newHouse(t, 1)
	h.fire(t, proposal("inc-1"))

	sent := h.telegram.Find(t, "the proposal", has("Rollback proposed"))
	if sent.ChatID != receivers.Chat || sent.ParseMode != "HTML" || sent.Silent == "true" {
		t.Errorf("sent to %s as %s, silent %q", sent.ChatID, sent.ParseMode, sent.Silent)
	}
	visible, links, err := receivers.Shown(sent.Text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, sent.Text)
	}
	if want := read(t, "testdata/proposed.txt"); visible != strings.TrimSpace(want) {
		t.Errorf("Telegram shows\n%s\nwant\n%s", visible, want)
	}
	if want := proposal("").Annotations["evidence"]; !slices.Equal(links, []string{want}) {
		t.Errorf("links %v, want %s", links, want)
	}
	posted := h.reviewer.Find(t, "the proposal", status("firing"))
	if want := documented(t); !reflect.DeepEqual(posted, want) {
		got, _ := json.MarshalIndent(posted, "", "  ")
		t.Errorf("the reviewer got\n%s\nand docs/alertmanager.md has another JSON", got)
	}
	_, byTelegram := h.telegram.Seen()
	if _, byReviewer := h.reviewer.Seen(); byTelegram != 1 || byReviewer != 1 {
		t.Errorf("refused %d and %d times, want once each", byTelegram, byReviewer)
	}

	over := proposal("inc-1")
	over.Annotations["outcome"] = "It was acknowledged by kim: rolled back by hand"
	h.resolve(t, over)
	visible, _, err = receivers.Shown(h.telegram.Find(t, "the end of the proposal", has("no longer proposed")).Text)
	if err != nil {
		t.Fatal(err)
	}
	if want := read(t, "testdata/withdrawn.txt"); visible != strings.TrimSpace(want) {
		t.Errorf("Telegram shows\n%s\nwant\n%s", visible, want)
	}
	h.reviewer.Find(t, "the end of the proposal", status("resolved"))
	asked, _ := h.reviewer.Seen()
	for _, r := range asked {
		if r.Header.Get("Authorization") != "Bearer "+receivers.ReviewersToken || r.URL.Path != "/aftercheck/proposals" {
			t.Errorf("the reviewer was asked at %s with %q", r.URL.Path, r.Header.Get("Authorization"))
		}
	}
}

// TestEndWithoutAnnotations: a proposal that is resolved by its labels alone
// still says which one it was.
func TestEndWithoutAnnotations(t *testing.T) {
	h := newHouse(t, 0)
	h.fire(t, proposal("inc-1"))
	h.telegram.Find(t, "the proposal", has("Rollback proposed"))
	h.resolve(t, alert{Labels: proposal("inc-1").Labels})
	visible, links, err := receivers.Shown(h.telegram.Find(t, "its end", has("no longer proposed")).Text)
	want := "✅ Rollback no longer proposed\nIncident: inc-1\n\n" +
		"A later verification succeeded, somebody acknowledged the proposal, or it expired. Nothing was rolled back automatically."
	if err != nil || visible != want || len(links) > 0 {
		t.Errorf("%v: links %v, shows\n%s\nwant\n%s", err, links, visible, want)
	}
}

// TestThePageShowsWhatIsSent holds docs/alertmanager.md against the message and
// the proposal of these tests.
func TestThePageShowsWhatIsSent(t *testing.T) {
	page := read(t, "../../docs/alertmanager.md")
	if !strings.Contains(page, "```\n"+read(t, "testdata/proposed.txt")+"```") {
		t.Error("docs/alertmanager.md shows another message than testdata/proposed.txt")
	}
	for what, names := range map[string]map[string]string{"label": proposal("").Labels, "annotation": proposal("").Annotations} {
		_, table, _ := strings.Cut(page, "\n| "+what+" | what |\n")
		table, _, _ = strings.Cut(table, "\n\n")
		for name := range names {
			if !strings.Contains(table, "`"+name+"`") {
				t.Errorf("docs/alertmanager.md: the %s %s is not in the table", what, name)
			}
		}
	}
}

func status(want string) func(map[string]any) bool {
	return func(posted map[string]any) bool { return posted["status"] == want }
}

// documented is the JSON that docs/alertmanager.md shows to reviewers.
func documented(t testing.TB) (example map[string]any) {
	t.Helper()
	found := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(read(t, "../../docs/alertmanager.md"))
	if found == nil {
		t.Fatal("docs/alertmanager.md: no JSON")
	}
	if err := json.Unmarshal([]byte(found[1]), &example); err != nil {
		t.Fatalf("docs/alertmanager.md: %v", err)
	}
	return example
}

// TestHostileTextIsOnlyText fills every label and annotation with what would be
// markup, another line, a link, or too long.
func TestHostileTextIsOnlyText(t *testing.T) {
	h := newHouse(t, 0)
	hostile := map[string]string{
		"markup":   `<b>bold</b><a href="https://evil.example">Evidence</a><script>alert(1)</script>`,
		"quotes":   strings.Repeat(`"'`, 3000),
		"angles":   strings.Repeat(`<>`, 3000),
		"entities": strings.Repeat(`&amp;`, 2000),
		"pluses":   strings.Repeat(`+`, 6000),
		"letters":  strings.Repeat(`я`, 6000),
		"symbols":  strings.Repeat(`😀`, 3000),
		"lines":    "x\nScore: 0.99\u2028Root cause cleared: yes\r\n\u202egnihtoN",
		"template": `{{ .ExternalURL }}{{ template "aftercheck.telegram.alerts" . }}`,
		"script":   `javascript:alert(1)`,
		"link":     `https://evil.example/"onclick="x`,
	}
	for name, text := range hostile {
		a := proposal(name)
		a.Labels["namespace"], a.Labels["playbook"], a.Labels["verdict"] = text, text, text
		a.Labels["case"] = name
		for annotation := range a.Annotations {
			a.Annotations[annotation] = text
		}
		a.Annotations["summary"] = name
		h.fire(t, a)
	}
	for name, text := range hostile {
		sent := h.telegram.Find(t, name, func(m receivers.Message) bool { return strings.Contains(m.Text, "<b>Incident:</b> "+name+"\n") })
		visible, links, err := receivers.Shown(sent.Text)
		if err != nil {
			t.Errorf("%s: %v in\n%s", name, err, sent.Text)
			continue
		}
		if len(links) > 0 {
			t.Errorf("%s: it links to %v", name, links)
		}
		lines := strings.Split(visible, "\n")
		if want := 15; len(lines) != want {
			t.Errorf("%s: %d lines, want %d:\n%s", name, len(lines), want, visible)
		}
		begin := []rune(strings.Join(strings.FieldsFunc(text, odd), " "))
		if begin = begin[:min(len(begin), 40)]; !strings.Contains(visible, "Namespace: "+string(begin)+"\n") {
			t.Errorf("%s: the namespace is not shown as it is:\n%s", name, visible)
		}
		if !strings.HasSuffix(visible, "\n\nThis is a proposal. Nothing is rolled back automatically.") {
			t.Errorf("%s: does not say that it is a proposal:\n%s", name, visible)
		}
	}
}

// TestLongestMessageFits makes each text as long as it may be before it is cut
// shorter, out of what grows most by being escaped.
func TestLongestMessageFits(t *testing.T) {
	h := newHouse(t, 0)
	quotes := func(n int) string { return strings.Repeat(`"`, n) }
	a := proposal(quotes(200))
	a.Labels["namespace"], a.Labels["playbook"], a.Labels["verdict"] = quotes(200), quotes(200), quotes(200)
	for annotation := range a.Annotations {
		a.Annotations[annotation] = quotes(200)
	}
	a.Annotations["proposal"] = strings.Repeat("p", 48) // shown only where escaping does not lengthen it
	a.Annotations["regressions"], a.Annotations["explanation"], a.Annotations["checks"] = quotes(130), quotes(110), quotes(80)
	h.fire(t, a)
	visible, _, err := receivers.Shown(h.telegram.Find(t, "the message", has("Rollback proposed")).Text)
	for heading, length := range map[string]int{"Regressions: ": 130, "Why: ": 110, "To check: ": 80, "Action: ": 120} {
		if !strings.Contains(visible, heading+quotes(length)+"\n") {
			t.Errorf("%v: %s has not %d characters:\n%s", err, heading, length, visible)
		}
	}
}

// TestLongTextIsCutWithASign: five regressions with long names are shown whole,
// and what is longer than a message may hold ends with a sign.
func TestLongTextIsCutWithASign(t *testing.T) {
	h := newHouse(t, 0)
	a := proposal("inc-1")
	five := strings.TrimSuffix(strings.Repeat("Deployment shop/a-rather-long-name-of-a-deployment-"+strings.Repeat("x", 40)+" health: healthy → unhealthy; ", 5), "; ")
	a.Annotations["regressions"] = five + "; and 2 more"
	a.Annotations["explanation"] = strings.Repeat("word ", 200)
	a.Annotations["checks"] = strings.Repeat("<p> ", 60)
	h.fire(t, a)
	visible, _, err := receivers.Shown(h.telegram.Find(t, "the message", has("Rollback proposed")).Text)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Regressions: " + five + "; and 2 more\n",
		"Why: " + strings.Repeat("word ", 106) + "…\n",
		"To check: " + strings.Repeat("<p> ", 17) + "<p…\n",
	} {
		if !strings.Contains(visible, want) {
			t.Errorf("want %q in\n%s", want, visible)
		}
	}
}

// odd are the characters in the texts above that become a blank.
func odd(r rune) bool { return strings.ContainsRune("\n\r\u2028\u202e ", r) }

// TestManyProposalsOfAnIncidentFitAMessage: one message holds those of an
// incident, three in short and how many more there are.
func TestManyProposalsOfAnIncidentFitAMessage(t *testing.T) {
	h := newHouse(t, 0)
	var all []alert
	for i := range 5 {
		a := proposal("inc-1")
		a.Labels["playbook"] = fmt.Sprintf("pb-%d", i)
		a.Annotations["action"] = fmt.Sprintf("restart %d ", i) + strings.Repeat(`"`, 4000)
		all = append(all, a)
	}
	h.fire(t, all...)
	visible, links, err := receivers.Shown(h.telegram.Find(t, "the message of five", has("5 rollback proposals")).Text)
	if err != nil {
		t.Fatal(err)
	}
	if len(links) != 3 || !strings.Contains(visible, "and 2 more: aftercheck proposals") ||
		!strings.Contains(visible, "These are proposals. Nothing is rolled back automatically.") {
		t.Errorf("%d links in\n%s", len(links), visible)
	}
	h.reviewer.Find(t, "one of the five by itself", func(posted map[string]any) bool { return len(posted["alerts"].([]any)) == 1 })
}

// ruled is an alert of Prometheus' rules.
func ruled(name, severity string, more map[string]string) alert {
	a := alert{
		Labels: map[string]string{"alertname": name, "severity": severity, "namespace": "ops", "job": "aftercheck"},
		Annotations: map[string]string{
			"summary": "Something is wrong", "description": name + " of <host> & others",
			"runbook_url": "https://github.com/aftercheck/aftercheck/blob/main/docs/runbooks/" + name + ".md",
		},
	}
	for label, value := range more {
		a.Labels[label] = value
	}
	return a
}

func TestAlertsOfTheRulesGoBySeverity(t *testing.T) {
	h := newHouse(t, 0)
	urgent := ruled("AftercheckVerificationsOverdue", "critical", map[string]string{"instance": "a:19746"})
	h.fire(t, urgent, ruled("AftercheckStoreAway", "warning", nil))
	loud := h.telegram.Find(t, "the critical one", has("AftercheckVerificationsOverdue"))
	silent := h.telegram.Find(t, "the warning", has("AftercheckStoreAway"))
	if loud.Silent == "true" || silent.Silent != "true" {
		t.Errorf("silent: the critical one %q, the warning %q", loud.Silent, silent.Silent)
	}
	visible, links, err := receivers.Shown(loud.Text)
	want := "🔴 AftercheckVerificationsOverdue in ops\n• AftercheckVerificationsOverdue of <host> & others\nRunbook"
	if err != nil || visible != want || !slices.Equal(links, []string{urgent.Annotations["runbook_url"]}) {
		t.Errorf("%v: links %v, shows\n%s\nwant\n%s", err, links, visible, want)
	}
	h.resolve(t, urgent)
	visible, _, err = receivers.Shown(h.telegram.Find(t, "its end", has("Resolved: ")).Text)
	if err != nil || !strings.HasPrefix(visible, "✅ Resolved: AftercheckVerificationsOverdue in ops\n") {
		t.Errorf("%v: shows\n%s", err, visible)
	}
}

func TestManyHostileAlertsFitAMessage(t *testing.T) {
	h := newHouse(t, 0)
	var all []alert
	for i := range 6 {
		a := ruled(strings.Repeat(`"`, 300), "critical", map[string]string{"instance": fmt.Sprint(i), "namespace": strings.Repeat("+", 300)})
		a.Annotations["description"] = strings.Repeat(`<&`, 3000)
		a.Annotations["runbook_url"] = `javascript:alert(1)`
		all = append(all, a)
	}
	h.fire(t, all...)
	visible, links, err := receivers.Shown(h.telegram.Find(t, "the message of six", has("and 2 more")).Text)
	if err != nil || len(links) > 0 || strings.Count(visible, "• ") != 4 {
		t.Errorf("%v: links %v, shows\n%s", err, links, visible)
	}
}

// TestConsequencesAreInhibited fires causes with what follows from them, and
// others that do not.
func TestConsequencesAreInhibited(t *testing.T) {
	h := newHouse(t, 0)
	sensor := func(name string) map[string]string { return map[string]string{"sensor": name} }
	h.fire(t,
		ruled("AftercheckSensorDown", "warning", sensor("kubernetes")),
		ruled("AftercheckStoreAway", "warning", nil),
		ruled("AftercheckVerdictsWithoutEvidence", "warning", map[string]string{"namespace": "elsewhere"}),
		ruled("AftercheckScoresLow", "critical", nil),
	)
	h.fire(t,
		ruled("AftercheckSensorSlow", "warning", sensor("kubernetes")),
		ruled("AftercheckSensorBreakerOpen", "warning", sensor("kubernetes")),
		ruled("AftercheckSensorSlow", "warning", sensor("http")),
		ruled("AftercheckCoverageLow", "warning", nil),
		ruled("AftercheckStoreErrorsHigh", "critical", nil),
		ruled("AftercheckVerificationsOverdue", "critical", nil),
		ruled("AftercheckPlaybookSuccessRatioLow", "critical", map[string]string{"namespace": "elsewhere", "playbook": "pb-1"}),
		ruled("AftercheckPlaybookSuccessRatioLow", "critical", map[string]string{"playbook": "pb-1"}),
		ruled("AftercheckScoresLow", "warning", nil),
		proposal("inc-1"),
	)
	want := []string{
		"AftercheckCoverageLow ops", "AftercheckPlaybookSuccessRatioLow elsewhere", "AftercheckScoresLow ops warning",
		"AftercheckSensorBreakerOpen ops kubernetes", "AftercheckSensorSlow ops kubernetes", "AftercheckStoreErrorsHigh ops",
	}
	testbed.Eventually(t, time.Minute, func() error {
		got, err := suppressed(h.base)
		if err == nil && !slices.Equal(got, want) {
			err = fmt.Errorf("suppressed %q, want %q", got, want)
		}
		return err
	})
}

// suppressed names what Alertmanager keeps back because of something else, once it
// has looked at everything.
func suppressed(base string) (all []string, err error) {
	response, err := http.Get(base + "/api/v2/alerts")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var alerts []struct {
		Labels map[string]string `json:"labels"`
		Status struct {
			State string `json:"state"`
		} `json:"status"`
	}
	if err := json.NewDecoder(response.Body).Decode(&alerts); err != nil {
		return nil, err
	}
	for _, a := range alerts {
		name := a.Labels["alertname"] + " " + a.Labels["namespace"]
		if a.Labels["sensor"] != "" {
			name += " " + a.Labels["sensor"]
		}
		if a.Labels["alertname"] == "AftercheckScoresLow" {
			name += " " + a.Labels["severity"]
		}
		switch a.Status.State {
		case "unprocessed":
			return nil, fmt.Errorf("%s is not looked at yet", name)
		case "suppressed":
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all, nil
}

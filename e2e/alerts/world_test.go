//go:build e2ealerts

package alerts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/client"
	"github.com/aftercheck/aftercheck/internal/testbed"
	"github.com/aftercheck/aftercheck/internal/testbed/receivers"
)

// patience is long enough for a loaded machine.
const patience = time.Minute

// settings is the sidecar's configuration. An incident's label service says where
// its service and that one's neighbour are. Proposals are told again each second, so
// that what is lost with an Alertmanager is soon there again.
const settings = `
default_policy: {warmup: 200ms, deadline: 3s, interval: 200ms, rounds: 3}
self_healing: {alertmanagers: [%q], resend_interval: 1s, incident_labels: [service]}
sensors:
  kubernetes: {enabled: false}
  http:
    - {name: health, url: "%[2]s/$service/healthz", timeout: 2s, signal: true}
    - {name: cart, url: "%[2]s/$service-cart/healthz", timeout: 2s, scope: neighbour}
  scrape:
    - {name: order_errors, url: "%[2]s/$service/metrics", timeout: 2s, metric: shop_order_error_ratio, unit: ratio, better: lower, healthy: "< 0.05"}
`

// world is the whole way of an alert.
type world struct {
	shop         *shop
	telegram     *receivers.Standin[receivers.Message]
	reviewer     *receivers.Standin[map[string]any]
	alertmanager *testbed.Server
	prometheus   string // base URL
	sidecar      *testbed.Sidecar
	web          string // base URL of the sidecar's pages
	client       *client.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{shop: newShop(t), telegram: receivers.NewTelegram(t, 0), reviewer: receivers.NewReviewer(t, 0)}
	w.alertmanager = testbed.StartAlertmanager(t, receivers.ConfigOf(t, w.telegram, w.reviewer, nil))
	address := fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t)) // the same after a restart
	w.web = "http://" + address
	w.sidecar = testbed.StartSidecar(t, binary, fmt.Sprintf(settings, "http://"+w.alertmanager.Addr, w.shop.URL), "--web.listen-address="+address)
	var err error
	if w.client, err = client.New(w.sidecar.Socket); err != nil {
		t.Fatal(err)
	}
	w.prometheus = startPrometheus(t, address, w.alertmanager.Addr)
	testbed.Eventually(t, patience, func() error { return w.holds("aftercheck_build_info") })
	return w
}

// interval is a group's own interval in the rules file: such groups are evaluated
// for the first time minutes after the start.
var interval = regexp.MustCompile(`(?m)^    interval: .*\n`)

// startPrometheus starts one that scrapes the sidecar and has the rules as they
// are shipped, but for the intervals of groups; and beside them the alerts of
// repairs with nothing to wait for.
func startPrometheus(t *testing.T, sidecar, alertmanager string) string {
	t.Helper()
	rules, err := os.ReadFile(receivers.RulesFile())
	if err != nil {
		t.Fatal(err)
	}
	hasty := filepath.Join(t.TempDir(), "hasty.yml")
	if err := os.WriteFile(hasty, hastened(t, rules), 0o600); err != nil {
		t.Fatal(err)
	}
	return testbed.Prometheus(t, fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
rule_files: [rules.yml, %q]
scrape_configs:
- job_name: aftercheck
  static_configs: [{targets: [%q], labels: {namespace: ops}}]
`, alertmanager, hasty, sidecar), interval.ReplaceAllString(string(rules), ""))
}

// repair is an incident and what is done about it.
type repair struct {
	incident, service, action string
	// of says what the action does to the services.
	of func(*shop)
}

// judge is the executor: it captures, repairs, and has it verified.
func (w *world) judge(ctx context.Context, r repair) (aftercheck.Verification, error) {
	incident := aftercheck.Incident{
		ID: r.incident, Alertname: "ShopOrdersFailing",
		Labels: map[string]string{"namespace": "shop", "service": r.service}, StartsAt: time.Now(),
	}
	v, err := w.client.Around(ctx, incident, aftercheck.Action{Text: r.action}, func(context.Context) error {
		r.of(w.shop)
		return nil
	})
	if err == nil {
		err = v.Trouble
	}
	return v.Verification, err
}

// get decodes the JSON that the URL answers.
func get(url string, into any) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// alert is one as Alertmanager gives it back.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	UpdatedAt    time.Time         `json:"updatedAt"`
	GeneratorURL string            `json:"generatorURL"`
}

// proposals returns what Alertmanager knows to be proposed for an incident and not
// over.
func (w *world) proposals(incident string) (all []alert, err error) {
	filter := "?filter=alertname%3DAftercheckRollbackProposed&filter=incident%3D" + incident
	return all, get("http://"+w.alertmanager.Addr+"/api/v2/alerts"+filter, &all)
}

// lines returns what a message shows its reader, and where it leads.
func lines(t *testing.T, m receivers.Message) (shown, links []string) {
	t.Helper()
	visible, links, err := receivers.Shown(m.Text)
	if err != nil {
		t.Fatalf("Telegram would refuse it: %v in\n%s", err, m.Text)
	}
	return strings.Split(visible, "\n"), links
}

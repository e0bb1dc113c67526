package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// gate stands before a real Alertmanager, which cannot be reached while it is
// closed.
type gate struct {
	closed       atomic.Bool
	alertmanager string
	behind       *httputil.ReverseProxy
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.closed.Load() {
		http.Error(w, "closed", http.StatusBadGateway)
		return
	}
	g.behind.ServeHTTP(w, r)
}

func setGate(env *testscript.Env, alertmanager string) error {
	target, err := url.Parse(alertmanager)
	if err != nil {
		return err
	}
	g := &gate{alertmanager: alertmanager, behind: httputil.NewSingleHostReverseProxy(target)}
	server := httptest.NewServer(g)
	env.Defer(server.Close)
	env.Values["gate"] = g
	env.Setenv("GATE", server.URL)
	return nil
}

// gateIs opens or closes the way to the Alertmanager: gate open, gate closed.
func gateIs(ts *testscript.TestScript, _ bool, args []string) {
	ts.Value("gate").(*gate).closed.Store(strings.Join(args, " ") == "closed")
}

// alertsAre waits until the Alertmanager has so many alerts of an incident:
// alerts 1 incident.
func alertsAre(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("alerts: want a number and an incident")
	}
	address := ts.Value("gate").(*gate).alertmanager + "/api/v2/alerts?filter=" + url.QueryEscape(`incident="`+args[1]+`"`)
	eventually(ts, func() error {
		response, err := http.Get(address)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var alerts []any
		if err := json.NewDecoder(response.Body).Decode(&alerts); err != nil {
			return err
		}
		if fmt.Sprint(len(alerts)) != args[0] {
			return fmt.Errorf("%d alerts of %s, want %s", len(alerts), args[1], args[0])
		}
		return nil
	})
}

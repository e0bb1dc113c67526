package testbed_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// redis sends one inline command and returns the reply's first line.
func redis(t *testing.T, addr, command string) string {
	t.Helper()
	line, err := tryRedis(addr, command)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func tryRedis(addr, command string) (string, error) {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line), err
}

func TestRedisAnswersAndTakesArguments(t *testing.T) {
	addr := testbed.Redis(t, "--databases", "3")
	if got := redis(t, addr, "SET k v"); got != "+OK" {
		t.Errorf("SET: %s", got)
	}
	if got := redis(t, addr, "SELECT 3"); !strings.HasPrefix(got, "-ERR") {
		t.Errorf("the argument --databases 3 was not taken: SELECT 3: %s", got)
	}
}

func TestRedisWithPasswordIsReady(t *testing.T) {
	addr := testbed.Redis(t, "--requirepass", "secret")
	if got := redis(t, addr, "PING"); !strings.HasPrefix(got, "-NOAUTH") {
		t.Errorf("PING without a password: %s", got)
	}
}

func TestRedisKilledPausedRestarted(t *testing.T) {
	server := testbed.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	redis(t, server.Addr, "SET k v")
	server.Kill()
	if _, err := tryRedis(server.Addr, "PING"); err == nil {
		t.Error("a killed server answered")
	}
	server.Restart(t)
	if got := redis(t, server.Addr, "EXISTS k"); got != ":1" {
		t.Errorf("after kill and restart: EXISTS k: %s", got)
	}
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := tryRedis(server.Addr, "PING"); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a paused server: %v, want a time-out", err)
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	if got := redis(t, server.Addr, "PING"); got != "+PONG" {
		t.Errorf("after the pause: %s", got)
	}
}

func TestRedisClusterRedirectsBetweenMasters(t *testing.T) {
	addrs := testbed.RedisCluster(t)
	if len(addrs) != 3 {
		t.Fatalf("%d masters, want 3", len(addrs))
	}
	// The key foo lies in slot 12182: on the third master.
	if got := redis(t, addrs[2], "SET foo bar"); got != "+OK" {
		t.Errorf("on its master: %s", got)
	}
	if got, want := redis(t, addrs[0], "GET foo"), "-MOVED 12182 "+addrs[2]; got != want {
		t.Errorf("on another master: %s, want %s", got, want)
	}
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

func TestPrometheusAlertReachesAlertmanager(t *testing.T) {
	alertmanager := testbed.Alertmanager(t, "")
	config := fmt.Sprintf(`
global: {evaluation_interval: 200ms}
alerting: {alertmanagers: [{static_configs: [{targets: ['%s']}]}]}
`, strings.TrimPrefix(alertmanager, "http://"))
	rules := `groups: [{name: g, rules: [{alert: AlwaysOn, expr: vector(1), labels: {severity: critical}}]}]`
	testbed.Prometheus(t, config, rules, "--log.level=info")

	testbed.Eventually(t, 30*time.Second, func() error {
		var alerts []struct{ Labels map[string]string }
		if err := get(alertmanager+"/api/v2/alerts", &alerts); err != nil {
			return err
		}
		for _, alert := range alerts {
			if alert.Labels["alertname"] == "AlwaysOn" && alert.Labels["severity"] == "critical" {
				return nil
			}
		}
		return fmt.Errorf("alerts %v, want AlwaysOn", alerts)
	})
}

func TestFreePortsCanBeListenedOn(t *testing.T) {
	for range 20 {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", testbed.FreePort(t)))
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
	}
}

func TestLaunchShowsTheLogOfWhatDidNotStart(t *testing.T) {
	_, err := testbed.Launch(testbed.Command{
		Name: "sh", Path: "/bin/sh", Args: []string{"-c", "echo port is taken; exit 1"}, Dir: t.TempDir(),
		Ready: func(context.Context) error { return errors.New("not ready") },
	})
	if err == nil || !strings.Contains(err.Error(), "port is taken") {
		t.Errorf("error %v, want the log in it", err)
	}
}

// TestServersDieWithTheTestBinary starts a second test binary that starts a
// server and then is killed, as a test run that is out of time is.
func TestServersDieWithTheTestBinary(t *testing.T) {
	if os.Getenv("TESTBED_VICTIM") != "" {
		fmt.Println("address", testbed.Redis(t))
		select {}
	}
	victim := exec.Command(os.Args[0], "-test.run=^TestServersDieWithTheTestBinary$")
	victim.Env = append(os.Environ(), "TESTBED_VICTIM=1", "TMPDIR="+t.TempDir())
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	addr := addressIn(t, bufio.NewScanner(out))
	redis(t, addr, "PING")
	_ = victim.Process.Kill()
	_ = victim.Wait()
	testbed.Eventually(t, 5*time.Second, func() error {
		if line, err := tryRedis(addr, "PING"); err == nil {
			return fmt.Errorf("the server is still there: %s", line)
		}
		return nil
	})
}

func addressIn(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); slices.Contains(fields, "address") {
			return fields[len(fields)-1]
		}
	}
	t.Fatal("the victim printed no address")
	return ""
}

//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// layout is where the files and ports of one control plane are.
type layout struct {
	dir, binaries string

	etcd, etcdPeer, api, controllers, scheduler, kwok int // ports
}

// users are the control plane's own users: kubeconfig, user name, group.
var users = [][3]string{
	{"admin", "admin", "system:masters"},
	{"kwok", "kwok", "system:masters"},
	{"controllers", "system:kube-controller-manager", ""},
	{"scheduler", "system:kube-scheduler", ""},
}

// newLayout writes certificates, tokens and kubeconfigs below dir.
func newLayout(dir, binaries string) (layout, error) {
	ports, err := testbed.FreePorts(6)
	if err != nil {
		return layout{}, err
	}
	l := layout{dir: dir, binaries: binaries, etcd: ports[0], etcdPeer: ports[1],
		api: ports[2], controllers: ports[3], scheduler: ports[4], kwok: ports[5]}
	if err := writeCertificates(dir); err != nil {
		return layout{}, fmt.Errorf("writing certificates: %w", err)
	}
	var tokens strings.Builder
	for n, user := range users {
		token := rand.Text()
		fmt.Fprintf(&tokens, "%s,%s,%d,%s\n", token, user[1], n, user[2])
		if err := writeKubeconfig(l.kubeconfig(user[0]), l.server(), l.path("ca.crt"), token); err != nil {
			return layout{}, err
		}
	}
	return l, os.WriteFile(l.path("tokens.csv"), []byte(tokens.String()), 0o600)
}

func (l layout) path(name string) string           { return filepath.Join(l.dir, name) }
func (l layout) kubeconfig(user string) string     { return l.path(user + ".kubeconfig") }
func (l layout) server() string                    { return fmt.Sprintf("https://127.0.0.1:%d", l.api) }
func (l layout) etcdURL() string                   { return fmt.Sprintf("http://127.0.0.1:%d", l.etcd) }
func (l layout) binary(name string) string         { return filepath.Join(l.binaries, name) }
func flag(name string, value any) string           { return fmt.Sprintf("--%s=%v", name, value) }
func (l layout) fileFlag(name, file string) string { return flag(name, l.path(file)) }
func (l layout) ready(url string) readiness        { return readiness{url: url, ca: l.path("ca.crt")} }
func (l layout) logged(c testbed.Command) testbed.Command {
	c.Dir, c.Within = l.dir, time.Minute
	return c
}

// commands returns the components in the order of their start.
func (l layout) commands() []testbed.Command {
	return []testbed.Command{
		l.logged(l.etcdCommand()),
		l.logged(l.apiServerCommand()),
		l.logged(l.controllersCommand()),
		l.logged(l.schedulerCommand()),
		l.logged(l.kwokCommand()),
	}
}

func (l layout) etcdCommand() testbed.Command {
	peer := fmt.Sprintf("http://127.0.0.1:%d", l.etcdPeer)
	return testbed.Command{Name: "etcd", Path: l.binary("etcd"), Ready: l.ready(l.etcdURL() + "/health").ask, Args: []string{
		l.fileFlag("data-dir", "etcd"),
		flag("listen-client-urls", l.etcdURL()),
		flag("advertise-client-urls", l.etcdURL()),
		flag("listen-peer-urls", peer),
		flag("initial-advertise-peer-urls", peer),
		flag("initial-cluster", "default="+peer),
		"--unsafe-no-fsync", // the data need not outlive the test
	}}
}

func (l layout) apiServerCommand() testbed.Command {
	return testbed.Command{Name: "kube-apiserver", Path: l.binary("hyperkube"), Ready: l.ready(l.server() + "/readyz").ask, Args: []string{
		"kube-apiserver",
		flag("etcd-servers", l.etcdURL()),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		flag("secure-port", l.api),
		l.fileFlag("cert-dir", "apiserver"),
		l.fileFlag("tls-cert-file", "server.crt"),
		l.fileFlag("tls-private-key-file", "server.key"),
		l.fileFlag("client-ca-file", "ca.crt"),
		l.fileFlag("token-auth-file", "tokens.csv"),
		"--service-account-issuer=https://kubernetes.default.svc",
		l.fileFlag("service-account-key-file", "accounts.pub"),
		l.fileFlag("service-account-signing-key-file", "accounts.key"),
		"--authorization-mode=Node,RBAC",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--endpoint-reconciler-type=none",
		"--kubelet-preferred-address-types=InternalIP",
	}}
}

func (l layout) controllersCommand() testbed.Command {
	return testbed.Command{Name: "kube-controller-manager", Path: l.binary("hyperkube"), Args: append([]string{
		"kube-controller-manager",
		flag("secure-port", l.controllers),
		l.fileFlag("cert-dir", "controllers"),
		"--use-service-account-credentials=true",
		"--kube-api-qps=500", // by default it throttles itself below what the tests ask of it
		"--kube-api-burst=1000",
		l.fileFlag("service-account-private-key-file", "accounts.key"),
		l.fileFlag("root-ca-file", "ca.crt"),
		l.fileFlag("cluster-signing-cert-file", "ca.crt"),
		l.fileFlag("cluster-signing-key-file", "ca.key"),
	}, l.clientFlags("controllers")...)}
}

func (l layout) schedulerCommand() testbed.Command {
	return testbed.Command{Name: "kube-scheduler", Path: l.binary("hyperkube"), Args: append([]string{
		"kube-scheduler",
		flag("secure-port", l.scheduler),
		l.fileFlag("cert-dir", "scheduler"),
	}, l.clientFlags("scheduler")...)}
}

func (l layout) clientFlags(user string) []string {
	return []string{
		flag("kubeconfig", l.kubeconfig(user)),
		flag("authentication-kubeconfig", l.kubeconfig(user)),
		flag("authorization-kubeconfig", l.kubeconfig(user)),
		"--bind-address=127.0.0.1",
		"--leader-elect=false",
	}
}

func (l layout) kwokCommand() testbed.Command {
	stages, err := filepath.Abs("testdata/stages.yaml")
	if err != nil {
		stages = "testdata/stages.yaml" // kwok will say that it is not there
	}
	return testbed.Command{Name: "kwok", Path: l.binary("kwok"), Args: []string{
		flag("config", stages),
		flag("kubeconfig", l.kubeconfig("kwok")),
		"--manage-all-nodes=true",
		"--node-ip=127.0.0.1",
		flag("node-port", l.kwok),
		flag("server-address", fmt.Sprintf("127.0.0.1:%d", l.kwok)),
		"--node-lease-duration-seconds=40",
		l.fileFlag("tls-cert-file", "server.crt"),
		l.fileFlag("tls-private-key-file", "server.key"),
	}}
}

// readiness asks one URL with the cluster's own authority.
type readiness struct{ url, ca string }

func (r readiness) ask(ctx context.Context) error {
	client, err := trusting(r.ca)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: status %d", r.url, response.StatusCode)
	}
	return nil
}

// writeKubeconfig writes a kubeconfig with one cluster, user and context.
func writeKubeconfig(path, server, ca, token string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["e2e"] = &clientcmdapi.Cluster{Server: server, CertificateAuthority: ca}
	config.AuthInfos["e2e"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["e2e"] = &clientcmdapi.Context{Cluster: "e2e", AuthInfo: "e2e"}
	config.CurrentContext = "e2e"
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("writing kubeconfig: %w", err)
	}
	return nil
}

//go:build e2e

// Package e2e proves Aftercheck on a real Kubernetes control plane: etcd, API
// server, controller manager and scheduler run as child processes on loopback,
// and kwok plays the kubelets. Rollouts, owner references, scheduling, taints,
// RBAC and tokens are therefore real; only what a container would do is played.
//
// # Writing a test
//
// The tests share one cluster, which TestMain starts and stops. A test takes it
// with Shared, and a namespace of its own with Namespace, so that tests may run
// in parallel:
//
//	func TestUndoHeals(t *testing.T) {
//		t.Parallel()
//		c := Shared(t)
//		ns := c.Namespace(t)
//		c.Apply(t, ns, manifest)
//		c.Kubectl(t, "-n", ns, "rollout", "undo", "deployment/web")
//		sensor := newSensor(c.ServiceAccountKubeconfig(t, ns, "../docs/rbac.yaml"))
//		...
//	}
//
// # Pods in a chosen state
//
// A pod becomes Ready half a second after it is scheduled, and a pod of a Job
// completes. The label aftercheck.test/state on a pod (or in a template, so
// that a rollout undo takes it away) chooses otherwise; testdata/stages.yaml
// says what each state looks like:
//
//	crashloop    waiting in CrashLoopBackOff after exit code 1, 7 restarts
//	oom          waiting in CrashLoopBackOff after an OOM kill, 3 restarts
//	imagepull    waiting in ImagePullBackOff, never started
//	configerror  waiting in CreateContainerConfigError, never started
//	notready     running, and not Ready
//	slow         running at once, and Ready after six seconds
//	failed       ended with exit code 1, in the phase Failed
//	flapping     Ready for two seconds, then crashed for two, one restart more each time
//	recovered    Ready again, with one restart more: set it on a pod that was one of the above
//	manual       what PatchPodStatus says, and nothing else
//
// An unschedulable pod needs no label: ask for more than a node's 32 CPUs. The
// same label with the value notready makes a node NotReady, with the taint
// that follows; without the label it is Ready again. A test that does this to a node
// takes a node of its own with Node.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/aftercheck/aftercheck/internal/testbed"
)

// StateLabel is the label by which a pod or a node is put into a state.
const StateLabel = "aftercheck.test/state"

// Cluster is a running control plane with one node, kwok-node-0.
type Cluster struct {
	// Kubeconfig is the path of an administrator's kubeconfig.
	Kubeconfig string
	// Config and Client are the same administrator's. Do not change Config.
	Config *rest.Config
	Client kubernetes.Interface

	kubectl   string // path of the binary
	processes []*testbed.Process
}

// Start starts a control plane whose files lie in dir, and returns once its
// node is Ready. The binaries are those that scripts/build-control-plane.sh
// built.
func Start(ctx context.Context, dir string) (*Cluster, error) {
	binaries, err := builtBinaries()
	if err != nil {
		return nil, err
	}
	l, err := newLayout(dir, binaries)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Kubeconfig: l.kubeconfig("admin"), kubectl: filepath.Join(binaries, "kubectl")}
	if err := c.connect(); err != nil {
		return nil, err
	}
	for _, command := range l.commands() {
		process, err := testbed.Launch(command)
		if err != nil {
			c.Stop()
			return nil, err
		}
		c.processes = append(c.processes, process)
	}
	if err := c.addNode(ctx, "kwok-node-0"); err != nil {
		c.Stop()
		return nil, fmt.Errorf("waiting for the first node: %w", err)
	}
	return c, nil
}

func (c *Cluster) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the administrator's kubeconfig: %w", err)
	}
	config.QPS, config.Burst = 100, 200
	c.Config = config
	c.Client, err = kubernetes.NewForConfig(config)
	return err
}

// Stop ends the control plane, what was started last first. It may be called
// twice.
func (c *Cluster) Stop() {
	for n := len(c.processes) - 1; n >= 0; n-- {
		c.processes[n].Stop(5 * time.Second)
	}
}

// Logs returns the end of each component's log.
func (c *Cluster) Logs(lines int) string {
	all := ""
	for _, process := range c.processes {
		all += process.LogTail(lines) + "\n"
	}
	return all
}

// builtBinaries returns the directory of the control plane's binaries.
func builtBinaries() (string, error) {
	dir, err := filepath.Abs("../.cache/control-plane/current")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "kwok")); errors.Is(err, os.ErrNotExist) {
		return "", errors.New("the control plane is not built: run `make e2e`, or scripts/build-control-plane.sh alone")
	}
	return dir, nil
}

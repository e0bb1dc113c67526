package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// ErrNoCluster means that no cluster is configured: no kubeconfig was given or
// found, and the process does not run in a pod.
var ErrNoCluster = errors.New("no Kubernetes cluster is configured")

// Config says which cluster is read and how much of it. A zero field means its
// default.
type Config struct {
	// Name is the sensor's name; the default is "kubernetes".
	Name string
	// Kubeconfig is the path of a kubeconfig file. Empty: the pod's own service
	// account if the process runs in a pod, else kubectl's usual places.
	Kubeconfig string
	// Context is the context in the kubeconfig; empty means its current one.
	Context string
	// DefaultNamespace is where a target is looked for whose labels name no
	// namespace. Empty: the namespace of the context or of the pod.
	DefaultNamespace string
	// Timeout bounds one reading; zero leaves it to the caller.
	Timeout time.Duration
	// QPS and Burst limit the requests a second; the defaults are 20 and 40.
	QPS   float32
	Burst int
	// PageSize is how many objects one list request asks for; the default is 250.
	PageSize int64
	// MaxPods bounds the pods that one reading takes in, and MaxNeighbours the
	// other objects of each kind; the defaults are 5000 and 500. What is beyond
	// is an unknown finding.
	MaxPods, MaxNeighbours int
	// NoNeighbours leaves out the other workloads of the namespace, and with
	// them the detection of regressions there.
	NoNeighbours bool
	// MaxResponse bounds one answer of the API server in bytes; the default is
	// 64 MiB. A longer one is an error of the reading.
	MaxResponse int64
	// MaxRaw bounds the text that is kept of a reading in bytes; the default is
	// 64 KiB.
	MaxRaw int
	// UserAgent names the client to the API server; the default is "aftercheck".
	UserAgent string
}

// withDefaults fills in the defaults.
func (c Config) withDefaults() Config {
	c.Name = first(c.Name, "kubernetes")
	c.UserAgent = first(c.UserAgent, "aftercheck")
	orDefault(&c.QPS, 20)
	orDefault(&c.Burst, 40)
	orDefault(&c.PageSize, 250)
	orDefault(&c.MaxPods, 5000)
	orDefault(&c.MaxNeighbours, 500)
	orDefault(&c.MaxResponse, 64<<20)
	orDefault(&c.MaxRaw, 64<<10)
	return c
}

func orDefault[T int | int64 | float32](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// New returns the sensor that reads a cluster through its API server: with
// direct reads, no watches, and nothing of a Secret. It sends no request; what
// the API server serves beyond the built-in kinds is asked once it is needed.
// It returns ErrNoCluster if there is no cluster to read, and an error if the
// kubeconfig cannot be used.
func New(config Config) (collect.Sensor, error) {
	config = config.withDefaults()
	connection, namespace, err := connect(config)
	if err != nil {
		return collect.Sensor{}, err
	}
	client, err := rest.HTTPClientFor(connection)
	if err != nil {
		return collect.Sensor{}, fmt.Errorf("preparing the Kubernetes client: %w", err)
	}
	within := *client // it may be everybody's default one
	within.CheckRedirect = collect.WithinHost
	client = &within
	objects, err := dynamic.NewForConfigAndClient(connection, client)
	if err != nil {
		return collect.Sensor{}, fmt.Errorf("preparing the Kubernetes client: %w", err)
	}
	served, err := discovery.NewDiscoveryClientForConfigAndClient(connection, client)
	if err != nil {
		return collect.Sensor{}, fmt.Errorf("preparing the Kubernetes client: %w", err)
	}
	config.DefaultNamespace = first(config.DefaultNamespace, first(namespace, "default"))
	mapper := restmapper.NewDeferredDiscoveryRESTMapperWithContext(memory.NewMemCacheClientWithContext(served))
	return newSensor(config, source{objects: objects, mapper: mapper, pageSize: config.PageSize}), nil
}

// connect reads the connection settings of a cluster and the namespace that
// goes with them.
func connect(config Config) (*rest.Config, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = config.Kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: config.Context})
	connection, err := loader.ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err) || errors.Is(err, rest.ErrNotInCluster):
		return nil, "", ErrNoCluster
	case err != nil:
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig's namespace: %w", err)
	}
	connection.QPS, connection.Burst = config.QPS, config.Burst
	connection.UserAgent = config.UserAgent
	connection.WarningHandler = rest.NoWarnings{}
	connection.Wrap(collect.Watch)
	connection.Wrap(limitResponses(config.MaxResponse))
	return connection, namespace, nil
}

// newSensor returns the sensor over a source of objects.
func newSensor(config Config, from source) collect.Sensor {
	return collect.Sensor{
		Name:    config.Name,
		Timeout: config.Timeout,
		Plan: func(q collect.Question) (collect.Plan, bool) {
			wanted := candidates(q.Incident, config.DefaultNamespace)
			if len(wanted) == 0 {
				wanted = actionCandidates(q.Action.Text, first(q.Incident.Labels["namespace"], config.DefaultNamespace))
			}
			if len(wanted) == 0 && q.Known.IsZero() && q.Incident.Labels["namespace"] == "" {
				return collect.Plan{}, false
			}
			return collect.Plan{
				Key: planKey(q, wanted),
				Read: func(ctx context.Context) (collect.Answer, error) {
					r := reading{Config: config, source: from, question: q, wanted: wanted, now: time.Now()}
					// What goes wrong is the reading's error; the client must not log it too.
					return r.take(klog.NewContext(ctx, klog.Logger{}))
				},
			}, true
		},
	}
}

// planKey names what a reading depends on: the objects that the labels may mean,
// the target as it was known, and from when on events count.
func planKey(q collect.Question, wanted []candidate) string {
	parts := []string{q.Incident.Labels["namespace"], q.Incident.Labels["container"], q.Known.String(), q.Known.Group}
	for _, c := range wanted {
		parts = append(parts, c.group, c.kind, c.namespace, c.name)
	}
	since := eventsSince(q.Incident, q.Action, time.Time{})
	if !since.IsZero() {
		parts = append(parts, since.UTC().Format(time.RFC3339Nano))
	}
	return strings.Join(parts, "\x00")
}

// reading is one reading under way.
type reading struct {
	Config
	source
	question collect.Question
	wanted   []candidate
	now      time.Time // when it began: nothing in it is older
}

// take resolves the target, reads what belongs to it and what is beside it, and
// makes findings of it all.
func (r *reading) take(ctx context.Context) (collect.Answer, error) {
	target, missing, err := r.resolve(ctx)
	if err != nil {
		return collect.Answer{}, err
	}
	o := Objects{Known: missing, DefaultNamespace: r.DefaultNamespace, nobody: target == nil && missing.IsZero()}
	if target != nil {
		o.resolved = referenceTo(target)
		o.Items = append(o.Items, target)
	} else if !missing.IsZero() {
		o.resolved = reference{missing.Group, missing.Kind, missing.Namespace, missing.Name}
	}
	if err := r.surround(ctx, target, missing, &o); err != nil {
		return collect.Answer{}, err
	}
	found, findings := Findings(o, r.question.Incident, r.question.Action, r.now)
	if found.UID == "" && found.String() == r.question.Known.String() {
		found.UID = r.question.Known.UID
	}
	return collect.Answer{Target: found, Findings: findings, Delays: collect.DelaysOfCrashes(findings), Raw: rawText(o, target, r.MaxRaw)}, nil
}

// namespace returns the namespace that the incident is about.
func (r *reading) namespace(target aftercheck.Target) string {
	for _, name := range []string{target.Namespace, r.question.Incident.Labels["namespace"], r.question.Known.Namespace} {
		if name != "" {
			return name
		}
	}
	return r.DefaultNamespace
}

package kube

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/collect"
)

// shop returns a fake API server that holds testdata/findings/shop.yaml and a
// custom resource.
func shop(t testing.TB) *fake.FakeDynamicClient {
	t.Helper()
	_, items := readWorld(t, "testdata/findings/shop.yaml")
	widget := object(t, []byte(`{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"shop","uid":"w"},
		"status":{"conditions":[{"type":"Ready","status":"False","reason":"Broken"}]}}`))
	kinds := map[schema.GroupVersionResource]string{{Group: "example.com", Version: "v1", Resource: "widgets"}: "WidgetList"}
	for _, r := range resources {
		kinds[schema.GroupVersionResource{Group: r.group, Version: r.version, Resource: r.name}] = r.kind + "List"
	}
	var objects []runtime.Object
	for _, o := range append(items, widget) {
		objects = append(objects, o.DeepCopy())
	}
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, objects...)
}

func fakeSensor(c *fake.FakeDynamicClient, config Config) collect.Sensor {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "example.com", Version: "v1"}})
	mapper.Add(schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Widget"}, meta.RESTScopeNamespace)
	config = config.withDefaults()
	config.DefaultNamespace = "shop"
	return newSensor(config, source{objects: c, mapper: meta.ToRESTMapperWithContext(mapper), pageSize: config.PageSize})
}

func ask(t testing.TB, s collect.Sensor, q collect.Question) (collect.Answer, error) {
	t.Helper()
	plan, fits := s.Plan(q)
	if !fits {
		t.Fatal("the sensor has nothing to say")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return plan.Read(ctx)
}

func about(labels ...string) collect.Question {
	q := collect.Question{Incident: aftercheck.Incident{ID: "1", Labels: map[string]string{}}}
	for i := 0; i < len(labels); i += 2 {
		q.Incident.Labels[labels[i]] = labels[i+1]
	}
	return q
}

func lines(findings []aftercheck.Finding, containing string) []string {
	var out []string
	for _, f := range findings {
		if l := line(f); strings.Contains(l, containing) {
			out = append(out, l)
		}
	}
	return out
}

func TestSensorFindsTheOwnerOfAPod(t *testing.T) {
	answer, err := ask(t, fakeSensor(shop(t), Config{}), about("namespace", "shop", "pod", "api-7d9f8c5b6-x2x4z"))
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Target.String() + " " + answer.Target.UID; got != "Deployment/shop/api d-api" {
		t.Errorf("target %s", got)
	}
	for _, want := range []string{
		"target health Deployment/shop/api unhealthy (CrashLoopBackOff)",
		"target restarts Pod/shop/api-7d9f8c5b6-x2x4z 7",
		"target endpoints Service/shop/api-headless unhealthy (NoReadyEndpoints) 0",
		"neighbour health StatefulSet/shop/db healthy",
	} {
		if !slices.Contains(lines(answer.Findings, ""), want) {
			t.Errorf("no finding %q in %q", want, lines(answer.Findings, ""))
		}
	}
	if !strings.Contains(answer.Raw, "CrashLoopBackOff") || strings.Contains(answer.Raw, "managedFields") {
		t.Errorf("raw: %s", answer.Raw)
	}
}

func TestSensorResolves(t *testing.T) {
	known := aftercheck.Target{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web", UID: "d-web"}
	for name, c := range map[string]struct {
		question collect.Question
		target   string
		only     string
		want     []string
	}{
		"a custom resource as kube-state-metrics names it": {
			about("customresource_group", "example.com", "customresource_kind", "Widget", "namespace", "shop", "name", "w"),
			"Widget/shop/w", "target health", []string{"target health Widget/shop/w unhealthy (Broken)"},
		},
		"a custom resource by its kind alone": {
			about("kind", "Widget", "namespace", "shop", "name", "w"),
			"Widget/shop/w", "target presence", []string{"target presence Widget/shop/w"},
		},
		"what does not exist": {
			about("namespace", "shop", "statefulset", "cache"),
			"StatefulSet/shop/cache", "target", []string{"target presence StatefulSet/shop/cache unhealthy (NotFound)"},
		},
		"a pod that is gone": {
			about("namespace", "shop", "pod", "db-1"),
			"StatefulSet/shop/db", "target health StatefulSet", []string{"target health StatefulSet/shop/db healthy"},
		},
		"a known target that is gone": {
			collect.Question{Incident: about("namespace", "shop", "pod", "web-1").Incident, Known: known},
			"Deployment/shop/web", "target", []string{"target presence Deployment/shop/web unhealthy (NotFound)"},
		},
		"a node": {about("node", "node-1"), "Node/node-1", "target health", []string{"target health Node/node-1 unhealthy (KubeletNotReady)"}},
		"a bare name, in the default namespace": {
			about("app", "db"), "StatefulSet/shop/db", "target presence", []string{"target presence StatefulSet/shop/db"},
		},
		"a namespace alone has neighbours only": {about("namespace", "shop"), "", "target", nil},
		"a target that another sensor knows": {
			collect.Question{Incident: about("namespace", "shop", "deployment", "api").Incident, Known: aftercheck.Target{Kind: "Container", Name: "api"}},
			"Deployment/shop/api", "target presence", []string{"target presence Deployment/shop/api"},
		},
	} {
		answer, err := ask(t, fakeSensor(shop(t), Config{}), c.question)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := answer.Target.String(); got != c.target {
			t.Errorf("%s: target %s, want %s", name, got, c.target)
		}
		if got := lines(answer.Findings, c.only); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSensorKeepsTheUIDOfAKnownTargetThatIsGone(t *testing.T) {
	known := aftercheck.Target{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web", UID: "d-web"}
	answer, err := ask(t, fakeSensor(shop(t), Config{}), collect.Question{Known: known})
	if err != nil || answer.Target != known {
		t.Errorf("target %+v, error %v", answer.Target, err)
	}
}

func TestSensorDoesNotFitOtherIncidents(t *testing.T) {
	s := fakeSensor(shop(t), Config{})
	for _, q := range []collect.Question{about(), about("instance", "10.0.0.7:9100"), about("severity", "page", "pod", "{{ $labels.pod }}")} {
		if _, fits := s.Plan(q); fits {
			t.Errorf("fits %v", q.Incident.Labels)
		}
	}
}

// answerTo makes the fake answer requests for a resource with an error, from
// the given request on, so many times.
func answerTo(c *fake.FakeDynamicClient, verb, resource string, err error) {
	c.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, err })
}

func forbidden(resource string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New("no right"))
}

func TestFaultsOfTheTargetAreTheReadings(t *testing.T) {
	for name, c := range map[string]struct {
		verb, resource string
		err            error
	}{
		"too many requests":      {"get", "deployments", apierrors.NewTooManyRequests("slow down", 1)},
		"server error":           {"get", "deployments", apierrors.NewInternalError(errors.New("etcd"))},
		"forbidden":              {"get", "deployments", forbidden("deployments")},
		"timeout":                {"get", "deployments", apierrors.NewTimeoutError("slow", 1)},
		"its pods are forbidden": {"list", "pods", forbidden("pods")},
		"its pods are throttled": {"list", "pods", apierrors.NewTooManyRequests("slow down", 1)},
	} {
		api := shop(t)
		answerTo(api, c.verb, c.resource, c.err)
		answer, err := ask(t, fakeSensor(api, Config{}), about("namespace", "shop", "deployment", "api"))
		if err == nil || !errors.Is(err, c.err) {
			t.Errorf("%s: error %v and %d findings, want %v", name, err, len(answer.Findings), c.err)
		}
	}
}

func TestFaultsBesideTheTargetAreUnknownFindings(t *testing.T) {
	for resource, want := range map[string]string{
		"statefulsets":   "neighbour health StatefulSet/shop unknown (Forbidden)",
		"endpointslices": "target health EndpointSlice/shop unknown (Forbidden)",
		"events":         "neighbour health Event/shop unknown (Forbidden)",
	} {
		api := shop(t)
		answerTo(api, "list", resource, forbidden(resource))
		answer, err := ask(t, fakeSensor(api, Config{}), about("namespace", "shop", "deployment", "api"))
		if err != nil {
			t.Errorf("%s: %v", resource, err)
		}
		if got := lines(answer.Findings, ""); !slices.Contains(got, want) {
			t.Errorf("no finding %q in %q", want, got)
		}
	}
}

// TestListBeginsAnewAfterItExpired serves pods in pages, of which the second
// has expired once.
func TestListBeginsAnewAfterItExpired(t *testing.T) {
	for failures, wantError := range map[int]bool{1: false, maxRestarts: false, maxRestarts + 1: true} {
		api := shop(t)
		served, expired := 0, 0
		api.PrependReactor("list", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "PodList", "metadata": map[string]any{}}}
			pod := object(t, []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop"}}`))
			options := action.(clienttesting.ListActionImpl).ListOptions
			pod.SetName("first")
			if options.Continue != "" {
				if expired < failures {
					expired++
					return true, nil, apierrors.NewResourceExpired("the continue token is too old")
				}
				pod.SetName("second")
			} else {
				served++
				list.SetContinue("more")
			}
			list.Items = []unstructured.Unstructured{*pod}
			return true, list, nil
		})
		s := source{objects: api, pageSize: 1}
		p := page{kind: builtIn("Pod", "shop", ""), most: 10}
		err := s.list(t.Context(), &p)
		if (err != nil) != wantError {
			t.Errorf("%d expired: error %v", failures, err)
		}
		if !wantError && (len(p.items) != 2 || served != failures+1) {
			t.Errorf("%d expired: %d pods after %d beginnings", failures, len(p.items), served)
		}
	}
}

func TestSensorBoundsWhatItTakesIn(t *testing.T) {
	api := shop(t)
	api.PrependReactor("list", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		options := action.(clienttesting.ListActionImpl).ListOptions
		list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "PodList", "metadata": map[string]any{}}}
		if options.LabelSelector == "" {
			list.SetContinue("there is always more")
			pod := object(t, []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"other"}}`))
			list.Items = []unstructured.Unstructured{*pod, *pod, *pod}
			return true, list, nil
		}
		own := object(t, []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"api-7d9f8c5b6-x2x4z","labels":{"app":"api"},
			"ownerReferences":[{"kind":"ReplicaSet","name":"api-7d9f8c5b6","uid":"r-new","controller":true}]},
			"status":{"phase":"Running","containerStatuses":[{"name":"api","restartCount":1,"state":{"waiting":{"reason":"ErrImagePull"}}}]}}`))
		list.Items = []unstructured.Unstructured{*own}
		return true, list, nil
	})
	answer, err := ask(t, fakeSensor(api, Config{MaxPods: 6, PageSize: 3}), about("namespace", "shop", "deployment", "api"))
	if err != nil {
		t.Fatal(err)
	}
	got := lines(answer.Findings, "")
	for _, want := range []string{"neighbour health Pod/shop unknown (TooMany)", "target health Deployment/shop/api unhealthy (ErrImagePull)"} {
		if !slices.Contains(got, want) {
			t.Errorf("no finding %q in %q", want, got)
		}
	}
}

func TestPlanKey(t *testing.T) {
	s := fakeSensor(shop(t), Config{})
	key := func(q collect.Question) string {
		plan, _ := s.Plan(q)
		return plan.Key
	}
	base := about("namespace", "shop", "deployment", "api")
	same := about("namespace", "shop", "deployment", "api", "severity", "page")
	if key(base) != key(same) {
		t.Error("labels that do not matter change the key")
	}
	later := base
	later.Action.FinishedAt = noon
	known := base
	known.Known = aftercheck.Target{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"}
	for name, q := range map[string]collect.Question{"another name": about("namespace", "shop", "deployment", "web"), "another time": later, "another target": known} {
		if key(q) == key(base) {
			t.Errorf("%s: the same key", name)
		}
	}
}

func TestRawTextHoldsNoSecret(t *testing.T) {
	o := object(t, []byte(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"api","managedFields":[{"manager":"kubectl"}],
		"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"hunter2"}},
		"spec":{"template":{"spec":{"containers":[{"name":"api","env":[{"name":"PASSWORD","value":"hunter2"}]}]}}}}`))
	raw := rawText(Objects{Items: []*unstructured.Unstructured{o}}, o, 1<<10)
	for _, hidden := range []string{"hunter2", "managedFields"} {
		if strings.Contains(raw, hidden) {
			t.Errorf("%s in %s", hidden, raw)
		}
	}
	if !strings.Contains(raw, "PASSWORD") {
		t.Errorf("the variable's name is gone: %s", raw)
	}
	if got := rawText(Objects{Items: []*unstructured.Unstructured{o}}, o, 20); len(got) > 20 {
		t.Errorf("%d bytes", len(got))
	}
}

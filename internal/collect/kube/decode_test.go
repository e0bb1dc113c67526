package kube

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aftercheck/aftercheck"
)

func TestDecode(t *testing.T) {
	pod := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`
	for name, c := range map[string]struct {
		in   string
		want int
		err  string
	}{
		"one in YAML":           {"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", 1, ""},
		"documents in YAML":     {"---\napiVersion: v1\nkind: Pod\n---\n# nothing\n---\napiVersion: v1\nkind: Node\n", 2, ""},
		"list in YAML":          {"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- apiVersion: v1\n  kind: Node\n", 2, ""},
		"empty list":            {"apiVersion: v1\nitems: []\nkind: List\nmetadata: {resourceVersion: \"\"}\n", 0, ""},
		"null list":             {`{"apiVersion":"v1","kind":"PodList","items":null,"metadata":{}}`, 0, ""},
		"typed list":            {`{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a"}}]}`, 1, ""},
		"one in JSON":           {pod, 1, ""},
		"several in JSON":       {pod + "\n" + pod, 2, ""},
		"array in JSON":         {"[" + pod + "," + pod + "]", 2, ""},
		"JSON after a mark":     {"\xef\xbb\xbf" + pod, 1, ""},
		"flow YAML":             {"{apiVersion: v1, kind: Pod}", 1, ""},
		"nothing":               {"", 0, "there is no document"},
		"only comments":         {"# nothing\n---\n", 0, "there is no document"},
		"no kind":               {"apiVersion: v1\n---\napiVersion: v1\n", 0, "document 1: want a Kubernetes object with apiVersion and kind"},
		"second is bad":         {"apiVersion: v1\nkind: Pod\n---\nfoo: bar\n", 0, "document 2"},
		"member is bad":         {`{"apiVersion":"v1","kind":"List","items":[` + pod + `,3]}`, 0, "document 1, item 2: want a Kubernetes object"},
		"text":                  {"just text", 0, "got a plain value"},
		"broken JSON":           {`{"apiVersion":"v1","kind":`, 0, "document 1 as JSON"},
		"broken YAML":           {"a: [\n", 0, "document 1 as YAML"},
		"readings are not ours": {`[{"sensor":"kubernetes"}]`, 0, "apiVersion and kind"},
	} {
		got, err := Decode(strings.NewReader(c.in))
		switch {
		case c.err == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: error %v, want one that says %q", name, err, c.err)
		case len(got.Items) != c.want:
			t.Errorf("%s: %d objects, want %d", name, len(got.Items), c.want)
		}
	}
}

func TestDecodeGivesMembersOfTypedListsTheirKind(t *testing.T) {
	got, err := Decode(strings.NewReader(`{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{"name":"a"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if kind := got.Items[0].GroupVersionKind().String(); kind != "apps/v1, Kind=Deployment" {
		t.Errorf("kind %s", kind)
	}
}

func TestDecodeDropsSecretData(t *testing.T) {
	got, err := Decode(strings.NewReader("apiVersion: v1\nkind: Secret\ndata: {p: aHVudGVyMg==}\nstringData: {p: hunter2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if o := got.Items[0].Object; o["data"] != nil || o["stringData"] != nil {
		t.Errorf("kept %v", o)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "---", "{", "[", "[[[]]]", "a: &a [*a]", "apiVersion: v1\nkind: List\nitems: [[]]", "\xef\xbb\xbf{}", "{}{}",
		`{"apiVersion":"v1","kind":"Pod","status":{"phase":1,"containerStatuses":[{"state":[]}]}}`,
		`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1","ownerReferences":[{"uid":"1","controller":true}]}}`,
		"apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: .inf}\nstatus: {observedGeneration: -1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		objects, err := Decode(bytes.NewReader(raw))
		if err != nil {
			return
		}
		objects.Newest()
		incident := aftercheck.Incident{Labels: map[string]string{"namespace": "a", "pod": "a"}}
		for _, i := range []aftercheck.Incident{{}, incident} {
			_, findings := Findings(objects, i, aftercheck.Action{}, noon)
			for _, finding := range findings {
				if finding.State != "" && finding.State != aftercheck.StateHealthy && severity(finding.State) == 0 {
					t.Errorf("state %q", finding.State)
				}
			}
		}
	})
}

package collect_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercheck/aftercheck/internal/collect"
)

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestObjectKeepsWhatIsNoSecret(t *testing.T) {
	redactor := collect.NewRedactor([]string{"own-secret"})
	for name, c := range map[string]struct {
		in, want string
		counts   map[string]int
	}{
		"secret": {
			`{"kind":"Secret","metadata":{"name":"db"},"type":"Opaque","data":{"user":"YXBw","tls.key":""},"stringData":{"a":"b"}}`,
			`{"kind":"Secret","metadata":{"name":"db"},"type":"Opaque","data":{"user":"[REDACTED:kubernetes_secret]","tls.key":"[REDACTED:kubernetes_secret]"},"stringData":{"a":"[REDACTED:kubernetes_secret]"}}`,
			map[string]int{"kubernetes_secret": 3},
		},
		"secret in a list": {
			`{"kind":"List","items":[{"kind":"Secret","data":{"a":"Yg=="}},{"kind":"ConfigMap","data":{"a":"b"}},{"kind":"Secret","data":null}]}`,
			`{"kind":"List","items":[{"kind":"Secret","data":{"a":"[REDACTED:kubernetes_secret]"}},{"kind":"ConfigMap","data":{"a":"b"}},{"kind":"Secret","data":null}]}`,
			map[string]int{"kubernetes_secret": 1},
		},
		"what repeats the object": {
			`{"kind":"Pod","metadata":{"name":"p","managedFields":[{"a":1}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","note":"own-secret"}}}`,
			`{"kind":"Pod","metadata":{"name":"p","annotations":{"note":"[REDACTED:own_secret]"}}}`,
			map[string]int{"own_secret": 1},
		},
		"a template's metadata": {
			`{"kind":"Deployment","spec":{"template":{"metadata":{"managedFields":[1],"labels":{"app":"a"}}}}}`,
			`{"kind":"Deployment","spec":{"template":{"metadata":{"labels":{"app":"a"}}}}}`,
			nil,
		},
		"env": {
			`{"env":[{"name":"DB_PASSWORD","value":"short"},{"name":"DB_USER","value":"app"},{"name":"API_TOKEN","value":"a1b2c3d4"},{"name":"TOKEN_PATH","value":"/var/a1b2c3"},
			{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}},{"name":"URL","value":"redis://a:b1c2@h"}]}`,
			`{"env":[{"name":"DB_PASSWORD","value":"[REDACTED:secret_field]"},{"name":"DB_USER","value":"app"},{"name":"API_TOKEN","value":"[REDACTED:secret_field]"},{"name":"TOKEN_PATH","value":"/var/a1b2c3"},
			{"name":"DB_PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}},{"name":"URL","value":"redis://a:[REDACTED:url_password]@h"}]}`,
			map[string]int{"secret_field": 2, "url_password": 1},
		},
		"a field, and a list under it": {
			`{"spec":{"adminPassword":"hunter2","passwords":["x"],"secretName":"db","auth":{"password":["hunter2"]},"replicas":3,"paused":false,"none":null}}`,
			`{"spec":{"adminPassword":"[REDACTED:secret_field]","passwords":["x"],"secretName":"db","auth":{"password":["[REDACTED:secret_field]"]},"replicas":3,"paused":false,"none":null}}`,
			map[string]int{"secret_field": 2},
		},
		"args": {
			`{"args":["--password=hunter2","--v=2"]}`,
			`{"args":["--password=[REDACTED:secret_field]","--v=2"]}`,
			map[string]int{"secret_field": 1},
		},
		"odd shapes": {
			`{"kind":7,"metadata":"text","data":{"a":"b"},"name":[],"value":"own-secret"}`,
			`{"kind":7,"metadata":"text","data":{"a":"b"},"name":[],"value":"[REDACTED:own_secret]"}`,
			map[string]int{"own_secret": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := decode(t, c.in)
			got, counts := redactor.Object(in)
			if diff := cmp.Diff(decode(t, c.want), got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.counts, counts); diff != "" {
				t.Errorf("counts: %s", diff)
			}
			if diff := cmp.Diff(decode(t, c.in), in); diff != "" {
				t.Errorf("the object itself was changed: %s", diff)
			}
			if again, counts := redactor.Object(got); !cmp.Equal(again, got) || counts != nil {
				t.Errorf("redacted twice: %v, %v", again, counts)
			}
		})
	}
	if got, counts := redactor.Object(nil); got != nil || counts != nil {
		t.Errorf("nothing became %v, %v", got, counts)
	}
}

func FuzzObject(f *testing.F) {
	f.Add(`{"kind":"Secret","data":{"a":"aaaa-own-secret"},"metadata":{"managedFields":[]}}`)
	f.Add(`{"env":[{"name":"PASSWORD","value":"own-secret"},7,[["own-secret"]]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var in map[string]any
		if json.Unmarshal([]byte(text), &in) != nil {
			return
		}
		redactor := collect.NewRedactor([]string{"own-secret"})
		once, _ := redactor.Object(in)
		if twice, counts := redactor.Object(once); !cmp.Equal(once, twice) || counts != nil {
			t.Fatalf("%v became %v (%v)", once, twice, counts)
		}
		var values []string
		gather(once, &values)
		if strings.Contains(strings.Join(values, "\x00"), "own-secret") {
			t.Fatalf("the own secret survives in %v", once)
		}
	})
}

// gather collects every string but keys, which are names.
func gather(value any, out *[]string) {
	switch value := value.(type) {
	case map[string]any:
		for _, item := range value {
			gather(item, out)
		}
	case []any:
		for _, item := range value {
			gather(item, out)
		}
	case string:
		*out = append(*out, value)
	}
}

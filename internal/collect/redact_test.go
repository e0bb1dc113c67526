package collect_test

import (
	"encoding/base64"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aftercheck/aftercheck/internal/collect"
)

// corpus returns the texts of a file under testdata/redact.
func corpus(t testing.TB, name string) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/redact/" + name)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(strings.ReplaceAll(string(raw), "·", ""), "\n---\n")
	if len(parts) < 30 {
		t.Fatalf("%s holds %d texts only", name, len(parts)-1)
	}
	return parts[1:] // before the first is the file's comment
}

var marked = regexp.MustCompile(`(?s)«([a-z_]+)\|(.*?)»`)

func TestSecretsAreRemoved(t *testing.T) {
	redactor := collect.NewRedactor(nil)
	rules := map[string]bool{}
	for _, text := range corpus(t, "secrets.txt") {
		counts := map[string]int{}
		for _, found := range marked.FindAllStringSubmatch(text, -1) {
			counts[found[1]]++
			rules[found[1]] = true
		}
		in := marked.ReplaceAllString(text, "$2")
		want := marked.ReplaceAllString(text, "[REDACTED:$1]")
		got, gotCounts := redactor.Text(in)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", in, diff)
		}
		if diff := cmp.Diff(counts, gotCounts); diff != "" {
			t.Errorf("%s\ncounts: %s", in, diff)
		}
	}
	for _, rule := range collect.RedactionRules() {
		if !rules[rule] && rule != "own_secret" && rule != "kubernetes_secret" {
			t.Errorf("no text of the corpus holds a secret for the rule %s", rule)
		}
	}
}

func TestHarmlessTextsStay(t *testing.T) {
	redactor := collect.NewRedactor(nil)
	for _, text := range corpus(t, "harmless.txt") {
		if got, counts := redactor.Text(text); got != text || counts != nil {
			t.Errorf("%v: %s", counts, cmp.Diff(text, got))
		}
	}
}

// TestSecretsAreRemovedAmongEachOther puts every text of the corpus beside
// another, so that none hides the next.
func TestSecretsAreRemovedAmongEachOther(t *testing.T) {
	redactor := collect.NewRedactor(nil)
	texts := slices.Concat(corpus(t, "secrets.txt"), corpus(t, "harmless.txt"))
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOfN(rapid.SampledFrom(texts), 1, 8).Draw(t, "texts")
		all := strings.Join(chosen, "\n\n")
		got, _ := redactor.Text(marked.ReplaceAllString(all, "$2"))
		if want := marked.ReplaceAllString(all, "[REDACTED:$1]"); got != want {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

func TestRedactingTwiceIsRedactingOnce(t *testing.T) {
	texts := slices.Concat(corpus(t, "secrets.txt"), corpus(t, "harmless.txt"))
	pieces := []string{"password", "token", "=", ": ", `"`, `\"`, "'", "\n", " ", "://", "@", "Bearer ", "a1B2c3D4e5F6", "[REDACTED:jwt]", "[REDACTED:", "]", ",", ";", "|\n  ", "--", "<", ">", "name", "value", "own-secret", "eyJ", "."}
	redactor := collect.NewRedactor([]string{"own-secret", "a1B2"})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.Map(rapid.SampledFrom(texts), func(text string) string { return marked.ReplaceAllString(text, "$2") }),
			rapid.Map(rapid.SliceOf(rapid.SampledFrom(pieces)), func(p []string) string { return strings.Join(p, "") }),
		).Draw(t, "text")
		idempotent(t, redactor, text)
	})
}

func idempotent(t interface{ Fatalf(string, ...any) }, redactor *collect.Redactor, text string) {
	once, _ := redactor.Text(text)
	if twice, counts := redactor.Text(once); twice != once || counts != nil {
		t.Fatalf("%q became %q and then %q (%v)", text, once, twice, counts)
	}
}

func TestOwnSecretsAreRemovedInEveryForm(t *testing.T) {
	const own = `tok"en/with +odd&chars`
	redactor := collect.NewRedactor([]string{own + "\n", "", "abc", "line one\nline two"})
	for _, form := range []string{
		own, url.QueryEscape(own), url.PathEscape(own), base64.StdEncoding.EncodeToString([]byte(own)), `tok\"en/with +odd\u0026chars`,
		"line one\nline two", `line one\nline two`,
	} {
		got, counts := redactor.Text("before" + form + "after" + form)
		if got != "before[REDACTED:own_secret]after[REDACTED:own_secret]" || counts["own_secret"] != 2 {
			t.Errorf("%s: %s, %v", form, got, counts)
		}
	}
	if got, _ := redactor.Text("abc is too short to be one"); !strings.HasPrefix(got, "abc") {
		t.Error(got)
	}
}

func TestAnOwnSecretThatAMarkContainsLeavesMarksAlone(t *testing.T) {
	redactor := collect.NewRedactor([]string{"REDACTED", "secret"})
	idempotent(t, redactor, "password: hunter2, a secret")
}

func TestTheRulesAreABoundedSetOfMetricLabels(t *testing.T) {
	rules := collect.RedactionRules()
	if !slices.Equal(rules, collect.RedactionRules()) || len(rules) < 10 || len(rules) > 20 {
		t.Errorf("%d rules: %v", len(rules), rules)
	}
	once := map[string]bool{}
	for _, rule := range rules {
		if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(rule) || once[rule] {
			t.Errorf("%q is no label's value, or there twice", rule)
		}
		once[rule] = true
	}
	for _, text := range corpus(t, "secrets.txt") {
		_, counts := collect.NewRedactor(nil).Text(marked.ReplaceAllString(text, "$2"))
		for rule := range maps.Keys(counts) {
			if !slices.Contains(rules, rule) {
				t.Errorf("the rule %q is not listed", rule)
			}
		}
	}
}

func FuzzRedact(f *testing.F) {
	for _, name := range []string{"secrets.txt", "harmless.txt"} {
		for _, text := range corpus(f, name) {
			f.Add(marked.ReplaceAllString(text, "$2"), "own-secret")
		}
	}
	f.Add("[REDACTED:jwt]x[REDACTED:", "x[RE")
	f.Add("abab", "]abab")
	f.Fuzz(func(t *testing.T, text, own string) {
		redactor := collect.NewRedactor([]string{own})
		once, _ := redactor.Text(text)
		if own = strings.TrimSpace(own); len(own) >= 4 && strings.Contains(once, own) && !inMark(own) {
			t.Fatalf("%q survives in %q", own, once)
		}
		idempotent(t, redactor, text)
	})
}

func inMark(own string) bool {
	return slices.ContainsFunc(collect.RedactionRules(), func(rule string) bool { return strings.Contains("[REDACTED:"+rule+"]", own) })
}

// ordinary is what sensors read most: objects and logs without secrets.
func ordinary(tb testing.TB) string {
	return strings.Repeat(strings.Join(corpus(tb, "harmless.txt"), "\n")+"\n"+podText, 40)
}

const podText = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"api-5d9c7b8f6d-x2x4z","namespace":"shop","labels":{"app":"api","pod-template-hash":"5d9c7b8f6d"},
"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"api-5d9c7b8f6d","uid":"3fa85f64-5717-4562-b3fc-2c963f66afa6"}]},"spec":{"containers":[{"name":"api",
"image":"registry.shop/api:1.2.3","resources":{"limits":{"cpu":"1","memory":"512Mi"}},"volumeMounts":[{"name":"kube-api-access","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]},
"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False","reason":"ContainersNotReady","message":"containers with unready status: [api]"}]}}
2026-11-20T10:00:00Z level=info msg="request handled" method=GET path=/orders status=200 duration=12ms
`

func BenchmarkRedactOrdinaryText(b *testing.B) { benchmark(b, strings.Repeat(podText, 60)) }

func BenchmarkRedactHarmlessCorpus(b *testing.B) { benchmark(b, ordinary(b)) }

// BenchmarkRedactCorpus is all of the corpus, where every line holds a secret or
// what looks like one.
func BenchmarkRedactCorpus(b *testing.B) {
	texts := slices.Concat(corpus(b, "secrets.txt"), corpus(b, "harmless.txt"))
	benchmark(b, strings.Repeat(marked.ReplaceAllString(strings.Join(texts, "\n"), "$2"), 10))
}

func BenchmarkRedactSecrets(b *testing.B) {
	benchmark(b, strings.Repeat(marked.ReplaceAllString(strings.Join(corpus(b, "secrets.txt"), "\n"), "$2"), 10))
}

// hostile are the beginnings of secrets that do not follow, which are repeated.
func hostile() map[string]string {
	return map[string]string{
		"jwt": "eyJ", "pem": "-----BEGIN PRIVATE KEY-----!", "cookie": "cookie: ", "quote": `token: "`, "url": "a://b:", "key": "password.",
		"block": "token: |\n ", "manifest": "kind: Secret\n", "object": `"kind":"Secret"`, "curl": "curl -u", "dsn": "a:@tcp(", "mysql": "mysql ",
		"netrc": "machine a login b ", "pgpass": ":5432:a:b:", "hash": "$6$", "brace": "password={", "mark": "[REDACTED:", "authorization": "Authorization: Bearer ",
	}
}

// BenchmarkRedactHostile repeats what is hostile.
func BenchmarkRedactHostile(b *testing.B) {
	for name, piece := range hostile() {
		b.Run(name, func(b *testing.B) { benchmark(b, strings.Repeat(piece, 64<<10/len(piece))) })
	}
}

// TestHostileTextsTakeLinearTime: four times the text takes about four times as
// long; with the square it would be sixteen. Whatever else the machine does makes
// a measurement longer, never shorter: the quickest of many count, and no more
// are taken than it needs.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	const short, least, tries = 32 << 10, 200 * time.Microsecond, 40
	redactor := collect.NewRedactor(nil)
	for name, piece := range hostile() {
		quicker := func(best time.Duration, length int) time.Duration {
			text := strings.Repeat(piece, length/len(piece))
			begun := time.Now()
			redactor.Text(text)
			return min(best, time.Since(begun))
		}
		one, four := time.Hour, time.Hour
		for try := 0; try < tries && (try == 0 || four > 10*max(one, least)); try++ {
			one, four = quicker(one, short), quicker(four, 4*short)
		}
		if four > 10*max(one, least) {
			t.Errorf("%s: %d bytes take %s, four times as many %s", name, short, one, four)
		}
	}
}

func benchmark(b *testing.B, text string) {
	redactor := collect.NewRedactor([]string{"own-secret-of-ours"})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		redactor.Text(text)
	}
}

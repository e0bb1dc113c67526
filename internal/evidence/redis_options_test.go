package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRedisURL(t *testing.T) {
	for text, want := range map[string]redisPlace{
		"redis://localhost":                  {addresses: []string{"localhost:6379"}},
		"redis://localhost/":                 {addresses: []string{"localhost:6379"}},
		"redis://10.0.0.1:7000/3":            {addresses: []string{"10.0.0.1:7000"}, database: 3},
		"rediss://user@redis.example":        {addresses: []string{"redis.example:6379"}, user: "user", tls: true},
		"redis://us%40er@a:1,b,[::1]:2,[::]": {addresses: []string{"a:1", "b:6379", "[::1]:2", "[::]:6379"}, user: "us@er"},
	} {
		got, err := parseRedisURL(text)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(redisPlace{})); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", text, err, diff)
		}
	}
}

// TestRedisOptionsRefused names the setting that is wrong, and never repeats a
// URL.
func TestRedisOptionsRefused(t *testing.T) {
	dir := t.TempDir()
	empty, text := filepath.Join(dir, "empty"), filepath.Join(dir, "text")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, options := range map[string][]RedisOptions{
		"url: want redis://":               {{}, {URL: "s3cret"}, {URL: "http://s3cret"}, {URL: "unix:///s3cret"}},
		"url: want addresses":              {{URL: "redis://"}, {URL: "redis://:6379"}, {URL: "redis://s3cret:"}, {URL: "redis://s3cret:0"}, {URL: "redis://s3cret:70000"}, {URL: "redis://s3cret,,b"}, {URL: "redis://::1"}, {URL: "redis://s3cret?db=1"}},
		"url: want a user name":            {{URL: "redis://user:s3cret@host"}, {URL: "redis://:s3cret@host"}, {URL: "redis://@s3cret"}, {URL: "redis://%zz@s3cret"}},
		"url: want the number":             {{URL: "redis://host/s3cret"}, {URL: "redis://host/-1"}, {URL: "redis://host/0?s3cret"}},
		"url: want no database":            {{URL: "redis://a/1", Cluster: true}, {URL: "redis://a,b/1"}},
		"url: want rediss://":              {{URL: "redis://host", CAFile: text}, {URL: "redis://host", ServerName: "s3cret"}},
		"password file: want one":          {{URL: "redis://user@host"}},
		"password file: open":              {{URL: "redis://host", PasswordFile: filepath.Join(dir, "none")}},
		"password file: " + empty:          {{URL: "redis://host", PasswordFile: empty}},
		"sentinel password file: " + empty: {{URL: "redis://host", SentinelMaster: "m", SentinelPasswordFile: empty}},
		"either a cluster":                 {{URL: "redis://host", SentinelMaster: "m", Cluster: true}},
		"CA file: " + text:                 {{URL: "rediss://host", CAFile: text}},
		"CA file: open":                    {{URL: "rediss://host", CAFile: filepath.Join(dir, "none")}},
		"certificate and key file":         {{URL: "rediss://host", CertFile: text, KeyFile: text}, {URL: "rediss://host", CertFile: text}},
		"prefix: want":                     {{URL: "redis://host", Prefix: "a{b}"}, {URL: "redis://host", Prefix: "a b"}, {URL: "redis://host", Prefix: strings.Repeat("x", 65)}},
	} {
		for _, o := range options {
			s, err := OpenRedis(o)
			if err == nil {
				_ = s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%+v: error %v, want it to say %q and not to repeat the setting", o, err, want)
			}
		}
	}
}

// FuzzRedisURL reads hostile URLs: an error that does not repeat them, or
// addresses that can be dialled.
func FuzzRedisURL(f *testing.F) {
	f.Add("redis://user@host:6379,[::1]:6380/3")
	f.Add("rediss://host")
	f.Add("redis://%@,:/")
	f.Fuzz(func(t *testing.T, text string) {
		place, err := parseRedisURL(text)
		if err == nil && (len(place.addresses) == 0 || place.database < 0) {
			t.Errorf("taken as %+v", place)
		}
	})
}
